/** Ten thousand jobs at once: as quick to make as a test needs, and as cheap to list. */
import { expect } from 'chai';
import { startAdmin } from '../admin/admin.ts';
import { AdminClient } from '../admin/admin-client.ts';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { callBare } from '../test/test-client.ts';

const START = Date.parse('2026-01-02T03:04:05.678Z');
const CLUSTERS = ['c1', 'c2', 'c3', 'c4'];
const JOBS = 10_000;

interface Listing {
  TotalCount: number;
  JobList: { Job: { JobId: string; CreateTime: string; Status: string; LastStartAt?: string }[] };
}

describe('jobs in bulk', () => {
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

  const list = async (ClusterId: string, query: Record<string, string> = {}): Promise<Listing> => {
    const action = 'ListEdgeTranscodeJob';
    const answer = await callBare(cloud, { action, query: { ClusterId, ...query }, date: now });
    return (await answer.json()) as Listing;
  };

  it('are 10,000 in less than a second of work, spread over the clusters, also over the admin port', async () => {
    const admin = await startAdmin(cloud);
    try {
      // Of the processor, which a busy machine gives out slowly.
      const before = process.cpuUsage();
      const { jobs } = await new AdminClient(admin.url).createJobs({ clusterIDs: CLUSTERS, count: JOBS });
      const { user, system } = process.cpuUsage(before);
      expect(user + system).to.be.lessThan(1_000_000);
      expect(new Set(jobs.map(({ jobID }) => jobID)).size).to.equal(JOBS);
      for (const cluster of CLUSTERS) expect((await list(cluster)).TotalCount).to.equal(JOBS / 4);
    } finally {
      await admin.close();
    }
  });

  it('can be named in a verb whose body is larger than a call may have', async () => {
    const { jobs } = await cloud.createJobs({ clusterIDs: CLUSTERS, count: 32_000 });
    const admin = await startAdmin(cloud);
    try {
      const jobIDs = jobs.map(({ jobID }) => jobID);
      expect(JSON.stringify({ jobIDs }).length).to.be.greaterThan(1024 * 1024);
      const { count } = await new AdminClient(admin.url).startJobs({ jobIDs });
      expect(count).to.equal(32_000);
    } finally {
      await admin.close();
    }
  });

  it("have IDs like the vendor's, and are created the given seconds apart", async () => {
    const batch = { clusterIDs: ['c1'], count: 3, createTime: '2025-12-31T23:59:58Z', secondsApart: 2 };
    const { jobs } = await cloud.createJobs({
      ...batch,
      type: 'nbhd-2',
      lastStartAt: '2026-01-01T12:00:00Z',
    });
    for (const { jobID } of jobs) expect(jobID).to.match(/^[0-9a-f]{32}$/);
    const { JobList } = await list('c1', { SortBy: 'asc' });
    expect(JobList.Job.map(({ CreateTime }) => CreateTime)).to.deep.equal([
      '2025-12-31T23:59:58Z',
      '2026-01-01T00:00:00Z',
      '2026-01-01T00:00:02Z',
    ]);
    expect(JobList.Job[0]).to.include({ Type: 'nbhd-2', LastStartAt: '2026-01-01T12:00:00Z' });
  });

  it('can belong to another account, of which the first sees nothing', async () => {
    await cloud.createAccount({ accountID: 'theirs' });
    await cloud.createJobs({ clusterIDs: ['c1'], count: 5, accountID: 'theirs' });
    expect((await list('c1')).TotalCount).to.equal(0);
  });

  it('are started, stopped and removed by their IDs, at the time that the verb returns', async () => {
    const { jobs } = await cloud.createJobs({ clusterIDs: ['c1'], count: 100 });
    const jobIDs = jobs.filter((_, index) => index % 3 === 0).map(({ jobID }) => jobID);
    now += 60_000;
    expect(await cloud.startJobs({ jobIDs })).to.deep.equal({ count: 34, time: now });
    const { JobList, TotalCount } = await list('c1', { Status: '1', PageSize: '100' });
    expect(TotalCount).to.equal(34);
    expect(JobList.Job.map(({ JobId }) => JobId)).to.have.members(jobIDs);
    expect(JobList.Job[0]).to.include({ LastStartAt: '2026-01-02T03:05:05Z' });
    expect(await cloud.stopJobs({ jobIDs: jobIDs.slice(1) })).to.include({ count: 33 });
    expect((await list('c1', { Status: '1' })).TotalCount).to.equal(1);
    expect(await cloud.removeJobs({ jobIDs })).to.include({ count: 34 });
    expect((await list('c1')).TotalCount).to.equal(66);
  });

  it('are all changed or none', async () => {
    await cloud.createJobs({ clusterIDs: ['c1'], count: 3, prefix: 'j' });
    const jobIDs = ['j00000000', 'j00000001', 'j00000002'];
    await cloud.startJob({ jobID: 'j00000001' });
    expect(await why(cloud.startJobs({ jobIDs }))).to.equal('The job j00000001 is in progress already.');
    expect(await why(cloud.stopJobs({ jobIDs }))).to.equal('The job j00000000 is not in progress.');
    expect(await why(cloud.removeJobs({ jobIDs: [...jobIDs, 'k'] }))).to.equal('There is no job k.');
    expect(await why(cloud.createJobs({ clusterIDs: ['c2', 'c1'], count: 5, prefix: 'j' }))).to.equal(
      'The cluster c1 has a job j00000001 already.',
    );
    const statuses = (await cloud.jobs()).map(({ status }) => status);
    expect(statuses).to.deep.equal(['0', '1', '0']);
  });

  it('are each one, however often they are named', async () => {
    await cloud.createJobs({ clusterIDs: ['c1'], count: 1, prefix: 'j' });
    expect(await cloud.startJobs({ jobIDs: ['j00000000', 'j00000000'] })).to.include({ count: 1 });
  });

  it('are 10,000 in one cluster, which are swept whole, in order, in a hundred pages', async function () {
    this.timeout(20_000);
    const { jobs } = await cloud.createJobs({ clusterIDs: ['c1'], count: JOBS, secondsApart: -1 });
    const swept: string[] = [];
    for (let page = 1; page <= JOBS / 100; page++) {
      const { JobList } = await list('c1', { PageNo: `${page}`, PageSize: '100', SortBy: 'asc' });
      swept.push(...JobList.Job.map(({ JobId }) => JobId));
    }
    expect(swept).to.deep.equal(jobs.map(({ jobID }) => jobID).toReversed());
  });
});

async function why(done: Promise<unknown>): Promise<string> {
  return done.then(
    () => 'done',
    (error: Error) => error.message,
  );
}
