/**
 * What makes a status worth writing, as a short hash: everything but the heartbeat's time, the interval in force, which would have every
 * object written when it is stretched, and the dates of transitions, which follow from the rest.
 */
import { createHash } from 'node:crypto';
import type { EdgeTranscodeJobStatus } from '../api/edge-transcode-job.ts';

/** Independent of the order of keys: the API server returns them in an order of its own. */
export function fingerprintOf(status: EdgeTranscodeJobStatus): string {
  const { lastObservedTime: _heartbeat, effectiveInterval: _stretch, conditions = [], ...rest } = status;
  const undated = conditions.map(({ lastTransitionTime: _date, ...condition }) => sorted(condition));
  const meaning = JSON.stringify([sorted(rest), sorted(rest.job ?? {}), undated.sort()]);
  return createHash('sha1').update(meaning).digest('base64url').slice(0, 16);
}

function sorted(fields: object): string {
  const entries = Object.entries(fields).filter(([name, value]) => name !== 'job' && value !== undefined);
  return JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
