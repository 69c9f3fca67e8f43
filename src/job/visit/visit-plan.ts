/**
 * Decides what a visit does, before any call. Pure.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { Priority } from '../model/cloud-port.ts';
import { obstacleOf } from '../model/polled.ts';
import type { SettingsOf } from '../schedule/settings.ts';
import { type Facts, isNewRequest, pollIntervalOf } from '../status/facts.ts';

export type VisitPlan =
  | { readonly kind: 'suspended' }
  | { readonly kind: 'refuse'; readonly why: string }
  | { readonly kind: 'wait'; readonly until: number }
  | { readonly kind: 'ask'; readonly priority: Priority; readonly deadline: number };

/**
 * Shortest time between two urgent calls for one object. 5 s: a loop that sets annotations must not spend the
 * account's quota.
 */
export const URGENT_SPACING_MS = 5_000;

export function planVisit(
  object: EdgeTranscodeJob,
  facts: Facts,
  now: number,
  settingsOf: SettingsOf,
): VisitPlan {
  const obstacle = obstacleOf(object);
  if (obstacle === 'suspended') return { kind: 'suspended' };
  if (obstacle === 'invalid') return { kind: 'refuse', why: object.invalid ?? '' };
  if (isNewRequest(object, facts)) return askNow(facts, now);
  const due = facts.nextPollAt ?? now;
  if (now < due) return { kind: 'wait', until: due };
  if (facts.failures > 0) return { kind: 'ask', priority: 'retry', deadline: due };
  return { kind: 'ask', priority: 'scheduled', deadline: deadlineOf(object, facts, due, settingsOf) };
}

/**
 * Returns from when a scheduled poll counts as late: from its instant on. The poll after an urgent call may
 * come half an interval after it, to bring the object to its own instants, and counts as late a whole
 * interval after it. Otherwise objects would be polled again while new ones of a long cold start wait.
 */
function deadlineOf(object: EdgeTranscodeJob, facts: Facts, due: number, settingsOf: SettingsOf): number {
  const { lastCallAt, lastUrgentCallAt } = facts;
  if (lastCallAt === undefined || lastCallAt !== lastUrgentCallAt) return due;
  return Math.max(due, lastCallAt + pollIntervalOf(object, facts, settingsOf(object)));
}

/** Plans the call for a new, changed or resumed object, or for a requested refresh. */
function askNow(facts: Facts, now: number): VisitPlan {
  const earliest = (facts.lastUrgentCallAt ?? Number.NEGATIVE_INFINITY) + URGENT_SPACING_MS;
  return now < earliest
    ? { kind: 'wait', until: earliest }
    : { kind: 'ask', priority: 'urgent', deadline: now };
}
