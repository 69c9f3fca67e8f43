/**
 * Listing a cluster page by page while its jobs change: each page shows the jobs at the time of its request.
 */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { callBare, codeOf } from '../test/test-client.ts';

const NOW = Date.parse('2026-01-02T03:04:05.000Z');

interface Page {
  TotalCount: number;
  JobList: { Job: { JobId: string; Status: string }[] };
}

describe('a sweep over the pages of a list', () => {
  let cloud: Simulator;
  before(async () => {
    const seed = { accounts: [{ accountID: DEFAULT_ACCOUNT_ID, keys: [DEFAULT_KEY] }], jobs: [] };
    cloud = await startSimulator({ seed, now: () => NOW });
  });
  beforeEach(async () => {
    await cloud.reset();
    const createTime = '2025-12-01T00:00:00Z';
    await cloud.createJobs({ clusterIDs: ['c'], count: 6, prefix: 'j', createTime, secondsApart: 1 });
  });
  after(() => cloud.close());

  const ask = (PageNo: string) => {
    const query = { ClusterId: 'c', PageNo, PageSize: '2', SortBy: 'asc' };
    return callBare(cloud, { action: 'ListEdgeTranscodeJob', query, date: NOW });
  };
  const page = async (number: string): Promise<[number, string[]]> => {
    const { TotalCount, JobList } = (await (await ask(number)).json()) as Page;
    return [TotalCount, JobList.Job.map(({ JobId }) => JobId.replace(/0{7}/, ''))];
  };
  const get = (jobID: string) =>
    codeOf(callBare(cloud, { query: { ClusterId: 'c', JobId: jobID }, date: NOW }));

  it('leaves out a job where one before it is removed between two pages', async () => {
    expect(await page('1')).to.deep.equal([6, ['j0', 'j1']]);
    await cloud.removeJob({ jobID: 'j00000000' });
    expect(await page('2')).to.deep.equal([5, ['j3', 'j4']]);
    expect(await page('3')).to.deep.equal([5, ['j5']]);
    expect(await get('j00000002')).to.equal('OK');
  });

  it('ends with a job that is created between two pages, with the oldest first', async () => {
    expect(await page('2')).to.deep.equal([6, ['j2', 'j3']]);
    await cloud.createJob({ clusterID: 'c', jobID: 'new' });
    expect(await page('3')).to.deep.equal([7, ['j4', 'j5']]);
    expect(await page('4')).to.deep.equal([7, ['new']]);
  });

  it('repeats a job where an older one appears between two pages', async () => {
    await cloud.createJob({ clusterID: 'c', jobID: 'old', createTime: '2024-01-01T00:00:00Z' });
    expect(await page('1')).to.deep.equal([6, ['j0', 'j1']]);
    await cloud.modifyJob({ jobID: 'old', name: 'modified in the last 180 days' });
    expect(await page('2')).to.deep.equal([7, ['j1', 'j2']]);
  });

  it('shows a job that is removed before a Get asks about it', async () => {
    expect((await page('1'))[1]).to.contain('j1');
    await cloud.removeJob({ jobID: 'j00000001' });
    expect(await get('j00000001')).to.equal('JobNotFound');
  });

  it('has each page as it was at the time of its request, however late the answer comes', async () => {
    await cloud.addFault({ kind: 'latency', milliseconds: 50, action: 'ListEdgeTranscodeJob', calls: 1 });
    const slow = ask('1');
    await cloud.awaitCalls({ count: 1 });
    await cloud.startJob({ jobID: 'j00000000' });
    expect(await get('j00000000')).to.equal('OK');
    const { JobList } = (await (await slow).json()) as Page;
    expect(JobList.Job[0]).to.include({ JobId: 'j00000000', Status: '0' });
  });

  it('can be denied while Get stays permitted', async () => {
    await cloud.deny({ action: 'live:ListEdgeTranscodeJob' });
    const denied = await ask('1');
    expect(denied.status).to.equal(403);
    expect(await denied.json()).to.include({ Code: 'NoPermission' });
    expect(await get('j00000000')).to.equal('OK');
    await cloud.allow({ action: 'live:ListEdgeTranscodeJob' });
    expect((await page('1'))[0]).to.equal(6);
  });
});
