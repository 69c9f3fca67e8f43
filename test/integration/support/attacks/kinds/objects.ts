/** Attacks by the number and size of objects. */
import { randomUUID } from 'node:crypto';
import { CLUSTER_ID } from '../../world.ts';
import type { Attack } from '../attack.ts';
import { type Described, names } from '../tenant.ts';

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
  before: ({ tenant }) => tenant.store(madeUp(MADE_UP)),
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
    await tenant.store(names('hostile', ON_ONE_JOB).map((name) => ({ name, spec })));
  },
  during: async () => () => ON_ONE_JOB,
  counts: 'objects',
  atLeast: ON_ONE_JOB,
};

/** Just below etcd's limit of 1.5 MiB for a request. */
const LARGE = 1_140_000;
const LARGE_OBJECTS = 300;

/** Objects with a megabyte in one owner reference, whose name the API server does not bound. */
export function largeObjects(count: number): Described[] {
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x'.repeat(LARGE), uid: randomUUID() };
  const spec = { clusterID: CLUSTER_ID, jobID: 'large', interval: '1h' };
  return names('large', count).map((name) => ({ name, spec, meta: { ownerReferences: [owner] } }));
}

export const LARGE_LIST: Attack = {
  name: '300 objects of 1.1 MB',
  before: ({ tenant }) => tenant.store(largeObjects(LARGE_OBJECTS)),
  during: async () => () => LARGE_OBJECTS,
  // The API server itself is slow to read so much.
  settlesMs: 20_000,
  counts: 'objects',
  atLeast: LARGE_OBJECTS,
};
