/** The vendor's own SDK takes the endpoint for the real one. */
import { expect } from 'chai';
import { DEFAULT_CLUSTER_ID, DEFAULT_TEMPORARY_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { callWithSdk, NEVER_STARTED_JOB_ID, queryOf, RUNNING_JOB_ID, STOPPED_JOB_ID } from './test-client.ts';

const REQUEST_ID = /^[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}$/;

describe('through the SDK, GetEdgeTranscodeJob', () => {
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator();
  });
  after(() => cloud.close());

  it('answers all fields of a job as strings, and a request ID', async () => {
    const { status, body } = await callWithSdk(cloud, { query: queryOf(STOPPED_JOB_ID) });
    expect(status).to.equal(200);
    expect(body).to.have.all.keys('Job', 'RequestId');
    expect(body.RequestId).to.match(REQUEST_ID);
    expect(body.Job).to.deep.equal({
      CreateTime: '2023-07-24T16:45:10Z',
      JobId: STOPPED_JOB_ID,
      LastStartAt: '2023-07-25T02:48:58Z',
      LastStopAt: '2023-07-25T05:48:58Z',
      Name: 'stream2-narrowband',
      Status: '0',
      StreamInput: `rtmp://push.example.com/app/stream-${STOPPED_JOB_ID.slice(0, 8)}`,
      StreamOutput: `rtmp://play.example.com/app/stream-${STOPPED_JOB_ID.slice(0, 8)}`,
      TemplateId: '9b1571b513cb44f7a1ba6ae561ff0000',
      TemplateName: 'my_template',
      Type: 'nbhd-2',
    });
  });

  it('answers a running job as in progress', async () => {
    const { body } = await callWithSdk(cloud, { query: queryOf(RUNNING_JOB_ID) });
    expect(body.Job).to.include({ Status: '1', LastStartAt: '2023-07-25T02:48:58Z' });
    expect(body.Job).not.to.have.property('LastStopAt');
  });

  it('answers a job that never ran without start and stop', async () => {
    const { body } = await callWithSdk(cloud, { query: queryOf(NEVER_STARTED_JOB_ID) });
    expect(body.Job).to.include({ Status: '0', Type: 'ultra-hd' });
    expect(body.Job).not.to.have.any.keys('LastStartAt', 'LastStopAt');
  });

  it('takes RegionId, which is optional', async () => {
    const query = { ...queryOf(RUNNING_JOB_ID), RegionId: 'cn-shanghai' };
    expect((await callWithSdk(cloud, { query })).status).to.equal(200);
  });

  it('takes GET as well as POST', async () => {
    expect((await callWithSdk(cloud, { method: 'GET' })).status).to.equal(200);
  });

  it('takes IDs with every character that has to be encoded', async () => {
    const jobID = "a b+c*d~e/f?g&h=i%j'k(l)!直播";
    await cloud.createJob({ clusterID: DEFAULT_CLUSTER_ID, jobID });
    const { body } = await callWithSdk(cloud, { query: queryOf(jobID) });
    expect(body.Job).to.include({ JobId: jobID });
  });

  it('takes a temporary key with its security token', async () => {
    const outcome = await callWithSdk(cloud, { credentials: DEFAULT_TEMPORARY_KEY });
    expect(outcome.status).to.equal(200);
  });

  it('gives each answer a request ID of its own', async () => {
    const first = await callWithSdk(cloud);
    const second = await callWithSdk(cloud);
    expect(first.body.RequestId).not.to.equal(second.body.RequestId);
  });

  it('uses one connection for many calls, which the endpoint keeps open', async () => {
    await callWithSdk(cloud);
    await cloud.resetCounts();
    for (let call = 0; call < 5; call++) await callWithSdk(cloud);
    expect((await cloud.counts()).connections.opened).to.equal(0);
  });
});

describe('through the SDK, ListEdgeTranscodeJob', () => {
  it('answers the total and a page of jobs with the same fields', async () => {
    const cloud = await startSimulator({ now: () => Date.parse('2023-07-26T00:00:00Z') });
    try {
      const { body } = await callWithSdk(cloud, {
        action: 'ListEdgeTranscodeJob',
        query: { ClusterId: DEFAULT_CLUSTER_ID, PageSize: '2' },
        headers: { 'x-acs-date': '2023-07-26T00:00:00Z' },
      });
      expect(body).to.include({ TotalCount: 3 });
      const { Job } = body.JobList as { Job: Record<string, string>[] };
      expect(Job.map(({ JobId }) => JobId)).to.deep.equal([NEVER_STARTED_JOB_ID, STOPPED_JOB_ID]);
      expect(Job[1]).to.have.all.keys(
        'CreateTime JobId LastStartAt LastStopAt Name Status StreamInput StreamOutput TemplateId TemplateName Type'.split(
          ' ',
        ),
      );
    } finally {
      await cloud.close();
    }
  });
});
