// CPU and memory that a running operator has used. Linux shows them without a call to the process. Elsewhere
// its /metrics do: they leave out the processor time before they were set up, and asking them takes time and
// memory of its own.

import { readdir, readFile } from 'node:fs/promises';
import type { Operator } from '../../test/world/operator.ts';

export type Usage = {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
  /** Voluntary context switches of all threads. NaN where there is no /proc. */
  readonly wakeUps: number;
};

/** The unit of /proc/<pid>/stat: Linux shows it so whatever its own tick is. */
const TICKS_PER_SECOND = 100;
const KIB_PER_MIB = 1_024;

export async function usageOf(operator: Operator): Promise<Usage> {
  return (await usageOfProcess(operator.process.pid)) ?? usageInMetrics(operator);
}

/** Undefined where there is no /proc. */
export async function usageOfProcess(pid: number): Promise<Usage | undefined> {
  const read = (name: string) => readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => undefined);
  const [stat, status] = [await read('stat'), await read('status')];
  if (stat === undefined || status === undefined) return undefined;
  // The second field is the program's name in parentheses, which may hold spaces; the 14th and 15th are the
  // times.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    residentMiB: Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / KIB_PER_MIB,
    wakeUps: await wakeUpsOf(pid),
  };
}

async function wakeUpsOf(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const counts = threads.map(async (thread) => {
    // A thread may have ended.
    const status = await readFile(`/proc/${pid}/task/${thread}/status`, 'utf8').catch(() => '');
    return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1] ?? 0);
  });
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

async function usageInMetrics(operator: Operator): Promise<Usage> {
  return {
    cpuSeconds: await operator.metric('process_cpu_seconds_total'),
    residentMiB: (await operator.metric('process_resident_memory_bytes')) / (KIB_PER_MIB * KIB_PER_MIB),
    wakeUps: Number.NaN,
  };
}
