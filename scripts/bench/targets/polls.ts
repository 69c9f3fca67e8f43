// 2,000 new objects, then their polls by Get at 60 s. What is compared runs beside the operator, against a
// simulated cloud of its own: a process that does the least of a cold start, then the vendor's SDK alone, and
// the operator as `make run` starts it.

import { setTimeout as delay } from 'node:timers/promises';
import type { Processes } from '../../../test/world/processes/processes.ts';
import { type SimulatedCloud, startSimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import { jobPrefix } from '../made-up-objects.ts';
import { usageOf } from '../usage.ts';
import {
  accessTo,
  coldStartBare,
  cpuSecondsDuring,
  residentMiBByMake,
  startByMake,
  startFloor,
} from './programs.ts';
import type { Row } from './row.ts';
import { CLUSTER_ID, createJobs, during, JOBS, serve, stage } from './stage.ts';

const POLLED = 2_000;
const POLLS_PER_SECOND = POLLED / 60;
const SETTINGS = { objects: POLLED, intervalSeconds: 60 };
const ARGS = ['--observe-with=get'];

/** Calls of a burst at that rate on the operator's grid of half a second. */
const BURST = 16;

/** Each object is polled at its own instants by then. */
const SETTLE_MS = 75_000;
const MEASURED_SECONDS = 45;

/** @param heldMiB memory of a process that has loaded the libraries and holds as many objects */
export async function measurePolls(
  processes: Processes,
  cloud: SimulatedCloud,
  heldMiB: (objects: number) => number,
): Promise<Row[]> {
  const aside = await startSimulatedCloud(processes, ['--quota=1000000']);
  await createJobs(aside);
  await using bare = await serve(processes, aside, { ...SETTINGS, name: 'cold-start', areNew: true });
  const { kubeconfig } = bare;
  const floor = coldStartBare(processes, { mode: 'get', kubeconfig, cloud: aside, objects: POLLED });

  const scene = { ...SETTINGS, name: 'get', areNew: true, args: ARGS };
  await using staged = await stage(processes, cloud, scene);
  const { operator, server } = staged;
  while (server.patched.size < POLLED) await delay(200);
  const cold = await usageOf(operator);
  const [writes, connections] = [server.patchedAt.length, server.connections];
  const { cpuSeconds: coldFloor } = await floor;

  await using served = await serve(processes, aside, { ...SETTINGS, name: 'make-run', areNew: true });
  const made = await startByMake(processes, { kubeconfig: served.kubeconfig, cloud: aside, args: ARGS });
  const alone = await startSdk(processes, aside, 1);
  const bursts = await startSdk(processes, aside, BURST);
  await delay(SETTLE_MS);
  let steady = await usageOf(operator).then((usage) => ({ ...usage, calls: 0 }));
  const measure = async () => {
    steady = await during(operator, cloud, MEASURED_SECONDS);
  };
  const perCall = (seconds: number) => (seconds * 1_000) / (MEASURED_SECONDS * POLLS_PER_SECOND);
  let burstsSeconds = Number.NaN;
  const aloneSeconds = await cpuSecondsDuring(alone, async () => {
    burstsSeconds = await cpuSecondsDuring(bursts, measure);
  });
  const residentByMake = await residentMiBByMake(made);
  for (const each of [alone, bursts, made]) await each.stop();

  const perPoll = (steady.cpuSeconds * 1_000) / steady.calls;
  return [
    {
      name: 'processor time of a cold start, per object; floor: start, list, call and write',
      unit: 'ms',
      target: 1.2,
      measured: (cold.cpuSeconds * 1_000) / POLLED,
      floor: (coldFloor * 1_000) / POLLED,
    },
    {
      name: 'status writes of that cold start, 2,000 objects',
      unit: 'writes',
      target: POLLED,
      measured: writes,
      floor: POLLED,
      isExact: true,
    },
    {
      name: 'connections to the API server for it',
      unit: '',
      target: 2,
      measured: connections,
      floor: 2,
      isExact: true,
    },
    {
      name: 'processor time of a poll by Get; floor: the SDK in bursts',
      unit: 'ms',
      target: 1.12,
      measured: perPoll,
      floor: perCall(burstsSeconds),
    },
    {
      name: 'the same; floor: the SDK one by one',
      unit: 'ms',
      target: 1.12,
      measured: perPoll,
      floor: perCall(aloneSeconds),
    },
    {
      name: 'resident memory, 2,000 objects',
      unit: 'MiB',
      target: 105,
      measured: steady.residentMiB,
      floor: heldMiB(POLLED),
    },
    {
      name: 'the same by `make run`',
      unit: 'MiB',
      target: 105,
      measured: residentByMake,
      floor: heldMiB(POLLED),
    },
  ];
}

function startSdk(processes: Processes, cloud: SimulatedCloud, burst: number) {
  const what = [POLLS_PER_SECOND, burst, CLUSTER_ID, jobPrefix(0), JOBS];
  return startFloor(processes, 'sdk', [...accessTo(cloud), ...what], `sdk-${burst}`);
}
