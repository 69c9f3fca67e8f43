/** The memory of waiting visits: 100,000 objects may wait at the same time. */

import { expect } from 'chai';
import type { ObjectKey } from '../../../../src/base/object-key.ts';
import { LiveReader } from '../../../../src/cloud/cloud-reader.ts';
import { awaitChange } from '../../../../src/controller/outcome.ts';
import { Work } from '../../../../src/controller/work.ts';
import { Credentials } from '../../../../src/credentials/credentials.ts';
import { PollingPlan } from '../../../../src/job/schedule/polling-plan.ts';
import { WaitingVisit } from '../../../../src/job/visit/waiting-visit.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { heapInUse, MEASURING_MS } from '../../kit/heap.ts';
import { aJob } from '../../kit/samples/a-job.ts';

const COUNT = 100_000;
const KIB = 1_024;

/**
 * Number of warm-up visits. They compile the code and fill its caches, which belong to no visit and would
 * add 2 bytes to each.
 */
const WARM_UP_COUNT = 1_000;

describe('a waiting visit', () => {
  for (const observeWith of ['get', 'list'] as const)
    it(`takes no more than 0.6 KiB with its work, its question and its request (${observeWith})`, async function () {
      this.timeout(MEASURING_MS);
      await bytesOfEach(observeWith, WARM_UP_COUNT, async () => 0);
      expect(await bytesOfEach(observeWith, COUNT)).to.be.within(200, 0.6 * KIB);
    });
});

async function bytesOfEach(
  observeWith: 'get' | 'list',
  count: number,
  inUse: () => Promise<number> = heapInUse,
): Promise<number> {
  const key = { accessKeyID: 'id', accessKeySecret: 'secret' };
  const clock = new FakeClock();
  const secrets = { read: async () => key };
  const reader = new LiveReader({
    credentials: new Credentials({
      own: key,
      ownFor: ['*'],
      secrets,
      clock,
      allowedEndpoints: [],
      allowInsecure: false,
      logger: new RecordingLogger(),
    }),
    endpoint: undefined,
    regionID: 'cn-shanghai',
    userAgent: 'test',
    callsPerMinute: 1,
    clock,
    logger: new RecordingLogger(),
  });
  reader.apply(PollingPlan.first(observeWith));
  const jobIDs = Array.from({ length: count }, (_, index) => `job-${index}`);
  const credential = { namespace: 'media' };
  const object = aJob().build();
  const before = await inUse();
  let answers = 0;
  const onEnd = () => {
    answers += 1;
  };
  for (const jobID of jobIDs) {
    const work = new Work<ObjectKey>(object.key, clock.now(), onEnd);
    const target = { reference: { credential, clusterID: 'c', jobID }, hash: 'hash' };
    const asked = { priority: 'scheduled', deadline: clock.now() + Math.random(), known: undefined } as const;
    reader.observe(new WaitingVisit(work, object, target, asked, clock.now(), awaitChange));
  }
  const each = ((await inUse()) - before) / count;
  reader.close();
  await settled();
  expect(answers).to.equal(count);
  return each;
}
