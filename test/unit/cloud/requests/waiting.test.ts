// What it costs to wait: a hundred thousand may.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { LiveReader } from '../../../../src/cloud/cloud-reader.ts';
import { Credentials } from '../../../../src/cloud/credentials/credentials.ts';
import { PollingPlan } from '../../../../src/job/schedule/polling-plan.ts';
import { FakeClock, settled } from '../../kit/fake-clock.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

const COUNT = 100_000;
const KIB = 1_024;

/** The heap once nothing is left that nobody needs. */
async function heap(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let times = 0; times < 3; times += 1) {
    await settled();
    gc();
  }
  return process.memoryUsage().heapUsed;
}

describe('a waiting observation', () => {
  for (const observeWith of ['get', 'list'] as const)
    it(`takes no more than 1 KiB with its signal and its promise (${observeWith})`, async function () {
      this.timeout(30_000);
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
      const jobIDs = Array.from({ length: COUNT }, (_, index) => `job-${index}`);
      const credential = { namespace: 'media' };
      const before = await heap();
      const waiting = jobIDs.map((jobID) => {
        const { signal } = new AbortController();
        const reference = { credential, clusterID: 'c', jobID };
        return reader.observe(reference, {
          priority: 'scheduled',
          deadline: clock.now() + Math.random(),
          signal,
        });
      });
      const each = ((await heap()) - before) / COUNT;
      reader.close();
      await Promise.all(waiting);
      expect(each).to.be.within(200, KIB);
    });
});
