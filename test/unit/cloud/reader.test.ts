// What a reader tells of itself; what it answers is in the contract that it holds.

import { expect } from 'chai';
import { Credentials } from '../../../src/cloud/credentials.ts';
import { LiveReader } from '../../../src/cloud/reader.ts';
import type { Lane } from '../../../src/job/ports.ts';
import { RecordingLogger } from '../kit/recording-logger.ts';
import { SteppedTime } from './stepped-time.ts';

const KEY = { accessKeyID: 'id', accessKeySecret: 'secret' };
const OWN = { namespace: 'media' };
const SECRET = { namespace: 'media', name: 'account' };

describe('a reader', () => {
  let time: SteppedTime;
  let reader: LiveReader;
  let jobs = 0;

  beforeEach(() => {
    time = new SteppedTime();
    const secrets = { read: async () => KEY };
    const logger = new RecordingLogger();
    const rules = { allowedEndpoints: [], allowInsecure: false };
    reader = new LiveReader({
      credentials: new Credentials({ own: KEY, ownFor: ['*'], secrets, clock: time, logger, ...rules }),
      endpoint: undefined,
      regionID: 'cn-shanghai',
      userAgent: 'test',
      callsPerMinute: 1,
      clock: time,
      logger,
    });
  });
  afterEach(() => {
    reader.close();
    time.restore();
  });

  function observe(lane: Lane, credential: { namespace: string; name?: string }): void {
    jobs += 1;
    const reference = { credential, clusterID: 'c', jobID: `j${jobs}` };
    void reader.observe(reference, { lane, deadline: 0, signal: new AbortController().signal });
  }

  it('tells how many wait, by credential and lane', async () => {
    observe('asked', OWN);
    observe('due', OWN);
    observe('due', OWN);
    observe('retry', SECRET);
    await time.pass(500, 10);
    expect([...reader.backlog()]).to.deep.equal([
      { identity: 'default', lane: 'asked', waiting: 1 },
      { identity: 'default', lane: 'due', waiting: 2 },
      { identity: 'default', lane: 'retry', waiting: 0 },
      { identity: 'media/account', lane: 'asked', waiting: 0 },
      { identity: 'media/account', lane: 'due', waiting: 0 },
      { identity: 'media/account', lane: 'retry', waiting: 1 },
    ]);
  });

  it('has nobody waiting once it is closed', async () => {
    observe('due', OWN);
    await time.pass(500, 10);
    reader.close();
    expect([...reader.backlog()].every(({ waiting }) => waiting === 0)).to.equal(true);
  });
});
