// An operator with little to do, elected as it is installed, and new objects that come to it. Beside it, on
// the same API server and cloud, the least that could do the same.

import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_ACCOUNT_ID } from '../../../simulator/seed.ts';
import type { Processes, StartedProcess } from '../../../test/world/processes/processes.ts';
import { type SimulatedCloud, startSimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import { usageOf, usageOfProcess } from '../usage.ts';
import { letNewcomersCome } from './newcomers.ts';
import { startFloor } from './programs.ts';
import { quantile, type Row } from './row.ts';
import { createJobs, type Staged, stage } from './stage.ts';

/** V8 compiles what runs at rest in the first minutes, on threads that wake up for it. */
const LEAST_AGE_MS = 120_000;
/**
 * 3 min: a full collection, which V8 makes 100 and 200 s after the one of the start, takes 0.04 s and falls
 * into one of these minutes.
 */
const MEASURED_MINUTES = 3;
const MINUTE_MS = 60_000;
const NEWCOMER_EVERY_MS = 150;

/** A second key of the same account, which separates its calls from the operator's. */
const BARE_KEY = { accessKeyID: 'LTAIbareoperator', accessKeySecret: 'made-up-secret-of-a-bare-operator' };

/** Both at rest, and a simulated cloud of their own: they age while other rows are measured. */
export interface Idle extends AsyncDisposable {
  readonly cloud: SimulatedCloud;
  readonly staged: Staged;
  readonly bare: StartedProcess;
}

export async function startIdle(processes: Processes): Promise<Idle> {
  const cloud = await startSimulatedCloud(processes);
  await createJobs(cloud);
  await cloud.admin.addKey({ ...BARE_KEY, accountID: DEFAULT_ACCOUNT_ID });
  const args = ['--leader-elect=true', '--lease-namespace=default'];
  const scene = { name: 'idle', objects: 100, intervalSeconds: 600, args };
  const staged = await stage(processes, cloud, scene);
  const access = [cloud.endpoint, BARE_KEY.accessKeyID, BARE_KEY.accessKeySecret];
  const bare = await startFloor(processes, 'bare-operator', [staged.kubeconfig, ...access]);
  await bare.printed(/watching/);
  const end = async () => {
    await bare.stop();
    await staged[Symbol.asyncDispose]();
    await cloud.process.stop();
  };
  return { cloud, staged, bare, [Symbol.asyncDispose]: end };
}

/** The rows, and the floor of the time from a new object to its call, ms. */
export async function measureIdle({ cloud, staged, bare }: Idle): Promise<[Row[], number]> {
  const { operator, server, startedAt } = staged;
  await delay(Math.max(0, startedAt + LEAST_AGE_MS - Date.now()));
  const soFar = async () => [await usageOf(operator), await usageOfProcess(bare.pid)] as const;
  const [before, bareBefore] = await soFar();
  await delay(MEASURED_MINUTES * MINUTE_MS);
  const [after, bareAfter] = await soFar();
  const aMinute = (value: 'cpuSeconds' | 'wakeUps') => ({
    measured: (after[value] - before[value]) / MEASURED_MINUTES,
    floor: ((bareAfter?.[value] ?? Number.NaN) - (bareBefore?.[value] ?? 0)) / MEASURED_MINUTES,
  });
  const wakeUps = aMinute('wakeUps');
  const waits = await letNewcomersCome(server, cloud, NEWCOMER_EVERY_MS);
  const floor = quantile(waits(BARE_KEY.accessKeyID), 0.99);
  const newcomers = quantile(waits(cloud.accessKey.accessKeyID), 0.99);
  const rows: Row[] = [
    {
      name: 'processor time a minute, 100 objects at 10 min',
      unit: 's',
      target: 0.1,
      ...aMinute('cpuSeconds'),
    },
    {
      name: 'wake-ups a second of all threads, the same',
      unit: '',
      target: 5,
      measured: (wakeUps.measured * 1_000) / MINUTE_MS,
      floor: (wakeUps.floor * 1_000) / MINUTE_MS,
    },
    { name: 'new object to first call, 99 of 100, idle', unit: 'ms', target: 20, measured: newcomers, floor },
  ];
  return [rows, floor];
}
