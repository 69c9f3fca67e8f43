// The costs that have a target, each beside the floor that the same machine shows in the same run: a bare
// Node.js, and the vendor's SDK alone. Nothing fails on them: times of a shared machine are no gate.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NODE_ENVIRONMENT, NODE_FLAGS } from '../../../test/world/operator.ts';
import { Processes } from '../../../test/world/processes/processes.ts';
import { type SimulatedCloud, startSimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import { jobPrefix } from '../made-up-objects.ts';
import { usageOf, usageOfProcess } from '../usage.ts';
import { CLUSTER_ID, createJobs, during, JOBS, type Scene, stage } from './stage.ts';

export interface Row {
  readonly name: string;
  readonly unit: string;
  /** The highest value that meets the target. */
  readonly target: number;
  readonly measured: number;
  /** What no program on Node.js and the SDK can be below. Undefined: not measured. */
  readonly floor?: number;
}

type Report = (line: string) => void;

const STARTS = 5;
const POLLED = 2_000;
const POLLS_PER_SECOND = POLLED / 60;
/** Calls of a burst at that rate on the operator's grid of half a second. */
const BURST = 16;

export async function measureTargets(report: Report): Promise<Row[]> {
  await using processes = new Processes(await mkdtemp(join(tmpdir(), 'operator-bench-')));
  const cloud = await startSimulatedCloud(processes, ['--quota=1000000']);
  await createJobs(cloud);
  const rows: Row[] = [];
  report(`starting the operator ${STARTS} times`);
  rows.push(...(await measureStarts(processes, cloud)));
  report(`${POLLED} new objects, then their polls by Get and those of the SDK alone`);
  rows.push(...(await measurePolls(processes, cloud)));
  report(`${JOBS} objects by lists, every 10 s`);
  rows.push(...(await measureLists(processes, cloud)));
  report('100 objects at 10 min');
  rows.push(...(await measureIdle(processes, cloud)));
  return rows;
}

async function measureStarts(processes: Processes, cloud: SimulatedCloud): Promise<Row[]> {
  const firsts: number[] = [];
  const bare: number[] = [];
  let resident = 0;
  for (let start = 0; start < STARTS; start += 1) {
    bare.push(await bareStart(cloud.endpoint));
    await cloud.admin.resetCounts();
    const scene = { name: `start-${start}`, objects: 1, intervalSeconds: 600, areNew: true };
    await using staged = await stage(processes, cloud, scene);
    firsts.push((await firstCall(cloud)) - staged.startedAt);
    resident = (await usageOf(staged.operator)).residentMiB;
  }
  return [
    {
      name: 'process start to first call',
      unit: 'ms',
      target: 450,
      measured: median(firsts),
      floor: median(bare),
    },
    {
      name: 'resident memory, 1 object',
      unit: 'MiB',
      target: 85,
      measured: resident,
      floor: await bareMemory(),
    },
  ];
}

/** The time of the first call for a job, ms since the Unix epoch. */
async function firstCall({ admin }: SimulatedCloud): Promise<number> {
  while ((await admin.counts()).calls === 0) await delay(2);
  return Date.now();
}

/** Starts a Node.js that makes one plain request. @returns the time until it has its answer, ms */
async function bareStart(endpoint: string): Promise<number> {
  const began = performance.now();
  await once(node(['-e', `require('node:http').get('${endpoint}', () => process.exit())`]), 'exit');
  return performance.now() - began;
}

/** Resident memory of a Node.js that has loaded the modules that the operator needs of it, MiB. */
async function bareMemory(): Promise<number> {
  const modules =
    "['http','https','http2','tls','crypto','zlib','dns','stream'].map((name) => require(name))";
  const child = node(['-e', `${modules}; require('tls').createSecureContext(); setInterval(() => {}, 1e6)`]);
  await delay(1_000);
  const usage = await usageOfProcess(child.pid ?? 0);
  child.kill();
  return usage?.residentMiB ?? Number.NaN;
}

async function measurePolls(processes: Processes, cloud: SimulatedCloud): Promise<Row[]> {
  const args = ['--observe-with=get'];
  const scene: Scene = { name: 'get', objects: POLLED, intervalSeconds: 60, areNew: true, args };
  await using staged = await stage(processes, cloud, scene);
  const { operator, server } = staged;
  while (server.patchedAt.length < POLLED) await delay(200);
  const cold = await usageOf(operator);
  // Each object is polled at its own instants now, and its status is stored.
  await delay(75_000);
  const steady = await during(operator, cloud, 45);
  const alone = await sdkAlone(cloud, 1);
  const bursts = await sdkAlone(cloud, BURST);
  const perPoll = (steady.cpuSeconds * 1_000) / steady.calls;
  return [
    {
      name: 'processor time of a cold start, per object',
      unit: 'ms',
      target: 1.2,
      measured: (cold.cpuSeconds * 1_000) / POLLED,
    },
    {
      name: 'processor time of a poll by Get; floor: the SDK in bursts',
      unit: 'ms',
      target: 1.12,
      measured: perPoll,
      floor: bursts,
    },
    {
      name: 'the same; floor: the SDK one by one',
      unit: 'ms',
      target: 1.12,
      measured: perPoll,
      floor: alone,
    },
    { name: 'resident memory, 2,000 objects', unit: 'MiB', target: 105, measured: steady.residentMiB },
  ];
}

/** Processor time of a call of the SDK alone, ms. */
async function sdkAlone({ endpoint, accessKey }: SimulatedCloud, burst: number): Promise<number> {
  const { accessKeyID, accessKeySecret } = accessKey;
  const program = join(import.meta.dirname, 'floor.ts');
  const what = [POLLS_PER_SECOND, burst, CLUSTER_ID, jobPrefix(0), JOBS].map(String);
  const child = node([program, endpoint, accessKeyID, accessKeySecret, ...what]);
  await delay(15_000);
  const before = await usageOfProcess(child.pid ?? 0);
  await delay(20_000);
  const after = await usageOfProcess(child.pid ?? 0);
  child.kill();
  const cpuSeconds = (after?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? 0);
  return (cpuSeconds * 1_000) / (20 * POLLS_PER_SECOND);
}

async function measureLists(processes: Processes, cloud: SimulatedCloud): Promise<Row[]> {
  const scene = { name: 'lists', objects: JOBS, intervalSeconds: 10 };
  await using staged = await stage(processes, cloud, scene);
  await delay(40_000);
  const { cpuSeconds, residentMiB } = await during(staged.operator, cloud, 60);
  const perJob = (cpuSeconds * 1_000) / (JOBS * 6);
  return [
    {
      name: 'processor time of a job by List, 10,000 objects at 10 s',
      unit: 'ms',
      target: 0.1,
      measured: perJob,
    },
    { name: 'resident memory, 10,000 objects by List', unit: 'MiB', target: 130, measured: residentMiB },
  ];
}

async function measureIdle(processes: Processes, cloud: SimulatedCloud): Promise<Row[]> {
  const scene = { name: 'idle', objects: 100, intervalSeconds: 600 };
  await using staged = await stage(processes, cloud, scene);
  await delay(20_000);
  const { cpuSeconds, wakeUps, seconds } = await during(staged.operator, cloud, 60);
  return [
    { name: 'processor time a minute, 100 objects at 10 min', unit: 's', target: 0.1, measured: cpuSeconds },
    { name: 'wake-ups a second of all threads, the same', unit: '', target: 5, measured: wakeUps / seconds },
  ];
}

function node(args: readonly string[]): ChildProcess {
  const env = { PATH: process.env.PATH, ...NODE_ENVIRONMENT, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' };
  return spawn(process.execPath, [...NODE_FLAGS, ...args], { env, stdio: 'ignore' });
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
