/** The counts and records of calls that tests read from an endpoint. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_CLUSTER_ID, DEFAULT_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { callBare, callWithSdk, codeOf, knock, queryOf, RUNNING_JOB_ID } from '../test/test-client.ts';
import { Times } from './account-tally.ts';
import { CallLog, type CallRecord } from './call-log.ts';

const NO_CONNECTIONS = { opened: 0, open: 0 };

function aCall(time: number, rest: Partial<CallRecord> = {}): CallRecord {
  return { time, operation: 'GetEdgeTranscodeJob', status: 200, code: 'OK', accountID: 'a', ...rest };
}

describe('a call log', () => {
  it('counts the most calls of an account in any sliding second and minute', () => {
    const log = new CallLog();
    for (const time of [0, 30_000, 30_900, 31_100, 59_999, 60_000, 90_000]) log.add(aCall(time));
    log.add(aCall(59_999, { accountID: 'b' }));
    const { a, b } = log.counts(NO_CONNECTIONS).byAccount;
    expect(a).to.include({ calls: 7, mostPerSecond: 2, mostPerMinute: 5 });
    expect(b).to.include({ calls: 1, mostPerMinute: 1 });
  });

  it('counts the calls of an account by operation and code, and those of each key', () => {
    const log = new CallLog();
    log.add(aCall(1, { accessKeyID: 'k1' }));
    log.add(aCall(2, { accessKeyID: 'k2', code: 'JobNotFound' }));
    log.add(aCall(3, { accessKeyID: 'k2', operation: 'ListEdgeTranscodeJob' }));
    log.add({ ...aCall(4), accountID: 'b' });
    const { byAccount, byKey } = log.counts(NO_CONNECTIONS);
    expect(byAccount.a).to.deep.include({
      calls: 3,
      byCode: { OK: 2, JobNotFound: 1 },
      byOperation: {
        GetEdgeTranscodeJob: { OK: 1, JobNotFound: 1 },
        ListEdgeTranscodeJob: { OK: 1 },
      },
    });
    expect(byKey).to.deep.equal({
      k1: { calls: 1, byCode: { OK: 1 } },
      k2: { calls: 2, byCode: { JobNotFound: 1, OK: 1 } },
      '(none)': { calls: 1, byCode: { OK: 1 } },
    });
  });

  it("lists the times of an account's calls, of one operation or all, in order", () => {
    const log = new CallLog();
    for (const time of [10, 30]) log.add(aCall(time));
    for (const time of [20, 40]) log.add(aCall(time, { operation: 'ListEdgeTranscodeJob' }));
    log.add(aCall(25, { accountID: 'b' }));
    expect(log.timeline('a')).to.deep.equal({ times: [10, 20, 30, 40], lost: 0 });
    expect(log.timeline('a', 'ListEdgeTranscodeJob').times).to.deep.equal([20, 40]);
    expect(log.timeline('c')).to.deep.equal({ times: [], lost: 0 });
    log.reset();
    expect(log.timeline('a').times).to.deep.equal([]);
  });

  it('has the times of far more calls than it keeps one by one', () => {
    const log = new CallLog(100);
    for (let time = 0; time < 30_000; time++) log.add(aCall(time));
    const { times, lost } = log.timeline('a');
    expect([times.length, times[0], times.at(-1), lost]).to.deep.equal([30_000, 0, 29_999, 0]);
  });

  it('lists the calls after a sequence number, up to the limit', () => {
    const log = new CallLog();
    for (let time = 1; time <= 5; time++) log.add(aCall(time));
    const { calls, last, lost } = log.page(2, 2);
    expect(calls.map(({ sequence, time }) => [sequence, time])).to.deep.equal([
      [3, 3],
      [4, 4],
    ]);
    expect([last, lost]).to.deep.equal([5, 0]);
    expect(log.page(5).calls).to.deep.equal([]);
  });

  it('keeps a bounded number of the newest calls, and says how many each reader lost', () => {
    const log = new CallLog(3);
    for (let time = 1; time <= 100; time++) log.add(aCall(time));
    expect(log.page()).to.deep.include({ last: 100, lost: 97 });
    expect(log.page().calls.map(({ sequence }) => sequence)).to.deep.equal([98, 99, 100]);
    expect(log.page(99)).to.deep.include({ last: 100, lost: 0 });
    expect(log.counts(NO_CONNECTIONS).calls).to.equal(100);
  });

  it('forgets calls on reset, while sequence numbers continue', async () => {
    const log = new CallLog();
    log.add(aCall(1, { clusterID: 'c', jobID: 'j' }));
    log.reset();
    expect(log.counts(NO_CONNECTIONS)).to.deep.equal({
      calls: 0,
      byOperation: {},
      byAccount: {},
      byKey: {},
      byJob: {},
      connections: NO_CONNECTIONS,
    });
    expect(log.page()).to.deep.equal({ calls: [], last: 1, lost: 0 });
    const waiting = log.wait(0, 1, 60_000);
    log.add(aCall(2));
    await waiting;
    expect(log.page().calls.map(({ sequence }) => sequence)).to.deep.equal([2]);
  });

  it('gives up waiting for calls after the time given', async () => {
    await new CallLog().wait(0, 1, 1);
  });
});

describe('the times of calls', () => {
  it('are the newest ones, with the number of lost ones', () => {
    const times = new Times(3);
    for (let time = 1; time <= 3; time++) times.add(time);
    expect([times.kept(), times.lost]).to.deep.equal([[1, 2, 3], 0]);
    for (let time = 4; time <= 100; time++) times.add(time);
    expect([times.kept(), times.lost]).to.deep.equal([[98, 99, 100], 97]);
  });
});

describe('the counts of the endpoint', () => {
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator();
  });
  beforeEach(() => cloud.reset());
  after(() => cloud.close());

  it('are by operation and code, by account, key and job, refused and broken calls included', async () => {
    const code = (options: object = {}) => codeOf(callBare(cloud, options));
    await code();
    await code({ query: queryOf('none') });
    await code({ action: 'ListEdgeTranscodeJob' });
    await code({ action: 'Nonsense' });
    await code({ credentials: { ...DEFAULT_KEY, accessKeySecret: 'wrong' } });
    await code({ credentials: { accessKeyID: 'LTAInobody', accessKeySecret: 'x' } });
    await cloud.addFault({ kind: 'empty', calls: 1 });
    await (await callBare(cloud)).arrayBuffer();
    const { calls, byOperation, byAccount, byKey, byJob } = await cloud.counts();
    expect(calls).to.equal(7);
    expect(byOperation).to.deep.equal({
      GetEdgeTranscodeJob: {
        OK: 1,
        JobNotFound: 1,
        SignatureDoesNotMatch: 1,
        'InvalidAccessKeyId.NotFound': 1,
        '(empty)': 1,
      },
      ListEdgeTranscodeJob: { OK: 1 },
      '(unknown)': { 'InvalidAction.NotFound': 1 },
    });
    expect(byAccount[DEFAULT_ACCOUNT_ID]).to.include({ calls: 6, mostPerMinute: 6 });
    expect(byAccount['(none)']).to.include({ calls: 1 });
    expect(byKey[DEFAULT_KEY.accessKeyID]).to.include({ calls: 6 });
    expect(byKey.LTAInobody).to.deep.equal({ calls: 1, byCode: { 'InvalidAccessKeyId.NotFound': 1 } });
    expect(byJob).to.deep.equal({
      [`${DEFAULT_CLUSTER_ID}/${RUNNING_JOB_ID}`]: 6,
      [`${DEFAULT_CLUSTER_ID}/none`]: 1,
    });
  });

  it('list the calls that came next, and hold no secret', async () => {
    await callWithSdk(cloud);
    const { last } = await cloud.calls();
    const next = cloud.awaitCalls({ since: last, count: 2 });
    await callWithSdk(cloud, { query: queryOf('first') });
    await callWithSdk(cloud, { query: queryOf('second') });
    const { calls } = await next;
    expect(calls.map(({ jobID }) => jobID)).to.deep.equal(['first', 'second']);
    expect(calls[0]).to.deep.include({
      sequence: last + 1,
      operation: 'GetEdgeTranscodeJob',
      status: 404,
      code: 'JobNotFound',
      accountID: DEFAULT_ACCOUNT_ID,
      accessKeyID: DEFAULT_KEY.accessKeyID,
      clusterID: DEFAULT_CLUSTER_ID,
    });
    expect(JSON.stringify(calls)).not.to.contain(DEFAULT_KEY.accessKeySecret);
  });

  it('have every connection that was opened', async () => {
    for (let call = 0; call < 3; call++) await knock(cloud.url);
    expect((await cloud.counts()).connections).to.include({ opened: 3 });
  });

  it('cut the names that clients make up', async () => {
    await callBare(cloud, { query: queryOf('x'.repeat(5_000)) });
    const { calls } = await cloud.calls();
    expect(calls[0]?.jobID).to.have.length(128);
  });
});
