// From the start of the process to the first call, and its memory with one object.

import { setTimeout as delay } from 'node:timers/promises';
import type { Processes } from '../../../test/world/processes/processes.ts';
import type { SimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import { usageOf, usageOfProcess } from '../usage.ts';
import { bundled, startNode } from './programs.ts';
import { median, type Row } from './row.ts';
import { stage } from './stage.ts';

const STARTS = 5;

/** @param librariesMiB what a process takes that has loaded the libraries */
export async function measureStarts(
  processes: Processes,
  cloud: SimulatedCloud,
  librariesMiB: number,
): Promise<Row[]> {
  const firsts: number[] = [];
  const bare: number[] = [];
  const resident: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    bare.push(await bareStart(processes, cloud.endpoint));
    const scene = { name: `start-${start}`, objects: 1, intervalSeconds: 600, areNew: true };
    await using staged = await stage(processes, cloud, scene);
    const { calls } = await cloud.admin.awaitCalls({ count: 1 });
    firsts.push((calls[0]?.time ?? Number.NaN) - staged.startedAt);
    await delay(1_000);
    resident.push((await usageOf(staged.operator)).residentMiB);
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
      measured: median(resident),
      floor: librariesMiB,
    },
  ];
}

/** Starts a Node.js that makes one plain request. @returns the time until it has ended, ms */
async function bareStart(processes: Processes, endpoint: string): Promise<number> {
  const began = performance.now();
  const script = `require('node:http').get('${endpoint}', () => process.exit())`;
  await (await startNode(processes, 'bare-start', ['-e', script])).exited;
  return performance.now() - began;
}

/** Imports the whole program and runs nothing of it; the API server and the cloud are called by TLS. */
const LOADED = `
  import { createSecureContext } from 'node:tls';
  import { App } from './src/app.ts';
  globalThis.kept = [App, createSecureContext()];
  setInterval(() => undefined, 2 ** 30);
  console.log('loaded');
`;

/** Resident memory of a process that has loaded the operator and its libraries, and does nothing, MiB. */
export async function measureLibraries(processes: Processes): Promise<number> {
  const stdin = { contents: LOADED, resolveDir: '.', loader: 'ts' as const };
  const program = await bundled(processes, 'libraries', { stdin });
  const loaded = await startNode(processes, 'libraries', [program]);
  await loaded.printed(/loaded/);
  await delay(1_000);
  const usage = await usageOfProcess(loaded.pid);
  await loaded.stop();
  return usage?.residentMiB ?? Number.NaN;
}
