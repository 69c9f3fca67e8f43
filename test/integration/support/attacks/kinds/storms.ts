/** Attacks by changes, as fast as the API server takes them. */
import { setTimeout as delay } from 'node:timers/promises';
import { CLUSTER_ID } from '../../world.ts';
import type { Attack } from '../attack.ts';
import { storm } from '../tenant.ts';

const OBJECTS = 200;

/** Hundreds on a machine at rest, and 60 at a load of 19. Fewer would mean that nothing is attacked. */
const LEAST_CHANGES = 20;

export const REFRESH_STORM: Attack = {
  name: 'a storm of refresh requests',
  before: async ({ world, tenant }) => {
    const clusterIDs = ['refreshed-cluster'];
    const { jobs } = await world.cloud.admin.createJobs({ clusterIDs, count: OBJECTS, status: '1' });
    await tenant.create(
      jobs.map((ids, index) => ({ name: `job-${index}`, spec: { ...ids, interval: '1h' } })),
    );
  },
  during: async ({ tenant, signal }) => {
    const refreshes = storm(signal, (number) => tenant.refresh(`job-${number % OBJECTS}`, `token-${number}`));
    return () => refreshes;
  },
  // The operator starts.
  settlesMs: 5_000,
  counts: 'refresh requests',
  atLeast: LEAST_CHANGES,
};

export const RECREATION_STORM: Attack = {
  name: 'a storm of deletions and creations',
  during: async ({ tenant, signal }) => {
    const recreations = storm(signal, async (number) => {
      const name = `stormy-${number}`;
      await tenant.createOne({ name, spec: { clusterID: CLUSTER_ID, jobID: name, interval: '5s' } });
      await tenant.delete(name);
    });
    return () => recreations;
  },
  counts: 'objects created and deleted',
  atLeast: LEAST_CHANGES,
};

const FLAPPING_JOBS = 3_000;
const FLAP_EVERY_MS = 2_000;

export const STATUS_FLOOD: Attack = {
  name: '3,000 states that change with each poll',
  before: async ({ world, tenant }) => {
    const batch = { clusterIDs: ['flapping'], count: FLAPPING_JOBS, prefix: 'flapping', status: '1' };
    const { jobs } = await world.cloud.admin.createJobs(batch);
    await tenant.store(
      jobs.map((ids, index) => ({ name: `flap-${index}`, spec: { ...ids, interval: '5s' } })),
    );
  },
  during: async ({ world, signal }) => {
    const { admin } = world.cloud;
    const jobIDs = (await admin.jobs({ clusterID: 'flapping' })).map(({ jobID }) => jobID);
    let flaps = 0;
    const flapping = (async () => {
      for (; !signal.aborted; flaps += 1) {
        await (flaps % 2 === 0 ? admin.stopJobs({ jobIDs }) : admin.startJobs({ jobIDs }));
        await delay(FLAP_EVERY_MS);
      }
      await admin.removeJobs({ jobIDs });
    })();
    return async () => {
      await flapping;
      return flaps;
    };
  },
  // The first list of all objects takes a while.
  settlesMs: 10_000,
  counts: 'changes of all states',
  atLeast: 3,
};
