/**
 * The messages of conditions. None holds a request ID, a time, a counter or a URL: each such value would make
 * every poll a write.
 */
import type { ExpectedState, State } from '../../api/edge-transcode-job.ts';
import { formatDuration } from '../../base/duration.ts';
import type { Failure } from '../model/failures.ts';

export const SUSPENDED = 'observation is suspended by spec.suspend';
export const OBSERVED = 'the job was observed and the status is fresh';
export const WAITING = 'waiting for an observation';
export const NEVER_OBSERVED = 'the job has not been observed yet';
export const NOT_SINCE_RESUMED = 'the job has not been observed since it was resumed';
export const FRESH = 'the last observation is within the freshness window';
export const RUNNING = 'the job is in progress';
export const NOT_STARTED = 'the job is not started';
export const NO_SUCH_JOB = 'there is no such job';

export function unknownCode(code: string | undefined): string {
  if (code === undefined) return 'the cloud gave the job no status code';
  return `the cloud gave the job a status code that this operator does not know: ${JSON.stringify(code.slice(0, 32))}`;
}

export function asExpected(expected: ExpectedState): string {
  return `the job is ${expected}, as expected`;
}

export function differs(expected: ExpectedState, state: State): string {
  return `expected ${expected}, found ${state}`;
}

export function overdue(windowMs: number, cause: Failure | undefined): string {
  const head = `not observed for longer than the freshness window of ${formatDuration(windowMs)}`;
  return cause ? `${head}; the last attempt failed with ${cause.kind}: ${cause.message}` : head;
}

export function retrying(cause: Failure): string {
  return `retrying after ${cause.kind}: ${cause.message}`;
}
