/**
 * Decides what a visit does, before any call. Pure.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { Priority } from '../model/cloud-port.ts';
import { obstacleOf } from '../model/polled.ts';
import { type Facts, isNewRequest } from '../status/facts.ts';

export type Plan =
  | { readonly kind: 'suspended' }
  | { readonly kind: 'refuse'; readonly why: string }
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'ask'; readonly priority: Priority; readonly deadline: number };

/**
 * Shortest time between two urgent calls for one object. 5 s: a loop that sets annotations must not spend the
 * account's quota.
 */
export const URGENT_SPACING_MS = 5_000;

export function planVisit(object: EdgeTranscodeJob, facts: Facts, now: number): Plan {
  const obstacle = obstacleOf(object);
  if (obstacle === 'suspended') return { kind: 'suspended' };
  if (obstacle === 'invalid') return { kind: 'refuse', why: object.invalid ?? '' };
  if (isNewRequest(object, facts)) return askNow(facts, now);
  const due = facts.nextPollAt ?? now;
  if (now < due) return { kind: 'wait', until: due };
  return { kind: 'ask', priority: facts.failures > 0 ? 'retry' : 'scheduled', deadline: due };
}

/** Plans the call for a new, changed or resumed object, or for a requested refresh. */
function askNow(facts: Facts, now: number): Plan {
  const earliest = (facts.lastUrgentCallAt ?? Number.NEGATIVE_INFINITY) + URGENT_SPACING_MS;
  return now < earliest
    ? { kind: 'wait', until: earliest }
    : { kind: 'ask', priority: 'urgent', deadline: now };
}
