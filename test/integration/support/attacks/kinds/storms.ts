/** Attacks by changes, as fast as the API server takes them. */
import { CLUSTER_ID } from '../../world.ts';
import type { Attack } from '../attack.ts';
import { inParallel, names, numbers } from '../tenant.ts';

const OBJECTS = 200;

export const REFRESH_STORM: Attack = {
  name: 'a storm of refresh requests',
  during: async ({ world, tenant, signal }) => {
    const clusterIDs = ['refreshed-cluster'];
    const { jobs } = await world.cloud.admin.createJobs({ clusterIDs, count: OBJECTS, status: '1' });
    await tenant.create(
      jobs.map((ids, index) => ({ name: `job-${index}`, spec: { ...ids, interval: '1h' } })),
    );
    const storm = inParallel(numbers(), signal, (number) =>
      tenant.refresh(`job-${number % OBJECTS}`, `token-${number}`),
    );
    return () => storm;
  },
  counts: 'refresh requests',
  atLeast: 100,
};

export const RECREATION_STORM: Attack = {
  name: 'a storm of deletions and creations',
  during: async ({ tenant, signal }) => {
    const storm = inParallel(names('stormy', 1_000_000), signal, async (name) => {
      const spec = { clusterID: CLUSTER_ID, jobID: name, interval: '5s' };
      await tenant.createOne({ name, spec });
      await tenant.delete(name);
    });
    return () => storm;
  },
  counts: 'objects created and deleted',
  atLeast: 100,
};
