/** The memory of waiting requests: 100,000 objects may wait at the same time. */

import { expect } from 'chai';
import { LiveReader } from '../../../../src/cloud/cloud-reader.ts';
import { WorkSignal } from '../../../../src/controller/work-signal.ts';
import { Credentials } from '../../../../src/credentials/credentials.ts';
import { PollingPlan } from '../../../../src/job/schedule/polling-plan.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { heapInUse, MEASURING_MS } from '../../kit/heap.ts';

const COUNT = 100_000;
const KIB = 1_024;

/**
 * Number of warm-up requests. They compile the code and fill its caches, which belong to no request and would
 * add 2 bytes to each.
 */
const WARM_UP_COUNT = 1_000;

describe('a waiting request', () => {
  for (const observeWith of ['get', 'list'] as const)
    it(`takes no more than 0.75 KiB with its signal and its promise (${observeWith})`, async function () {
      this.timeout(MEASURING_MS);
      await bytesOfEach(observeWith, WARM_UP_COUNT, async () => 0);
      expect(await bytesOfEach(observeWith, COUNT)).to.be.within(200, 0.75 * KIB);
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
  const before = await inUse();
  const waiting = jobIDs.map((jobID) => {
    const signal = new WorkSignal();
    const reference = { credential, clusterID: 'c', jobID };
    return reader.observe(reference, {
      priority: 'scheduled',
      deadline: clock.now() + Math.random(),
      signal,
    });
  });
  const each = ((await inUse()) - before) / count;
  reader.close();
  await Promise.all(waiting);
  return each;
}
