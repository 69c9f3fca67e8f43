/**
 * Facts of an object that this process has not seen before, from the status that an earlier one left: what is decided from
 * them is what is stored, so a restart writes nothing, and polls go on at the instants they would have had.
 */
import { findCondition } from '../../api/conditions.ts';
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { unixSeconds } from '../../base/clock.ts';
import { FAILURE_KINDS, type Failure, type FailureKind } from '../model/failures.ts';
import { policyOf } from '../model/policies.ts';
import { parseTarget, referenceHash, referenceOf } from '../model/reference.ts';
import { showJob } from '../model/stream-url.ts';
import {
  effectiveInterval,
  freshnessWindow,
  longestSilence,
  nextPoll,
  pollInterval,
  type ScheduleSettings,
} from '../schedule/poll-schedule.ts';
import type { JobSettings } from '../schedule/settings.ts';
import { type Facts, isPending, pendingRequestOf } from './facts.ts';

/**
 * @param now the clock's `now`
 * @param wallTime the wall clock at the same moment, as that is what the stored times were taken from
 */
export function restoreFacts(
  object: EdgeTranscodeJob,
  now: number,
  wallTime: number,
  settings: JobSettings,
): Facts {
  const reference = referenceHash(referenceOf(object));
  const stored = parseTarget(object.status.observedTarget);
  const facts: Facts = {
    uid: object.uid,
    // What is stored is about the stored target; should the object mean another one now, the next answer tells them apart.
    ...(stored ?? { reference }),
    ...restoreServed(object),
    ...(stored && restoreKnown(withJobShown(object, settings), now, wallTime)),
    countFrom: now,
    failures: 0,
    suspended: readyOf(object)?.reason === 'Suspended',
  };
  const known = facts.observed ?? facts.definitiveFailure;
  const unasked = !known || facts.reference !== reference || isPending(object, facts);
  return {
    ...facts,
    ...restoreSchedule(object, reference, facts, now, settings),
    ...(!unasked && { attempted: pendingRequestOf(object) }),
  };
}

/** Stream URLs that an operator with another `--stream-urls` left are shown by the present one's, not only after the next poll. */
function withJobShown(object: EdgeTranscodeJob, { streamUrls }: JobSettings): EdgeTranscodeJob {
  const { job } = object.status;
  return job ? { ...object, status: { ...object.status, job: showJob(job, streamUrls) } } : object;
}

function readyOf(object: EdgeTranscodeJob) {
  return findCondition(object.status.conditions, 'Ready');
}

/** A status that was still reconciling had its generation not served, whatever it says it observed. */
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
): Pick<Facts, 'observed' | 'overdue' | 'definitiveFailure'> {
  const fresh = findCondition(object.status.conditions, 'Fresh');
  const definitiveFailure = restoreDefinitiveFailure(object);
  return {
    ...restoreObserved(object, now, wallTime, fresh?.status === 'Unknown'),
    ...(fresh?.status === 'False' && { overdue: fresh.message }),
    ...(definitiveFailure && { definitiveFailure }),
  };
}

function restoreDefinitiveFailure(object: EdgeTranscodeJob): Failure | undefined {
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
  const at = lastObservedTime === undefined ? Number.NaN : Date.parse(lastObservedTime);
  if (lastObservedTime === undefined || Number.isNaN(at)) return {};
  return {
    observed: {
      found: state !== 'NotFound',
      ...(job && { job }),
      // A clock that ran ahead wrote a time to come: it must not make the status look fresh until then.
      at: Math.min(now, at - wallTime + now),
      time: unixSeconds(new Date(at)),
      ...(beforeSuspension && { beforeSuspension }),
    },
  };
}

/** The stored time is as coarse as heartbeats are, so it counts as old only when it is older than heartbeats explain. */
function restoreSchedule(
  object: EdgeTranscodeJob,
  reference: string,
  { observed, definitiveFailure }: Facts,
  now: number,
  settings: ScheduleSettings,
): Pick<Facts, 'countFrom' | 'nextPollAt'> {
  const interval = pollInterval(effectiveInterval(object.spec, settings), definitiveFailure);
  const age = observed && !observed.beforeSuspension ? now - observed.at : 0;
  const silence = longestSilence(interval);
  const pace = Math.min(
    interval,
    definitiveFailure ? policyOf(definitiveFailure.kind).retryWithinMs : interval,
  );
  const scheduled = nextPoll(reference, pace, now - pace / 2);
  return {
    countFrom: age > silence + freshnessWindow(interval, settings) ? 0 : now,
    nextPollAt: age > silence + interval ? now : scheduled,
  };
}
