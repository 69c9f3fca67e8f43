/**
 * Two thousand new objects in four clusters, observed by pages of their lists. The simulated cloud counts the
 * calls.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Counts } from '../../../simulator/world/cloud-world.ts';
import { REQUESTED_AT_ANNOTATION } from '../../../src/api/edge-transcode-job.ts';
import { createClusters, storeReferencesTo } from '../support/many/references.ts';
import { useWorld } from '../support/use-world.ts';
import { remove } from '../support/user-side.ts';
import { is, type Shown } from '../support/world.ts';

const CLUSTERS = 4;
const JOBS_IN_EACH = 500;
const OBJECTS = CLUSTERS * JOBS_IN_EACH;

/** 20 pages of 100 jobs; and half as much again for what came too late for its page. */
const MOST_CALLS = 30;

describe('two thousand new objects in four clusters', function () {
  this.timeout(240_000);
  const scene = useWorld({
    prepare: async (world) => {
      const jobs = await createClusters(world, CLUSTERS, JOBS_IN_EACH);
      await storeReferencesTo(world, jobs, { interval: '10m' });
    },
  });
  let objects: Shown[];
  let counts: Counts;

  before(async () => {
    const { world, operator } = scene;
    const written = 'edgetranscode_status_writes_total{result="written"}';
    await operator.process.ready(async () => {
      // A look at the objects is at a few megabytes, and the operator wants the processor too.
      await delay(500);
      if ((await operator.metric(written)) < OBJECTS) return false;
      objects = await world.list();
      return objects.every((each) => is(each, 'Ready', 'True'));
    }, 230_000);
    counts = await world.cloud.admin.counts();
  });

  it('are all observed by lists', () => {
    expect(objects).to.have.lengthOf(OBJECTS);
    expect(objects.filter(({ status }) => status.state === 'Running')).to.have.lengthOf(OBJECTS);
    for (const { spec, status } of objects.slice(0, 50)) expect(status.job?.jobID).to.equal(spec.jobID);
  });

  it(`take at most ${MOST_CALLS} calls`, () => {
    const { ListEdgeTranscodeJob: pages, ...others } = counts.byOperation;
    expect(pages?.OK).to.be.at.least(OBJECTS / 100);
    expect(counts.calls, JSON.stringify(others)).to.be.at.most(MOST_CALLS);
  });

  it('are counted by cluster, with the jobs that no object names', async () => {
    const { world, operator } = scene;
    await operator.process.stop();
    const lists = await world.operator({ name: 'lists', args: ['--observe-with=list'] });
    const cluster = objects[0]?.spec.clusterID;
    const own = objects.filter(({ spec }) => spec.clusterID === cluster).map(({ metadata }) => metadata.name);
    const [unwanted = '', ...others] = own;
    await remove(world, unwanted);
    // More of them than the list has pages: they share a sweep.
    const refreshed = others.slice(0, 20);
    await world.kubectl('annotate', 'edgetranscodejobs', ...refreshed, `${REQUESTED_AT_ANNOTATION}=now`);
    const jobs = (referenced: boolean) =>
      lists.metric(
        `edgetranscode_cluster_jobs{identity="default",cluster="${cluster}",referenced="${referenced}"}`,
      );
    await lists.process.ready(async () => (await jobs(true)) === JOBS_IN_EACH - 1);
    expect(await jobs(false)).to.equal(1);
  });
});
