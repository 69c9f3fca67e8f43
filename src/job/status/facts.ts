/**
 * What the operator knows of one object beyond the object itself. Facts change only by answers, by time and
 * by suspension. The status is computed from the facts (`decide.ts`); only the first visit after a start
 * computes facts from a status (`restore.ts`).
 */
import type { EdgeTranscodeJob, JobDetails } from '../../api/edge-transcode-job.ts';
import type { Answer } from '../model/cloud-port.ts';
import type { Failure } from '../model/failures.ts';
import { policyOf } from '../model/policies.ts';
import { endpointHash } from '../model/reference.ts';
import {
  effectiveInterval,
  freshnessScale,
  freshnessWindow,
  pollInterval,
  type ScheduleSettings,
  type Verdict,
} from '../schedule/poll-schedule.ts';
import { overdue } from './messages.ts';

/** The last observation of the job. */
export interface Observed {
  /** False when the cloud said that there is no such job. */
  readonly found: boolean;
  /** The job's details when it was last found. */
  readonly job?: JobDetails;
  /** Clock `now` when the answer arrived. */
  readonly at: number;
  /** The same moment by the wall clock, in seconds since the Unix epoch. */
  readonly time: number;
  /** Set when a suspension followed the observation: its data is kept, but says nothing about the present. */
  readonly beforeSuspension?: true;
}

export interface Facts {
  readonly uid: string;
  /** The hashes of the target that these facts are about. The endpoint is unknown until a call was sent. */
  readonly referenceHash: string;
  readonly endpoint?: string;
  /** The last generation that received an observation or a definitive failure. */
  readonly servedGeneration: number;
  /** The last refresh token that received one. */
  readonly servedRequest?: string;
  readonly observed?: Observed;
  /** The earliest moment from which age counts: the start of the process, or the end of a suspension. */
  readonly countFrom: number;
  /** The message that the observation is too old, set when it became so. Only an observation removes it. */
  readonly overdue?: string;
  /** The definitive failure in force. */
  readonly definitiveFailure?: Failure;
  /** Clock `now` of the first answer in a row with this kind of definitive failure. Undefined: long ago. */
  readonly definitiveSince?: number;
  /** The transient failure that the status names, since the last observation or definitive failure. */
  readonly transientFailure?: Failure;
  /** The latest transient failure, whether the status names it or not. */
  readonly latestTransientFailure?: Failure;
  /** How many transient failures followed each other. */
  readonly failures: number;
  readonly suspended: boolean;
  /**
   * Clock `now` of the last call, and of the last call of urgent priority. A refusal without a call counts as
   * one where it answers a pending request, which no older call may answer.
   */
  readonly lastCallAt?: number;
  readonly lastUrgentCallAt?: number;
  /**
   * The pending request that the last call served: a new request differs from it. Undefined: call at once.
   */
  readonly attempted?: PendingRequest;
  /**
   * Set when the cluster's list is known to lack the job. The job then keeps its own poll instants in a
   * batched cluster.
   */
  readonly unlisted?: true;
  /** Clock `now` of the next scheduled poll; undefined before the first call. */
  readonly nextPollAt?: number;
}

/** The refresh token that a call serves, if any. */
export type Requested = Pick<EdgeTranscodeJob, 'requestedAt'>;

/** An answer that says something: a withdrawn request has none. */
export type FinalAnswer = Exclude<Answer, { kind: 'withdrawn' }>;

/** Whether a call brought the answer. Without one it is a refusal. */
export function isOfCall(answer: FinalAnswer): boolean {
  return answer.kind === 'observed' || !answer.notCalled;
}

/**
 * What a call has to serve: a generation, or a generation and a refresh token as text. A number takes no
 * memory of its own.
 */
export type PendingRequest = number | string;

/**
 * Returns what the object requests beyond its schedule: an answer for its generation and its refresh token.
 */
export function pendingRequestOf({
  generation,
  requestedAt,
}: Pick<EdgeTranscodeJob, 'generation' | 'requestedAt'>): PendingRequest {
  return requestedAt === undefined ? generation : `${generation} ${requestedAt}`;
}

/**
 * Whether a changed spec or a requested refresh has received neither an observation nor a definitive failure
 * yet.
 */
export function isPending(object: EdgeTranscodeJob, facts: Facts): boolean {
  const requested = object.requestedAt !== undefined && object.requestedAt !== facts.servedRequest;
  return requested || facts.servedGeneration !== object.generation;
}

/**
 * Whether the object has a pending request for which no call was made yet. Removing a refresh annotation is
 * no request.
 */
export function isNewRequest(object: EdgeTranscodeJob, facts: Facts): boolean {
  if (facts.attempted === undefined) return true;
  return facts.attempted !== pendingRequestOf(object) && isPending(object, facts);
}

/**
 * Returns the facts after an answer. An answer to a call that was sent before the last applied one changes
 * nothing. The caller drops answers about another job than the one that `object` means now.
 *
 * @param referenceHash the hash of the job that `object` means now
 * @param request what the call served: the refresh token of that moment, as the answer does not serve a later
 *   one. `none` when the call was made for another object before this object's request was known.
 */
export function applyAnswer(
  facts: Facts,
  object: EdgeTranscodeJob,
  referenceHash: string,
  request: Requested | 'none',
  answer: FinalAnswer,
  at: { readonly now: number; readonly time: number },
): Facts {
  if (facts.lastCallAt !== undefined && answer.sentAt < facts.lastCallAt) return facts;
  const called = {
    ...withListing(forTarget(facts, referenceHash, answer), answer),
    ...((isOfCall(answer) || isPending(object, facts)) && { lastCallAt: answer.sentAt }),
    ...(request !== 'none' && { attempted: pendingRequestOf({ ...request, generation: object.generation }) }),
  };
  if (answer.kind === 'failed' && !policyOf(answer.failure.kind).definitive)
    return withTransientFailure(called, answer.failure);
  return {
    ...withObservation(withoutFailures(called), object, answer, at),
    ...(answer.kind === 'failed' && withDefinitiveFailure(called, answer.failure, at.now)),
    ...(request !== 'none' && {
      servedGeneration: object.generation,
      ...(request.requestedAt !== undefined && { servedRequest: request.requestedAt }),
    }),
    failures: 0,
  };
}

/** Returns the same facts where there is nothing to leave out, as at most polls. */
function withoutFailures(facts: Facts): Facts {
  if (!facts.transientFailure && !facts.definitiveFailure) return facts;
  const {
    transientFailure: _transient,
    latestTransientFailure: _latest,
    definitiveFailure: _definitive,
    definitiveSince: _since,
    ...rest
  } = facts;
  return rest;
}

/** Keeps the time of the first answer while the kind of the failure stays the same. */
function withDefinitiveFailure(
  { definitiveFailure: before, definitiveSince }: Facts,
  failure: Failure,
  now: number,
): Pick<Facts, 'definitiveFailure' | 'definitiveSince'> {
  const isSame = before?.kind === failure.kind;
  const since = isSame ? definitiveSince : now;
  return { definitiveFailure: failure, ...(since !== undefined && { definitiveSince: since }) };
}

/**
 * Returns the definitive failure in force as the schedule sees it. Whether it is recent is judged at the last
 * observation: the interval then stays the same until the poll that it decides.
 */
export function verdictOf({ definitiveFailure, definitiveSince, observed }: Facts): Verdict | undefined {
  if (!definitiveFailure) return undefined;
  const { kind } = definitiveFailure;
  const isRecent =
    observed !== undefined &&
    definitiveSince !== undefined &&
    Math.max(0, observed.at - definitiveSince) < policyOf(kind).confirmForMs;
  return { kind, ...(isRecent && { isRecent }) };
}

/** The interval between polls of the object alone, by the facts. */
export function pollIntervalOf({ spec }: EdgeTranscodeJob, facts: Facts, settings: ScheduleSettings): number {
  return pollInterval(effectiveInterval(spec, settings), verdictOf(facts), settings);
}

/** Keeps what the last answer says of the list. */
function withListing(facts: Facts, { unlisted }: FinalAnswer): Facts {
  if (unlisted === facts.unlisted) return facts;
  const { unlisted: _before, ...rest } = facts;
  return unlisted ? { ...rest, unlisted } : rest;
}

/**
 * Keeps the first transient failure as the one that the status names, and replaces it by another only when
 * that occurs twice in a row. Otherwise an outage that alternates between a reset and a 503 would make each
 * attempt a write.
 */
function withTransientFailure(facts: Facts, failure: Failure): Facts {
  const { transientFailure, latestTransientFailure: before } = facts;
  const repeated = isSameFailure(before, failure);
  return {
    ...facts,
    transientFailure: !transientFailure || repeated ? failure : transientFailure,
    latestTransientFailure: failure,
    failures: facts.failures + 1,
  };
}

function withObservation(
  facts: Facts,
  object: EdgeTranscodeJob,
  answer: FinalAnswer,
  { now, time }: { now: number; time: number },
): Facts {
  if (answer.kind === 'failed' && !policyOf(answer.failure.kind).observation) return facts;
  const found = answer.kind === 'observed';
  const job = found ? storedIfEqual(object.status.job, answer.job) : facts.observed?.job;
  return { ...withoutOverdue(facts), observed: { found, ...(job && { job }), at: now, time } };
}

function withoutOverdue(facts: Facts): Facts {
  if (facts.overdue === undefined) return facts;
  const { overdue: _overdue, ...rest } = facts;
  return rest;
}

/**
 * Returns the stored details when the new ones are equal, so that a poll that finds nothing new takes no
 * memory.
 */
function storedIfEqual(stored: JobDetails | undefined, job: JobDetails): JobDetails {
  return stored && isSameJob(stored, job) ? stored : job;
}

/** Compares details, which are texts. `isDeepStrictEqual` takes longer, and this runs at each poll. */
function isSameJob(a: JobDetails, b: JobDetails): boolean {
  const names = Object.keys(a) as (keyof JobDetails)[];
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/**
 * Returns the facts about the target of the answer. When region, endpoint or credential changed, forgets what
 * was known of the old target.
 */
function forTarget(facts: Facts, referenceHash: string, answer: FinalAnswer): Facts {
  const endpoint = answer.destination ? endpointHash(answer.destination) : facts.endpoint;
  const same = facts.referenceHash === referenceHash && (facts.endpoint ?? endpoint) === endpoint;
  if (same) return endpoint === undefined || endpoint === facts.endpoint ? facts : { ...facts, endpoint };
  return {
    uid: facts.uid,
    referenceHash,
    ...(answer.destination && endpoint && { endpoint }),
    servedGeneration: facts.servedGeneration,
    ...(facts.servedRequest !== undefined && { servedRequest: facts.servedRequest }),
    countFrom: facts.countFrom,
    failures: 0,
    suspended: false,
  };
}

/**
 * Whether the same status follows from both facts, apart from the time of the observation. Details are
 * compared by identity, which is enough: details that say nothing new are the stored ones.
 */
export function saysTheSame(a: Facts, b: Facts): boolean {
  return (
    a.referenceHash === b.referenceHash &&
    a.endpoint === b.endpoint &&
    a.servedGeneration === b.servedGeneration &&
    a.servedRequest === b.servedRequest &&
    a.observed?.found === b.observed?.found &&
    a.observed?.job === b.observed?.job &&
    a.observed?.beforeSuspension === b.observed?.beforeSuspension &&
    a.overdue === b.overdue &&
    isSameFailure(a.definitiveFailure, b.definitiveFailure) &&
    isSameFailure(a.transientFailure, b.transientFailure) &&
    a.suspended === b.suspended
  );
}

function isSameFailure(a: Failure | undefined, b: Failure | undefined): boolean {
  return a?.kind === b?.kind && a?.message === b?.message;
}

/**
 * Returns when the observation becomes too old (clock `now`); undefined when there is none that can become
 * so.
 */
export function overdueAt(
  facts: Facts,
  object: EdgeTranscodeJob,
  settings: ScheduleSettings,
): number | undefined {
  if (!facts.observed || facts.overdue !== undefined || facts.suspended) return undefined;
  const window = freshnessWindowOf(facts, object, settings);
  return Math.max(facts.observed.at, facts.countFrom) + window;
}

/**
 * Returns the facts at `now`: an observation that has become too old is marked overdue, with the cause known
 * at that moment.
 */
export function markOverdue(
  facts: Facts,
  object: EdgeTranscodeJob,
  settings: ScheduleSettings,
  now: number,
): Facts {
  const deadline = overdueAt(facts, object, settings);
  if (deadline === undefined || now < deadline) return facts;
  return {
    ...facts,
    overdue: overdue(
      freshnessWindowOf(facts, object, settings),
      facts.definitiveFailure ?? facts.transientFailure,
    ),
  };
}

function freshnessWindowOf(facts: Facts, object: EdgeTranscodeJob, settings: ScheduleSettings): number {
  const intervalScale = freshnessScale(settings.intervalScale);
  const scaled = intervalScale === settings.intervalScale ? settings : { ...settings, intervalScale };
  const interval = effectiveInterval(object.spec, scaled);
  const poll = pollInterval(interval, verdictOf(facts), scaled);
  // Polls that confirm a failure are frequent, but only one at each interval is promised.
  return freshnessWindow(Math.max(poll, interval), settings);
}

/**
 * Returns the facts of a suspended object: without failures, and with an observation that says nothing about
 * the present.
 */
export function suspended(facts: Facts, object: EdgeTranscodeJob): Facts {
  const { nextPollAt: _next, ...kept } = withoutOverdue(withoutFailures(facts));
  return {
    ...kept,
    ...(facts.observed && { observed: { ...facts.observed, beforeSuspension: true } }),
    ...(object.requestedAt !== undefined && { servedRequest: object.requestedAt }),
    servedGeneration: object.generation,
    failures: 0,
    suspended: true,
  };
}

/** Returns the facts at the end of a suspension, from which age counts. */
export function resumed(facts: Facts, now: number): Facts {
  return facts.suspended ? { ...facts, suspended: false, countFrom: now } : facts;
}
