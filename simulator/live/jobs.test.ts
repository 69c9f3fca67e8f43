/** The effect of the verbs on jobs, as GetEdgeTranscodeJob then shows it. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { callBare } from '../test/test-client.ts';

const START = Date.parse('2026-01-02T03:04:05Z');

describe('a job', () => {
  let now = START;
  let cloud: Simulator;
  before(async () => {
    const seed = { accounts: [{ accountID: DEFAULT_ACCOUNT_ID, keys: [DEFAULT_KEY] }], jobs: [] };
    cloud = await startSimulator({ seed, now: () => now });
  });
  beforeEach(async () => {
    now = START;
    await cloud.reset();
  });
  after(() => cloud.close());

  const job = { clusterID: 'c', jobID: 'j' };
  const read = async (): Promise<Record<string, string>> => {
    const answer = await callBare(cloud, { query: { ClusterId: 'c', JobId: 'j' }, date: now });
    return ((await answer.json()) as { Job: Record<string, string> }).Job;
  };

  it('starts and stops at the time of the clock', async () => {
    await cloud.createJob(job);
    expect(await read()).to.include({ CreateTime: '2026-01-02T03:04:05Z', Status: '0' });
    now += 60_000;
    await cloud.startJob(job);
    expect(await read()).to.include({ Status: '1', LastStartAt: '2026-01-02T03:05:05Z' });
    now += 60_000;
    await cloud.stopJob(job);
    const stopped = { Status: '0', LastStartAt: '2026-01-02T03:05:05Z', LastStopAt: '2026-01-02T03:06:05Z' };
    expect(await read()).to.include(stopped);
    now += 60_000;
    await cloud.startJob({ jobID: 'j' });
    expect(await read()).to.include({ ...stopped, Status: '1', LastStartAt: '2026-01-02T03:07:05Z' });
  });

  it('can show empty times instead of none when it never ran', async () => {
    await cloud.createJob({ ...job, unsetTimes: 'empty' });
    expect(await read()).to.include({ LastStartAt: '', LastStopAt: '' });
  });

  it('can be changed, also to a status that the vendor does not document', async () => {
    await cloud.createJob({ ...job, name: 'before', streamInput: 'rtmp://in/a?auth_key=1' });
    await cloud.modifyJob({ ...job, name: 'after', status: '7' });
    expect(await read()).to.include({ Name: 'after', Status: '7', StreamInput: 'rtmp://in/a?auth_key=1' });
  });

  it('can be created again under its ID after it was removed', async () => {
    await cloud.createJob(job);
    await cloud.removeJob(job);
    expect(await read()).to.equal(undefined);
    await cloud.createJob({ ...job, name: 'again' });
    expect(await read()).to.include({ Name: 'again' });
  });

  it('has an ID of 32 hex digits where none is given', async () => {
    expect((await cloud.createJob({ clusterID: 'c' })).jobID).to.match(/^[0-9a-f]{32}$/);
  });

  it('is returned by the verbs with all its fields', async () => {
    const created = await cloud.createJob({ ...job, type: 'ultra-hd' });
    expect(created).to.include({ ...job, accountID: DEFAULT_ACCOUNT_ID, type: 'ultra-hd', status: '0' });
    expect(await cloud.jobs()).to.deep.equal([created]);
    expect(await cloud.jobs({ clusterID: 'd' })).to.deep.equal([]);
  });

  it('cannot be started, stopped or created twice, or be named by an ID that two clusters have', async () => {
    await cloud.createJob(job);
    await cloud.createJob({ clusterID: 'd', jobID: 'j' });
    await refused(cloud.stopJob(job), 'not in progress');
    await cloud.startJob(job);
    await refused(cloud.startJob(job), 'in progress already');
    await refused(cloud.createJob(job), 'has a job j already');
    await refused(cloud.startJob({ jobID: 'j' }), 'name the clusterID');
    await refused(cloud.startJob({ jobID: 'k' }), 'There is no job k');
    await refused(cloud.createJob({ clusterID: 'c', createTime: 'soon' }), 'createTime is not a time');
    await refused(
      cloud.createJob({ clusterID: 'c', unsetTimes: 'null' as 'empty' }),
      'unsetTimes is absent or empty',
    );
    await refused(cloud.createJob({ clusterID: 'c', accountID: 'unknown' }), 'There is no account unknown');
  });
});

async function refused(done: Promise<unknown>, why: string): Promise<void> {
  const error = await done.then(
    () => undefined,
    (reason: unknown) => reason as Error,
  );
  expect(error?.message).to.contain(why);
}
