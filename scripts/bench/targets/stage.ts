// What the operator runs against while its cost is measured: the simulated cloud, and a fake API server with
// any number of objects, as after a restart or as new.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Operator, startOperator } from '../../../test/world/operator.ts';
import type { Processes } from '../../../test/world/processes/processes.ts';
import type { SimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import { MadeUpApiServer } from '../made-up-api-server.ts';
import { indexOf, JOB, jobPrefix, madeUpObject } from '../made-up-objects.ts';
import { type Usage, usageOf } from '../usage.ts';

export const CLUSTER_ID = '7f3e9c3b-4d18-395c-8106-ff21a6000000';

/** Jobs in the cloud, of which the objects of each measurement mean the first. */
export const JOBS = 11_000;

export async function createJobs({ admin }: SimulatedCloud): Promise<void> {
  await admin.createJobs({ ...JOB, clusterIDs: [CLUSTER_ID], prefix: jobPrefix(0), count: JOBS });
}

/** Jobs that are left for objects that come later: the numbers from here on. */
export const FIRST_NEWCOMER = 10_000;

export interface MadeUpScene {
  readonly name: string;
  readonly objects: number;
  readonly intervalSeconds: number;
  /** Leaves out the statuses: the objects are new. Default: they have statuses, as after a restart. */
  readonly areNew?: boolean;
}

export interface Scene extends MadeUpScene {
  /** Default: the whole quota. */
  readonly callsPerMinute?: number;
  readonly args?: readonly string[];
}

/** A fake API server, and the path of its kubeconfig. */
export interface Served extends AsyncDisposable {
  readonly server: MadeUpApiServer;
  readonly kubeconfig: string;
}

export interface Staged extends Served {
  readonly operator: Operator;
  /** Time when the process was started, ms since the Unix epoch. */
  readonly startedAt: number;
}

export async function serve(
  { directory }: Processes,
  cloud: SimulatedCloud,
  { name, objects, intervalSeconds, areNew = false }: MadeUpScene,
): Promise<Served> {
  const made = {
    intervalMs: intervalSeconds * 1_000,
    destination: { endpoint: cloud.endpoint, regionID: 'cn-shanghai' },
    clusterID: CLUSTER_ID,
    leftAt: Date.now(),
  };
  // Objects with even numbers are of the namespace that uses the operator's own credentials.
  const server = await new MadeUpApiServer({
    size: objects,
    object: (index) => ({ ...madeUpObject(made, 2 * index), ...(areNew && { status: {} }) }),
    indexOf: (objectName) => indexOf(objectName) / 2,
    secret: {},
  }).open();
  const kubeconfig = join(directory, `${name}.kubeconfig`);
  await writeFile(kubeconfig, server.kubeconfig);
  return { server, kubeconfig, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Starts the operator on one scene. It shares the cloud with the other scenes, one after the other. */
export async function stage(processes: Processes, cloud: SimulatedCloud, scene: Scene): Promise<Staged> {
  const { name, callsPerMinute = 6_000, args = [] } = scene;
  const served = await serve(processes, cloud, scene);
  await cloud.admin.resetCounts();
  const startedAt = Date.now();
  const operator = await startOperator(processes, {
    kubeconfig: served.kubeconfig,
    cloud,
    name,
    args: [`--calls-per-minute=${callsPerMinute}`, ...args],
  });
  const end = async () => {
    await operator.process.stop();
    await served[Symbol.asyncDispose]();
  };
  return { ...served, operator, startedAt, [Symbol.asyncDispose]: end };
}

/** What a stretch of time took. */
export interface Stretch extends Usage {
  readonly seconds: number;
  readonly calls: number;
}

export async function during(operator: Operator, cloud: SimulatedCloud, seconds: number): Promise<Stretch> {
  const so = async () => ({ ...(await usageOf(operator)), calls: (await cloud.admin.counts()).calls });
  const before = await so();
  await delay(seconds * 1_000);
  const after = await so();
  return {
    seconds,
    residentMiB: after.residentMiB,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    wakeUps: after.wakeUps - before.wakeUps,
    calls: after.calls - before.calls,
  };
}
