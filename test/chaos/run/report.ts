/** The lines that a run prints. */
import type { Invariants } from '../invariants/all.ts';
import type { Moment } from '../observer/moment.ts';
import { sentenceOf } from '../schedule/schedule.ts';
import type { RunResult } from './run.ts';

/** One line about a moment. */
export function countsOf(
  { objects, jobs, processes, mostPerMinute }: Moment,
  invariants: Invariants,
): string {
  const checks = invariants.all.reduce((sum, { checked }) => sum + checked, 0);
  const most = [...mostPerMinute.values()].join(' and ');
  return [
    `counts: ${objects?.length ?? 'unknown'} objects, ${jobs.size} jobs, ${processes.length} operators`,
    `most calls in 60 s ${most || 'none'}, ${checks} checks, ${invariants.violated} violations`,
  ].join(', ');
}

/** Whether every promise was kept. */
export function isKept({ invariants, wrongAtEnd }: RunResult): boolean {
  return invariants.violated === 0 && wrongAtEnd.length === 0;
}

/** The table of the invariants; for a failed run what was wrong, the last faults and how to replay it. */
export function resultOf(result: RunResult, replay: string): string {
  const { invariants, wrongAtEnd, lastFaults, logs } = result;
  const { most } = invariants.noLeak;
  const held = Object.entries(most).map(([resource, count]) => `${count} ${resource}`);
  const wrong = wrongAtEnd.map((sentence) => `WRONG AT THE END: ${sentence}`);
  const faults = lastFaults.map((fault) => `  ${sentenceOf(fault)}`);
  return [
    invariants.table(),
    `the most that an operator held: ${held.join(', ')}`,
    ...wrong,
    ...(isKept(result) ? [] : ['the last faults, the newest first:', ...faults, `logs: ${logs}`]),
    `replay: ${replay}`,
  ].join('\n');
}
