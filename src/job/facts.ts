/**
 * What the operator knows of one object beyond the object itself. Facts change only by answers and by time; the status is
 * computed from them (`decide.ts`), never the other way round, but for the first visit after a start, which restores them.
 */
import { findCondition } from '../api/conditions.ts';
import type { EdgeTranscodeJob, JobDetails } from '../api/edge-transcode-job.ts';
import { overdue } from './messages.ts';
import { policyOf } from './policies.ts';
import { type Answer, FAILURE_KINDS, type Failure, type FailureKind } from './ports.ts';
import {
  freshnessWindow,
  heartbeatPeriod,
  intervalInForce,
  nextPoll,
  pollInterval,
  type ScheduleSettings,
} from './schedule.ts';
import { endpointHash, referenceHash, referenceOf } from './target.ts';

/** The last thing we learned of the job. */
export interface Observed {
  /** False: the cloud said that there is no such job. */
  readonly found: boolean;
  /** The job as it was when last found. */
  readonly job?: JobDetails;
  /** Clock `now` when the call was sent. */
  readonly askedAt: number;
  /** Clock `now` when the answer came. */
  readonly at: number;
  /** The same, RFC 3339, for people. */
  readonly time: string;
}

export interface Facts {
  readonly uid: string;
  /** Hashes of what the facts below are about; the endpoint's is unknown until a call was sent. */
  readonly reference: string;
  readonly endpoint?: string;
  /** The last generation that got a good or definitive answer. */
  readonly servedGeneration: number;
  /** The refresh annotation's value that last got one. */
  readonly servedRequest?: string;
  readonly observed?: Observed;
  /** Age counts from no earlier than this: the start of the process, or the end of a suspension. */
  readonly countFrom: number;
  /** Set once the observation got too old, to the message that says so; only an observation unsets it. */
  readonly overdue?: string;
  /** The definitive answer in force. */
  readonly verdict?: Failure;
  /** The transient failure since the last good or definitive answer, and how many in a row. */
  readonly trouble?: Failure;
  readonly failures: number;
  readonly suspended: boolean;
  readonly lastAskedAt?: number;
  /** What the last call was to serve (`wanted`), so that a new wish is told from one that failed. */
  readonly attempted?: string;
  /** When to poll next by the schedule; undefined before the first call. */
  readonly nextPollAt?: number;
}

/** An observation of something: `JobNotFound` counts, as we know then. */
type Learned = Extract<Answer, { kind: 'observed' | 'failed' }>;

/** Facts of an object never seen before by this process, from the status an earlier one left. */
export function restoreFacts(
  object: EdgeTranscodeJob,
  now: number,
  wallTime: number,
  settings: ScheduleSettings,
): Facts {
  const reference = referenceHash(referenceOf(object));
  const [storedReference, endpoint] = object.status.observedTarget?.split('-') ?? [];
  const blank: Facts = {
    uid: object.uid,
    reference,
    servedGeneration: -1,
    countFrom: now,
    failures: 0,
    suspended: false,
  };
  if (storedReference !== reference) return { ...blank, ...restoreServed(object) };
  const verdict = object.spec.suspend ? undefined : restoreVerdict(object);
  const interval = pollInterval(intervalInForce(object.spec, settings), verdict);
  const facts: Facts = {
    ...blank,
    attempted: wanted(object),
    ...(endpoint && { endpoint }),
    ...restoreServed(object),
    ...(verdict && { verdict }),
    ...restoreObserved(object, now, wallTime),
    ...restoreOverdue(object),
  };
  if (isPending(object, facts) || !(facts.observed || verdict)) return { ...facts, attempted: '' };
  const age = facts.observed ? now - facts.observed.at : 0;
  const heartbeat = heartbeatPeriod(interval);
  return {
    ...facts,
    // The stored time is as coarse as the heartbeat, so it counts as old only when it is older than that explains.
    countFrom: age > heartbeat + freshnessWindow(interval, settings) ? 0 : now,
    nextPollAt: age > heartbeat + interval ? now : nextPoll(reference, interval, now - interval / 2),
  };
}

/** What an object asks for that a schedule would not bring by itself: its generation, and its refresh. */
export function wanted(object: Pick<EdgeTranscodeJob, 'generation' | 'requestedAt'>): string {
  return `${object.generation} ${object.requestedAt ?? ''}`;
}

/** The spec changed, or a refresh was requested, and no good or definitive answer has come since. */
export function isPending(object: EdgeTranscodeJob, facts: Facts): boolean {
  const requested = object.requestedAt !== undefined && object.requestedAt !== facts.servedRequest;
  return requested || facts.servedGeneration !== object.generation;
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

function restoreVerdict(object: EdgeTranscodeJob): Failure | undefined {
  const ready = findCondition(object.status.conditions, 'Ready');
  if (ready?.status !== 'False') return undefined;
  const kind = FAILURE_KINDS.find((known): known is FailureKind => known === ready.reason);
  return kind && policyOf(kind).definitive ? { kind, message: ready.message } : undefined;
}

function restoreObserved(object: EdgeTranscodeJob, now: number, wallTime: number): Pick<Facts, 'observed'> {
  const { lastObservedTime, job, state } = object.status;
  const at = lastObservedTime === undefined ? Number.NaN : Date.parse(lastObservedTime);
  if (lastObservedTime === undefined || Number.isNaN(at)) return {};
  const onOurScale = at - wallTime + now;
  return {
    observed: {
      found: state !== 'NotFound',
      ...(job && { job }),
      askedAt: onOurScale,
      at: onOurScale,
      time: lastObservedTime,
    },
  };
}

function restoreOverdue(object: EdgeTranscodeJob): Pick<Facts, 'overdue'> {
  const fresh = findCondition(object.status.conditions, 'Fresh');
  return fresh?.status === 'False' ? { overdue: fresh.message } : {};
}

/**
 * What an answer changes. Answers about another target than `object`'s present one are for the caller to drop.
 *
 * @param requestedAt the refresh annotation when the call was wanted: a later one is not served by it
 */
export function absorb(
  facts: Facts,
  object: EdgeTranscodeJob,
  requestedAt: string | undefined,
  answer: Learned,
  at: { readonly now: number; readonly time: string },
): Facts {
  const base = forTarget(facts, object, answer);
  if (base.observed && answer.askedAt < base.observed.askedAt) return facts;
  const asked = {
    ...base,
    lastAskedAt: answer.askedAt,
    attempted: wanted({ generation: object.generation, ...(requestedAt !== undefined && { requestedAt }) }),
  };
  if (answer.kind === 'failed' && !policyOf(answer.failure.kind).definitive)
    return { ...asked, trouble: answer.failure, failures: facts.failures + 1 };
  const { trouble: _trouble, verdict: _verdict, ...served } = asked;
  return {
    ...withObservation(served, answer, at),
    ...(answer.kind === 'failed' && { verdict: answer.failure }),
    ...(requestedAt !== undefined && { servedRequest: requestedAt }),
    servedGeneration: object.generation,
    failures: 0,
  };
}

function withObservation(facts: Facts, answer: Learned, { now, time }: { now: number; time: string }): Facts {
  if (answer.kind === 'failed' && !policyOf(answer.failure.kind).observation) return facts;
  const { overdue: _overdue, ...fresh } = facts;
  const found = answer.kind === 'observed';
  const job = found ? answer.job : facts.observed?.job;
  return { ...fresh, observed: { found, ...(job && { job }), askedAt: answer.askedAt, at: now, time } };
}

/** Facts about this very target: when region, endpoint or credential changed, what was known of the old one is forgotten. */
function forTarget(facts: Facts, object: EdgeTranscodeJob, answer: Learned): Facts {
  const reference = referenceHash(referenceOf(object));
  const endpoint = answer.asked ? endpointHash(answer.asked) : facts.endpoint;
  const same = facts.reference === reference && (facts.endpoint ?? endpoint) === endpoint;
  if (same) return { ...facts, ...(endpoint && { endpoint }) };
  return {
    uid: facts.uid,
    reference,
    ...(answer.asked && { endpoint: endpointHash(answer.asked) }),
    servedGeneration: facts.servedGeneration,
    ...(facts.servedRequest !== undefined && { servedRequest: facts.servedRequest }),
    countFrom: facts.countFrom,
    failures: 0,
    suspended: false,
  };
}

/** From when on the observation is too old (clock `now`); undefined while there is none that could become so. */
export function overdueAt(
  facts: Facts,
  object: EdgeTranscodeJob,
  settings: ScheduleSettings,
): number | undefined {
  if (!facts.observed || facts.overdue !== undefined || facts.suspended) return undefined;
  const window = windowOf(facts, object, settings);
  return Math.max(facts.observed.at, facts.countFrom) + window;
}

/** Facts as of `now`: an observation that has become too old is marked so, with the cause as it is known at that moment. */
export function settle(
  facts: Facts,
  object: EdgeTranscodeJob,
  settings: ScheduleSettings,
  now: number,
): Facts {
  const deadline = overdueAt(facts, object, settings);
  if (deadline === undefined || now < deadline) return facts;
  return { ...facts, overdue: overdue(windowOf(facts, object, settings), facts.verdict ?? facts.trouble) };
}

function windowOf(facts: Facts, object: EdgeTranscodeJob, settings: ScheduleSettings): number {
  return freshnessWindow(pollInterval(intervalInForce(object.spec, settings), facts.verdict), settings);
}

/** Suspension forgets failures and ages; its end begins to count anew. */
export function suspended(facts: Facts, object: EdgeTranscodeJob): Facts {
  const { verdict: _verdict, trouble: _trouble, overdue: _overdue, nextPollAt: _next, ...kept } = facts;
  return {
    ...kept,
    ...(object.requestedAt !== undefined && { servedRequest: object.requestedAt }),
    servedGeneration: object.generation,
    failures: 0,
    suspended: true,
  };
}

export function resumed(facts: Facts, now: number): Facts {
  return facts.suspended ? { ...facts, suspended: false, countFrom: now } : facts;
}
