// A great many objects, from the start of the operator as after a restart, and a few minutes of their polls.
// The cloud is the simulated one; the API server is made up, see there. Two accounts: one may not make as
// many calls as 100,000 objects need every 10 min.

import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Operator, startOperator } from '../../test/world/operator.ts';
import { Processes } from '../../test/world/processes/processes.ts';
import { type SimulatedCloud, startSimulatedCloud } from '../../test/world/simulated-cloud.ts';
import { MadeUpApiServer } from './made-up-api-server.ts';
import { indexOf, JOB, jobPrefix, type MadeUp, madeUpObject } from './made-up-objects.ts';
import { usageOf } from './usage.ts';

export type Many = {
  readonly objects: number;
  readonly intervalSeconds: number;
  /** Time from the start of the process to the last page of the list. */
  readonly secondsToListed: number;
  readonly cpuSecondsToListed: number;
  /** The minutes after the last page. */
  readonly minutes: readonly Minute[];
  /** Resident memory: the highest value, and the value at the end. */
  readonly residentMiB: { readonly most: number; readonly end: number };
  /** Resident memory of an operator without objects. */
  readonly emptyMiB: number;
  readonly scrapeMilliseconds: number;
};

export type Minute = {
  readonly calls: number;
  readonly statusWrites: number;
  readonly cpuSeconds: number;
  readonly residentMiB: number;
};

const INTERVAL_MS = 10 * 60_000;
const MINUTE_MS = 60_000;

/** Half a minute on an idle machine. The made-up API server shares the machine. */
const LISTED_WITHIN_MS = 300_000;

/** The whole quota of each of the two accounts. */
const CALLS_PER_MINUTE = 6_000;

const CLUSTER_ID = '7f3e9c3b-4d18-395c-8106-ff21a6000000';
const SECOND = {
  accountID: '1000000000000002',
  accessKeyID: 'LTAI5tSecondAccount',
  accessKeySecret: 'made-up-secret-of-the-second-account',
};

export async function measureMany(objects: number, minutes: number): Promise<Many> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'operator-bench-'));
  await using processes = new Processes(folder.path);
  const cloud = await startSimulatedCloud(processes);
  const emptyMiB = await measureEmpty(processes, cloud);
  await createJobs(cloud, objects);
  const made: MadeUp = {
    intervalMs: INTERVAL_MS,
    destination: { endpoint: cloud.endpoint, regionID: 'cn-shanghai' },
    clusterID: CLUSTER_ID,
    leftAt: Date.now(),
  };
  await using server = await serve(objects, made);
  const startedAt = Date.now();
  const operator = await startOn(processes, cloud, server, 'operator');
  const secondsToListed = (Date.now() - startedAt) / 1_000;
  const atList = await usageOf(operator);
  const measured: Minute[] = [];
  for (let minute = 0; minute < minutes; minute += 1) measured.push(await oneMinute(operator, cloud, server));
  const began = performance.now();
  await operator.metrics();
  const scrapeMilliseconds = performance.now() - began;
  return {
    objects,
    intervalSeconds: INTERVAL_MS / 1_000,
    secondsToListed,
    cpuSecondsToListed: atList.cpuSeconds,
    minutes: measured,
    residentMiB: {
      most: Math.max(atList.residentMiB, ...measured.map(({ residentMiB }) => residentMiB)),
      end: measured.at(-1)?.residentMiB ?? atList.residentMiB,
    },
    emptyMiB,
    scrapeMilliseconds,
  };
}

async function measureEmpty(processes: Processes, cloud: SimulatedCloud): Promise<number> {
  await using server = await serve(0, undefined);
  await using operator = await startOn(processes, cloud, server, 'empty-operator');
  return (await usageOf(operator)).residentMiB;
}

async function serve(objects: number, made: MadeUp | undefined): Promise<MadeUpApiServer> {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const { accessKeyID, accessKeySecret } = SECOND;
  return new MadeUpApiServer({
    size: objects,
    object: (index) => madeUpObject(made as MadeUp, index),
    indexOf,
    secret: { accessKeyID: base64(accessKeyID), accessKeySecret: base64(accessKeySecret) },
  }).open();
}

async function startOn(
  processes: Processes,
  cloud: SimulatedCloud,
  server: MadeUpApiServer,
  name: string,
): Promise<Operator> {
  const kubeconfig = join(processes.directory, `${name}.kubeconfig`);
  await writeFile(kubeconfig, server.kubeconfig);
  const args = [`--calls-per-minute=${CALLS_PER_MINUTE}`];
  const operator = await startOperator(processes, { kubeconfig, cloud, name, args, untilReady: false });
  await operator.process.ready(() => operator.isReady().catch(() => false), LISTED_WITHIN_MS);
  return operator;
}

async function createJobs({ admin }: SimulatedCloud, objects: number): Promise<void> {
  const { accountID } = SECOND;
  await admin.createAccount({ accountID });
  await admin.addKey(SECOND);
  const [own, second] = [Math.ceil(objects / 2), Math.floor(objects / 2)];
  const jobs = { ...JOB, clusterIDs: [CLUSTER_ID] };
  await admin.createJobs({ ...jobs, prefix: jobPrefix(0), count: own });
  if (second > 0) await admin.createJobs({ ...jobs, accountID, prefix: jobPrefix(1), count: second });
}

async function oneMinute(
  operator: Operator,
  { admin }: SimulatedCloud,
  server: MadeUpApiServer,
): Promise<Minute> {
  const so = async () => ({
    calls: (await admin.counts()).calls,
    writes: server.patchedAt.length,
    cpu: (await usageOf(operator)).cpuSeconds,
  });
  const before = await so();
  await delay(MINUTE_MS);
  const after = await so();
  return {
    calls: after.calls - before.calls,
    statusWrites: after.writes - before.writes,
    cpuSeconds: after.cpu - before.cpu,
    residentMiB: (await usageOf(operator)).residentMiB,
  };
}
