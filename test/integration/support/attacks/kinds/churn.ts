/** Attacks by changes of what objects refer to. */
import { SHARD_LABEL } from '../../../../../src/api/edge-transcode-job.ts';
import type { Attack, Running } from '../attack.ts';
import { type Described, names, storm } from '../tenant.ts';
import { largeObjects } from './objects.ts';

const OBJECTS = 200;

/** Objects on running jobs of the operator's own account. */
async function objectsOnJobs({ world, tenant }: Pick<Running, 'world' | 'tenant'>, count: number) {
  const { jobs } = await world.cloud.admin.createJobs({ clusterIDs: ['churned'], count, status: '1' });
  const objects = jobs.map(
    (ids, index): Described => ({
      name: `job-${index}`,
      spec: { ...ids, interval: '1h' },
    }),
  );
  await tenant.create(objects);
}

/** Changes objects as fast as the API server takes it. */
function churning(name: string, change: (number: number) => object): Attack {
  return {
    name,
    during: async (running) => {
      const { tenant, signal } = running;
      await objectsOnJobs(running, OBJECTS);
      const changes = storm(signal, (number) => tenant.patch(`job-${number % OBJECTS}`, change(number)));
      return () => changes;
    },
    counts: 'changes',
    atLeast: 100,
  };
}

export const GENERATIONS = churning('a storm of new generations', (number) => ({
  spec: { interval: `${10 + (Math.floor(number / OBJECTS) % 50)}m` },
}));

export const CREDENTIALS = churning('a storm of new credentialsRefs', (number) => ({
  spec: { credentialsRef: { name: `gone-${number}` } },
}));

export const SHARDS = churning('a storm of shard labels that come and go', (number) => ({
  metadata: { labels: { [SHARD_LABEL]: Math.floor(number / OBJECTS) % 2 === 0 ? 'other' : null } },
}));

const LARGE = 4;

export const LARGE_CHANGES: Attack = {
  name: 'changes of objects of 1.1 MB',
  during: async ({ tenant, signal }) => {
    await tenant.create(largeObjects(LARGE));
    const changes = storm(signal, (number) =>
      tenant.patch(`large-${number % LARGE}`, { metadata: { labels: { change: `${number}` } } }),
    );
    return () => changes;
  },
  counts: 'changes',
  atLeast: 10,
};

const MISSING = 3_000;

export const MISSING_SECRETS: Attack = {
  name: '3,000 objects, each with a Secret that is not there',
  before: ({ tenant }) =>
    tenant.store(
      names('secretless', MISSING).map((name, index) => ({
        name,
        spec: {
          clusterID: 'secretless',
          jobID: `job-${index}`,
          interval: '5s',
          credentialsRef: { name: `gone-${index}` },
        },
      })),
    ),
  during: async () => () => MISSING,
  counts: 'objects',
  atLeast: MISSING,
};

const ROLES = 100;

export const ROLES_OF_NONE: Attack = {
  name: '100 Secrets, each with a role that is not there',
  during: async ({ world, tenant }) => {
    const before = (await world.cloud.admin.counts({ service: 'sts' })).calls;
    const endpoints = names('unused', ROLES).map(() => world.cloud.endpoint);
    const roleARN = (index: number) => `acs:ram::1000000000000001:role/none-${index}`;
    const secrets = await tenant.createSecrets(endpoints, (index) => ({ roleARN: roleARN(index) }));
    await tenant.create(
      secrets.map((name, index) => ({
        name,
        spec: { clusterID: 'roles', jobID: `job-${index}`, interval: '5s', credentialsRef: { name } },
      })),
    );
    return async () => (await world.cloud.admin.counts({ service: 'sts' })).calls - before;
  },
  counts: 'calls of STS',
  atLeast: 20,
};
