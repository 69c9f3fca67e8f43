/**
 * Restores the facts of an object from the status that an earlier process wrote. The status decided from
 * these facts equals the stored one, so a restart writes nothing, and polls continue at the instants that
 * they would have had.
 */
import { findCondition } from '../../api/conditions.ts';
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { unixSeconds } from '../../base/clock.ts';
import { FAILURE_KINDS, type Failure, type FailureKind } from '../model/failures.ts';
import { policyOf } from '../model/policies.ts';
import { parseTarget, targetOf } from '../model/reference.ts';
import { showJob } from '../model/stream-url.ts';
import {
  firstPoll,
  freshnessWindow,
  longestSilence,
  type ScheduleSettings,
} from '../schedule/poll-schedule.ts';
import type { JobSettings } from '../schedule/settings.ts';
import { type Facts, isPending, pendingRequestOf, pollIntervalOf } from './facts.ts';

/**
 * @param now the clock's `now`
 * @param wallTime the wall clock at the same moment: the stored times were taken from it
 */
export function restoreFacts(
  object: EdgeTranscodeJob,
  now: number,
  wallTime: number,
  settings: JobSettings,
): Facts {
  const referenceHash = targetOf(object).hash;
  const stored = parseTarget(object.status.observedTarget);
  const facts: Facts = {
    uid: object.uid,
    // The stored facts are about the stored target. When the object means another one now, the next answer
    // shows the difference.
    ...(stored ?? { referenceHash }),
    ...restoreServed(object),
    ...(stored && restoreKnown(withJobShown(object, settings), now, wallTime)),
    countFrom: now,
    failures: 0,
    suspended: readyOf(object)?.reason === 'Suspended',
  };
  const known = facts.observed ?? facts.definitiveFailure;
  const neverServed = !known || facts.referenceHash !== referenceHash || isPending(object, facts);
  return {
    ...facts,
    ...restoreSchedule(object, referenceHash, facts, now, settings),
    ...(!neverServed && { attempted: pendingRequestOf(object) }),
  };
}

/** Applies the present `--stream-urls` to stored stream URLs at once instead of at the next poll. */
function withJobShown(object: EdgeTranscodeJob, { streamUrls }: JobSettings): EdgeTranscodeJob {
  const { job } = object.status;
  return job ? { ...object, status: { ...object.status, job: showJob(job, streamUrls) } } : object;
}

function readyOf(object: EdgeTranscodeJob) {
  return findCondition(object.status.conditions, 'Ready');
}

/**
 * Treats the generation of a status that was still reconciling as not served, whatever its
 * `observedGeneration` says.
 */
function restoreServed(object: EdgeTranscodeJob): Pick<Facts, 'servedGeneration' | 'servedRequest'> {
  const { observedGeneration = -1, lastHandledRequestedAt, conditions } = object.status;
  const pending = findCondition(conditions, 'Reconciling')?.status === 'True';
  return {
    servedGeneration: pending ? -1 : observedGeneration,
    ...(lastHandledRequestedAt !== undefined && { servedRequest: lastHandledRequestedAt }),
  };
}

function restoreKnown(
  object: EdgeTranscodeJob,
  now: number,
  wallTime: number,
): Pick<Facts, 'observed' | 'overdue' | 'definitiveFailure' | 'definitiveSince'> {
  const fresh = findCondition(object.status.conditions, 'Fresh');
  const definitiveFailure = restoreDefinitiveFailure(object);
  return {
    ...restoreObserved(object, now, wallTime, fresh?.status === 'Unknown'),
    ...(fresh?.status === 'False' && { overdue: fresh.message }),
    ...(definitiveFailure && { definitiveFailure }),
    ...(definitiveFailure && restoreSince(object, definitiveFailure, now, wallTime)),
  };
}

/** Restores the time of a failure that is still to be confirmed. All others count as old. */
function restoreSince(
  object: EdgeTranscodeJob,
  { kind }: Failure,
  now: number,
  wallTime: number,
): Pick<Facts, 'definitiveSince'> {
  const age = wallTime - Date.parse(readyOf(object)?.lastTransitionTime ?? '');
  return age >= 0 && age < policyOf(kind).confirmForMs ? { definitiveSince: now - age } : {};
}

/** Returns the definitive failure that the stored status shows. */
export function restoreDefinitiveFailure(object: EdgeTranscodeJob): Failure | undefined {
  const ready = readyOf(object);
  if (ready?.status !== 'False') return undefined;
  const kind = FAILURE_KINDS.find((known): known is FailureKind => known === ready.reason);
  return kind && policyOf(kind).definitive ? { kind, message: ready.message } : undefined;
}

function restoreObserved(
  object: EdgeTranscodeJob,
  now: number,
  wallTime: number,
  beforeSuspension: boolean,
): Pick<Facts, 'observed'> {
  const { lastObservedTime, job, state } = object.status;
  const at = Date.parse(lastObservedTime ?? '');
  if (Number.isNaN(at)) return {};
  return {
    observed: {
      found: state !== 'NotFound',
      ...(job && { job }),
      // A clock that ran ahead wrote a time in the future: the status must not look fresh until then.
      at: Math.min(now, at - wallTime + now),
      time: unixSeconds(new Date(at)),
      ...(beforeSuspension && { beforeSuspension }),
    },
  };
}

/**
 * Treats an observation as old only when it is older than heartbeats explain: the stored time is written at
 * heartbeats.
 */
function restoreSchedule(
  object: EdgeTranscodeJob,
  referenceHash: string,
  facts: Facts,
  now: number,
  settings: ScheduleSettings,
): Pick<Facts, 'countFrom' | 'nextPollAt'> {
  const { observed, definitiveFailure } = facts;
  const interval = pollIntervalOf(object, facts, settings);
  const age = observed && !observed.beforeSuspension ? now - observed.at : 0;
  const silence = longestSilence(interval);
  const spacing = Math.min(
    interval,
    definitiveFailure ? policyOf(definitiveFailure.kind).retryWithinMs : interval,
  );
  const scheduled = firstPoll(referenceHash, spacing, now);
  return {
    countFrom: age > silence + freshnessWindow(interval, settings) ? 0 : now,
    nextPollAt: age > silence + interval ? now : scheduled,
  };
}
