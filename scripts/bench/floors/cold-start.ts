// The floor of a cold start: starts, lists the objects, calls the vendor's SDK, writes each status over the
// operator's client, and ends. `node cold-start.ts get|list KUBECONFIG ENDPOINT KEY-ID SECRET STATUS OBJECTS`
// makes one call for each object (get), in the operator's bursts, or for each page of their clusters (list).
// Each object gets STATUS, which is JSON, with its own job in it. The first OBJECTS are written. Prints
// `{"firstWriteAt": …, "lastWriteAt": …, "cpuSeconds": …}`: ms since the Unix epoch, and processor time since
// the start of the process.

import { setTimeout as delay } from 'node:timers/promises';
import { objectKey } from '../../../src/base/object-key.ts';
import { type JobFields, mapJob } from '../../../src/cloud/client/map-response.ts';
import { KubeClient } from '../../../src/kube/client/kube-client.ts';
import { PooledKubeConfig } from '../../../src/kube/client/kube-config.ts';
import { pacing } from '../../../src/ratelimit/call-rate.ts';
import { caller, readList } from './cloud-calls.ts';

// The same numbers as the operator's.
const CALLS_PER_MINUTE = 6_000;
const WRITES_AT_ONCE = 16;
const OBJECTS_A_PAGE = 500;

interface Listed {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: { readonly clusterID: string; readonly jobID: string };
}

const [mode, kubeconfig = '', endpoint = '', keyID = '', secret = '', sample = '', count] =
  process.argv.slice(2);
const config = new PooledKubeConfig();
config.loadFromFile(kubeconfig);
const client = new KubeClient(config, 'cold-start');
const call = caller(endpoint, keyID, secret);
const status = JSON.parse(sample) as object;
const writes: (() => Promise<unknown>)[] = [];
const allWritten = Promise.withResolvers<void>();
let left = Number(count);
let underWay = 0;
let firstWriteAt = 0;

async function list(): Promise<Listed[]> {
  const objects: Listed[] = [];
  for (let next: string | undefined; ; ) {
    const page = await client.list(next, {}, OBJECTS_A_PAGE);
    objects.push(...(page.items as readonly Listed[]));
    if (page.next === undefined) return objects;
    next = page.next;
  }
}

async function getEach(objects: readonly Listed[]): Promise<void> {
  const { burst, minTimeMs } = pacing(CALLS_PER_MINUTE);
  for (let from = 0; from < objects.length; from += burst) {
    for (const object of objects.slice(from, from + burst)) void get(object);
    await delay(burst * minTimeMs);
  }
}

async function get(object: Listed): Promise<void> {
  const { clusterID: ClusterId, jobID: JobId } = object.spec;
  write(object, (await call('GetEdgeTranscodeJob', { ClusterId, JobId })).Job);
}

async function listClusters(objects: readonly Listed[]): Promise<void> {
  const byJob = new Map(objects.map((object) => [object.spec.jobID, object]));
  const clusters = new Set(objects.map(({ spec }) => spec.clusterID));
  const read = (cluster: string) => readList(call, cluster, (job) => write(byJob.get(job.JobId), job));
  await Promise.all(Array.from(clusters, read));
}

function write(object: Listed | undefined, job: JobFields): void {
  if (!object || left === 0) return;
  left -= 1;
  const { namespace, name } = object.metadata;
  const value = { ...status, job: mapJob(job) };
  writes.push(() => client.patchStatus(objectKey(namespace, name), [{ op: 'add', path: '/status', value }]));
  writeNext();
}

function writeNext(): void {
  if (underWay === WRITES_AT_ONCE) return;
  const next = writes.shift();
  if (!next) {
    if (left === 0 && underWay === 0) allWritten.resolve();
    return;
  }
  firstWriteAt ||= Date.now();
  underWay += 1;
  next().then(() => {
    underWay -= 1;
    writeNext();
  }, allWritten.reject);
}

const objects = await list();
await (mode === 'get' ? getEach(objects) : listClusters(objects));
await allWritten.promise;
const lastWriteAt = Date.now();
const { user, system } = process.cpuUsage();
console.log(JSON.stringify({ firstWriteAt, lastWriteAt, cpuSeconds: (user + system) / 1e6 }));
config.dropConnections();
