/**
 * What makes a status worth writing, as a short hash: everything but the heartbeat's time, the interval in force, which would have every
 * object written when it is stretched, and the dates of transitions, which follow from the rest.
 */
import { hash } from 'node:crypto';
import type { HeldStatus } from '../../api/edge-transcode-job.ts';

/** Independent of the order of keys: the API server returns them in an order of its own. */
export function fingerprintOf(status: HeldStatus): string {
  const { lastObservedTime: _heartbeat, effectiveInterval: _stretch, conditions, job, ...rest } = status;
  const undated = [...(conditions ?? [])]
    .map((condition) => sorted(condition, 'lastTransitionTime'))
    .sort(ascending);
  const meaning = [sorted(rest), sorted(job ?? {}), ...undated].join('\n');
  // Of the bytes and not of the text: a piece of a text holds on to the whole.
  return hash('sha1', meaning, 'buffer').toString('base64url', 0, 12);
}

/** As text, name by name: each status is hashed at every poll, and this is three times as fast as sorting entries. */
function sorted(fields: object, except?: string): string {
  let text = '';
  for (const name of Object.keys(fields).sort(ascending)) {
    const value = fields[name as keyof typeof fields];
    if (name !== except && value !== undefined) text += `${name}:${JSON.stringify(value)},`;
  }
  return text;
}

function ascending(a: string, b: string): number {
  return a < b ? -1 : 1;
}
