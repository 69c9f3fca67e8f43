/**
 * The life of a reference, as a user sees it with kubectl.
 */
import { expect } from 'chai';
import { CLUSTER_ID, condition, is, JOB_ID, job, startWorld, type World } from './world.ts';

describe('an EdgeTranscodeJob', () => {
  let world: World;

  before(async function () {
    this.timeout(120_000);
    world = await startWorld();
    await world.operator();
  });
  after(async function () {
    this.timeout(30_000);
    await world?.[Symbol.asyncDispose]();
  });

  it('becomes Ready with the state of its job', async () => {
    await world.apply(job('a'));
    const shown = await world.until('a', (each) => is(each, 'Ready', 'True'));
    expect(shown.status.state).to.equal('Running');
    expect(shown.status.job?.jobID).to.equal(JOB_ID);
    expect(shown.status.observedGeneration).to.equal(1);
    expect(condition(shown, 'Running')?.reason).to.equal('JobRunning');
  });

  it('follows its job as it stops and starts', async () => {
    await world.apply(job('b', { expectedState: 'Running' }));
    await world.until('b', (each) => is(each, 'AsExpected', 'True'));
    await world.cloud.admin.stopJob({ clusterID: CLUSTER_ID, jobID: JOB_ID });
    const stopped = await world.until('b', (each) => is(each, 'AsExpected', 'False'));
    expect(stopped.status.state).to.equal('NotStarted');
    expect(condition(stopped, 'Ready')?.status).to.equal('True');
    await world.cloud.admin.startJob({ clusterID: CLUSTER_ID, jobID: JOB_ID });
    await world.until('b', (each) => is(each, 'AsExpected', 'True'));
  });
});
