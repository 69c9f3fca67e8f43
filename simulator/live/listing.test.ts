/** ListEdgeTranscodeJob as its page describes it: pages, order, filters, and 180 days. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { callBare } from '../test/test-client.ts';
import { timeOf } from '../world/times.ts';

const DAY_MS = 24 * 60 * 60_000;

interface Listing {
  Code?: string;
  Message?: string;
  TotalCount: number;
  JobList: { Job: { JobId: string; Name: string; Status: string }[] };
}

describe('a list of jobs', () => {
  let cloud: Simulator;
  before(async () => {
    const seed = { accounts: [{ accountID: DEFAULT_ACCOUNT_ID, keys: [DEFAULT_KEY] }], jobs: [] };
    cloud = await startSimulator({ seed });
  });
  beforeEach(() => cloud.reset());
  after(() => cloud.close());

  const list = async (query: Record<string, string> = {}): Promise<Listing> => {
    const answer = await callBare(cloud, {
      action: 'ListEdgeTranscodeJob',
      query: { ClusterId: 'c', ...query },
    });
    return (await answer.json()) as Listing;
  };
  const idsOf = ({ JobList }: Listing) => JobList.Job.map(({ JobId }) => JobId);
  const ago = (days: number) => timeOf(Date.now() - days * DAY_MS);

  /** j001 is the oldest. */
  const createJobs = async (count: number) => {
    for (let number = 1; number <= count; number++) {
      const jobID = `j${String(number).padStart(3, '0')}`;
      await cloud.createJob({
        clusterID: 'c',
        jobID,
        createTime: timeOf(Date.now() - (count - number) * 1_000),
      });
    }
  };

  it('has ten jobs to a page, the newest first, and the total', async () => {
    await createJobs(25);
    const first = await list();
    expect(first.TotalCount).to.equal(25);
    expect(idsOf(first)).to.deep.equal([
      'j025',
      'j024',
      'j023',
      'j022',
      'j021',
      'j020',
      'j019',
      'j018',
      'j017',
      'j016',
    ]);
    expect(idsOf(await list({ PageNo: '3' }))).to.deep.equal(['j005', 'j004', 'j003', 'j002', 'j001']);
    const beyond = await list({ PageNo: '4' });
    expect([beyond.TotalCount, idsOf(beyond)]).to.deep.equal([25, []]);
  });

  it('has up to a hundred to a page, the oldest first where asked', async () => {
    await createJobs(120);
    const ascending = { PageSize: '100', SortBy: 'asc' };
    const first = idsOf(await list(ascending));
    const second = idsOf(await list({ ...ascending, PageNo: '2' }));
    expect(first.length).to.equal(100);
    expect([first[0], first[99], second[0], second.at(-1)]).to.deep.equal(['j001', 'j100', 'j101', 'j120']);
  });

  it('keeps jobs of one moment in one order, so that pages neither repeat nor leave out', async () => {
    for (const jobID of ['d', 'b', 'a', 'c'])
      await cloud.createJob({ clusterID: 'c', jobID, createTime: ago(1) });
    const pages = await Promise.all(
      ['1', '2'].map((PageNo) => list({ PageSize: '2', PageNo, SortBy: 'asc' })),
    );
    expect(pages.flatMap(idsOf)).to.deep.equal(['a', 'b', 'c', 'd']);
  });

  it('has only the jobs of its cluster and of the account that asks', async () => {
    await cloud.createAccount({ accountID: 'other' });
    await cloud.createJob({ clusterID: 'c', jobID: 'mine' });
    await cloud.createJob({ clusterID: 'c', jobID: 'theirs', accountID: 'other' });
    await cloud.createJob({ clusterID: 'd', jobID: 'elsewhere' });
    expect(idsOf(await list())).to.deep.equal(['mine']);
    expect(await list({ ClusterId: 'nowhere' })).to.deep.include({ TotalCount: 0, JobList: { Job: [] } });
  });

  it('is filtered by type, by status and by both', async () => {
    await cloud.createJob({ clusterID: 'c', jobID: 'a', type: 'common', status: '1' });
    await cloud.createJob({ clusterID: 'c', jobID: 'b', type: 'nbhd-2', status: '1' });
    await cloud.createJob({ clusterID: 'c', jobID: 'd', type: 'nbhd-2', status: '0' });
    expect(idsOf(await list({ Type: 'nbhd-2' }))).to.have.members(['b', 'd']);
    expect(idsOf(await list({ Status: '1' }))).to.have.members(['a', 'b']);
    const both = await list({ Type: 'nbhd-2', Status: '1' });
    expect([idsOf(both), both.TotalCount]).to.deep.equal([['b'], 1]);
  });

  it('is searched by the exact ID or a part of the name', async () => {
    await cloud.createJob({ clusterID: 'c', jobID: 'abc', name: 'Morning News' });
    await cloud.createJob({ clusterID: 'c', jobID: 'abcd', name: 'evening' });
    expect(idsOf(await list({ Keyword: 'abc' }))).to.deep.equal(['abc']);
    expect(idsOf(await list({ Keyword: 'ing' }))).to.have.members(['abc', 'abcd']);
    expect(idsOf(await list({ Keyword: 'news' }))).to.deep.equal(['abc']);
    expect(idsOf(await list({ Keyword: 'bc' }))).to.deep.equal([]);
  });

  it('has no job that was neither created nor modified in the last 180 days, until it is modified', async () => {
    await cloud.createJob({ clusterID: 'c', jobID: 'old', createTime: ago(181) });
    await cloud.createJob({ clusterID: 'c', jobID: 'recent', createTime: ago(179) });
    await cloud.createJob({ clusterID: 'c', jobID: 'changed', createTime: ago(400), modifyTime: ago(10) });
    expect(idsOf(await list())).to.deep.equal(['recent', 'changed']);
    await cloud.modifyJob({ jobID: 'old', name: 'renamed' });
    expect(idsOf(await list())).to.deep.equal(['recent', 'old', 'changed']);
  });

  it('still gives a job that is too old for it to GetEdgeTranscodeJob', async () => {
    await cloud.createJob({ clusterID: 'c', jobID: 'old', createTime: ago(181) });
    const answer = await callBare(cloud, { query: { ClusterId: 'c', JobId: 'old' } });
    expect(answer.status).to.equal(200);
    await answer.arrayBuffer();
  });

  for (const [name, value] of [
    ['PageSize', '101'],
    ['PageSize', '0'],
    ['PageNo', '0'],
    ['PageNo', 'two'],
    ['SortBy', 'Name'],
    ['Status', '2'],
  ] as const) {
    it(`is refused with ${name}=${value}`, async () => {
      const { Code, Message } = await list({ [name]: value });
      expect(Code).to.equal('InvalidParameter');
      expect(Message).to.contain(`"${name}"`);
    });
  }
});
