/** Which calls meet a fault, and for how long. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_CLUSTER_ID, DEFAULT_KEY, DEFAULT_TEMPORARY_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { type BareOptions, callBare, codeOf, queryOf, STOPPED_JOB_ID } from '../test/test-client.ts';
import type { NewFault } from '../world/cloud-world.ts';

describe('a fault is met', () => {
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator();
  });
  beforeEach(() => cloud.reset());
  after(() => cloud.close());

  const broken = { kind: 'error', status: 500, code: 'InternalError' } as const;
  const code = (options: BareOptions = {}) => codeOf(callBare(cloud, options));

  it('by as many calls as it says', async () => {
    await cloud.addFault({ ...broken, calls: 2 });
    expect([await code(), await code(), await code()]).to.deep.equal([
      'InternalError',
      'InternalError',
      'OK',
    ]);
    expect(await cloud.faults()).to.deep.equal([]);
  });

  it('until it is removed, by ID or with all', async () => {
    const { faultID } = await cloud.addFault(broken);
    expect([await code(), await code()]).to.deep.equal(['InternalError', 'InternalError']);
    expect(await cloud.faults()).to.deep.equal([{ ...broken, faultID }]);
    await cloud.removeFault({ faultID });
    expect(await code()).to.equal('OK');
    await cloud.addFault(broken);
    await cloud.clearFaults();
    expect(await code()).to.equal('OK');
  });

  it('by the last one set where several fit', async () => {
    await cloud.addFault(broken);
    await cloud.addFault({ kind: 'error', status: 503, code: 'ServiceUnavailable', calls: 1 });
    expect([await code(), await code()]).to.deep.equal(['ServiceUnavailable', 'InternalError']);
  });

  for (const [of, scope, others] of [
    ['job', { jobID: STOPPED_JOB_ID }, {}],
    ['cluster', { clusterID: DEFAULT_CLUSTER_ID }, { query: { ClusterId: 'c', JobId: STOPPED_JOB_ID } }],
    ['action', { action: 'GetEdgeTranscodeJob' }, { action: 'ListEdgeTranscodeJob' }],
    ['key', { accessKeyID: DEFAULT_KEY.accessKeyID }, { credentials: DEFAULT_TEMPORARY_KEY }],
    [
      'account',
      { accountID: DEFAULT_ACCOUNT_ID },
      { credentials: { accessKeyID: 'k', accessKeySecret: 's' } },
    ],
  ] as const) {
    it(`by the calls of one ${of} only`, async () => {
      await cloud.createAccount({ accountID: 'theirs' });
      await cloud.addKey({ accountID: 'theirs', accessKeyID: 'k', accessKeySecret: 's' });
      await cloud.addFault({ ...broken, ...scope });
      expect(await code({ query: queryOf(STOPPED_JOB_ID) })).to.equal('InternalError');
      expect(await code(others)).not.to.equal('InternalError');
    });
  }

  it('only behind a good key and within the quota, where it is the service that fails', async () => {
    await cloud.addFault({ ...broken, calls: 1 });
    const credentials = { ...DEFAULT_KEY, accessKeySecret: 'wrong' };
    expect(await code({ credentials })).to.equal('SignatureDoesNotMatch');
    expect(await code()).to.equal('InternalError');
  });

  it('with any key, where it is the network that fails', async () => {
    await cloud.addFault({ kind: 'html', calls: 1 });
    const credentials = { ...DEFAULT_KEY, accessKeySecret: 'wrong' };
    const answer = await callBare(cloud, { credentials });
    expect(answer.status).to.equal(502);
    await answer.arrayBuffer();
  });

  it('by the account whose quota the call spends', async () => {
    await cloud.modifyAccount({ accountID: DEFAULT_ACCOUNT_ID, callsPerMinute: 1 });
    await cloud.addFault({ ...broken, calls: 1 });
    expect([await code(), await code()]).to.deep.equal(['InternalError', 'Throttling.User']);
  });

  it('never, where it cannot be: it is refused with what is wrong', async () => {
    const wrong = [
      [{ kind: 'storm' }, 'There is no fault of the kind storm'],
      [{ kind: 'latency' }, 'needs milliseconds'],
      [{ kind: 'error', status: 500 }, 'needs code'],
      [{ kind: 'html', calls: 0 }, 'calls is a whole number from 1'],
      [{ kind: 'html', calls: 1.5 }, 'calls is a whole number from 1'],
      [{ kind: 'html', status: 99 }, 'status is a whole number from 200 to 599, not 99'],
      [{ kind: 'latency', milliseconds: -1 }, 'milliseconds is a whole number from 0'],
      [{ kind: 'truncated', contentLength: '10' }, 'contentLength is honest or dishonest, not 10'],
    ] as const;
    for (const [fault, why] of wrong) {
      const error = await cloud
        .addFault(fault as unknown as NewFault)
        .catch((reason: unknown) => reason as Error);
      expect(error).to.have.property('message').that.contains(why);
    }
  });
});
