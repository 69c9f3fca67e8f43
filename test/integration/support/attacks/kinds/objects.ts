/** Attacks by the number and size of objects. */
import { randomBytes } from 'node:crypto';
import { CLUSTER_ID } from '../../world.ts';
import type { Attack } from '../attack.ts';
import { type Described, type Meta, names } from '../tenant.ts';

const MADE_UP = 3_000;

/** References to jobs that are not there, as often as an object may want to be polled. */
export function madeUp(count: number): Described[] {
  return names('made-up', count).map((name, index) => ({
    name,
    spec: { clusterID: CLUSTER_ID, jobID: `made-up-job-${index}`, interval: '5s' },
  }));
}

export const MADE_UP_JOBS: Attack = {
  name: '3,000 made-up jobs at 5 s',
  before: ({ tenant }) => tenant.create(madeUp(MADE_UP)),
  during: async () => () => MADE_UP,
  // The intervals are planned every 10 s.
  settlesMs: 15_000,
  counts: 'objects',
  atLeast: MADE_UP,
};

/** Texts of the greatest length that an answer may have, and expensive to redact. */
const URLS = {
  streamInput: `rtmp://push.example.com/app/${'%3'.repeat(2_032)}`,
  streamOutput: `rtmp://play.example.com/app/${'a'.repeat(4_064)}`,
};
const ON_ONE_JOB = 1_000;

export const REDACTION_BOMB: Attack = {
  name: '1,000 objects on a job with hostile stream URLs',
  before: async ({ world, tenant }) => {
    const { clusterID, jobID } = await world.cloud.admin.createJob({
      clusterID: 'hostile-cluster',
      status: '1',
      ...URLS,
    });
    const spec = { clusterID, jobID, interval: '5s' };
    await tenant.create(names('hostile', ON_ONE_JOB).map((name) => ({ name, spec })));
  },
  during: async () => () => ON_ONE_JOB,
  counts: 'objects',
  atLeast: ON_ONE_JOB,
};

/** Just below etcd's limit of 1.5 MiB for a request. */
const LARGE = 1_140_000;
const LARGE_OBJECTS = 300;

/** The metadata of a large object, by the field that makes it large. The API server bounds annotations. */
const LARGE_META = {
  labels: () => ({
    labels: Object.fromEntries(names('x'.repeat(50), LARGE / 120).map((name) => [name, 'y'.repeat(60)])),
  }),
  owners: () => ({
    ownerReferences: [
      { apiVersion: 'v1', kind: 'ConfigMap', name: 'x'.repeat(LARGE), uid: randomBytes(8).toString('hex') },
    ],
  }),
  finalizers: () => ({ finalizers: names(`example.com/${'x'.repeat(50)}`, LARGE / 70) }),
} satisfies Record<string, () => Meta>;

export function largeObjects(by: keyof typeof LARGE_META, count: number): Described[] {
  const meta = LARGE_META[by]();
  const spec = { clusterID: CLUSTER_ID, jobID: 'large', interval: '1h' };
  return names('large', count).map((name) => ({ name, spec, meta }));
}

function manyLarge(by: keyof typeof LARGE_META): Attack {
  return {
    name: `300 objects of 1.1 MB, by ${by}`,
    before: ({ tenant }) => tenant.create(largeObjects(by, LARGE_OBJECTS)),
    during: async () => () => LARGE_OBJECTS,
    counts: 'objects',
    atLeast: LARGE_OBJECTS,
  };
}

export const LARGE_BY_LABELS = manyLarge('labels');
export const LARGE_BY_OWNERS = manyLarge('owners');
