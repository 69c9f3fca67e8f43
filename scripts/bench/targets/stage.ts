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
export const JOBS = 10_000;

export async function createJobs({ admin }: SimulatedCloud): Promise<void> {
  await admin.createJobs({ ...JOB, clusterIDs: [CLUSTER_ID], prefix: jobPrefix(0), count: JOBS });
}

export interface Staged extends AsyncDisposable {
  readonly operator: Operator;
  readonly server: MadeUpApiServer;
  /** Time when the process was started, ms since the Unix epoch. */
  readonly startedAt: number;
}

export interface Scene {
  readonly name: string;
  readonly objects: number;
  readonly intervalSeconds: number;
  /** Leaves out the statuses: the objects are new. Default: they have statuses, as after a restart. */
  readonly areNew?: boolean;
  readonly args?: readonly string[];
}

/** Starts the operator on one scene. It shares the cloud with the other scenes, one after the other. */
export async function stage(processes: Processes, cloud: SimulatedCloud, scene: Scene): Promise<Staged> {
  const { name, objects, intervalSeconds, areNew = false, args = [] } = scene;
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
  const kubeconfig = join(processes.directory, `${name}.kubeconfig`);
  await writeFile(kubeconfig, server.kubeconfig);
  const startedAt = Date.now();
  const operator = await startOperator(processes, {
    kubeconfig,
    cloud,
    name,
    args: ['--leader-elect=false', '--calls-per-minute=6000', ...args],
  });
  const end = async () => {
    await operator.process.stop();
    await server[Symbol.asyncDispose]();
  };
  return { operator, server, startedAt, [Symbol.asyncDispose]: end };
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
