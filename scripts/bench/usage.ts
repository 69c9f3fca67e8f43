// What a running operator has used so far. Linux tells it of the whole life of a process; elsewhere the operator's own
// /metrics do, which leave out the processor time before they were set up.

import { readFile } from 'node:fs/promises';
import type { Operator } from '../../test/world/operator.ts';

export type Usage = {
  readonly cpuSeconds: number;
  readonly residentMiB: number;
};

/** The unit of /proc/<pid>/stat: Linux shows it so whatever its own tick is. */
const TICKS_PER_SECOND = 100;

export async function usageOf(operator: Operator): Promise<Usage> {
  const residentMiB = (await operator.metric('process_resident_memory_bytes')) / 2 ** 20;
  const ticks = await ticksOf(operator.process.pid);
  if (ticks !== undefined) return { cpuSeconds: ticks / TICKS_PER_SECOND, residentMiB };
  return { cpuSeconds: await operator.metric('process_cpu_seconds_total'), residentMiB };
}

/** Undefined where there is no /proc. */
async function ticksOf(pid: number): Promise<number | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field is the program's name in parentheses, which may hold spaces; the 14th and 15th are the times.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields && Number(fields[11]) + Number(fields[12]);
}
