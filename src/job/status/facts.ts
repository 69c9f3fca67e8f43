/**
 * What the operator knows of one object beyond the object itself. Facts change only by answers and by time; the status is
 * computed from them (`decide.ts`), never the other way round, but for the first visit after a start (`restore.ts`).
 */
import { isDeepStrictEqual } from 'node:util';
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
} from '../schedule/poll-schedule.ts';
import { overdue } from './messages.ts';

/** The last thing we learned of the job. */
export interface Observed {
  /** False: the cloud said that there is no such job. */
  readonly found: boolean;
  /** The job as it was when last found. */
  readonly job?: JobDetails;
  /** Clock `now` when the answer came. */
  readonly at: number;
  /** The same for people: seconds since the Unix epoch. */
  readonly time: number;
  /** A suspension came after it: it is still data, but says nothing of the present. */
  readonly beforeSuspension?: true;
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
  readonly definitiveFailure?: Failure;
  /** The transient failure to speak of since the last good or definitive answer. */
  readonly transientFailure?: Failure;
  /** The latest one, spoken of or not, and how many there were in a row. */
  readonly latestTransientFailure?: Failure;
  readonly failures: number;
  readonly suspended: boolean;
  /** Clock `now` of the last call, and of the last that somebody waited for. */
  readonly lastCallAt?: number;
  readonly lastUrgentCallAt?: number;
  /** What the last call was to serve (`wanted`), so that a new wish is told from one that failed; undefined: ask at once. */
  readonly attempted?: PendingRequest;
  /** Set when the cluster's list is known to lack the job: it is polled at its own instants even where the cluster is batched. */
  readonly unlisted?: true;
  /** When to poll next by the schedule; undefined before the first call. */
  readonly nextPollAt?: number;
}

/** What a call is to serve. */
export type Requested = Pick<EdgeTranscodeJob, 'requestedAt'>;

export type FinalAnswer = Exclude<Answer, { kind: 'withdrawn' }>;

/** The generation alone as a number, which takes no memory of its own; with a refresh, a string. */
export type PendingRequest = number | string;

/** What an object asks for that a schedule would not bring by itself: its generation, and its refresh. */
export function pendingRequestOf({
  generation,
  requestedAt,
}: Pick<EdgeTranscodeJob, 'generation' | 'requestedAt'>): PendingRequest {
  return requestedAt === undefined ? generation : `${generation} ${requestedAt}`;
}

/** The spec changed, or a refresh was requested, and no good or definitive answer has come since. */
export function isPending(object: EdgeTranscodeJob, facts: Facts): boolean {
  const requested = object.requestedAt !== undefined && object.requestedAt !== facts.servedRequest;
  return requested || facts.servedGeneration !== object.generation;
}

/** A wish that no call was made for yet. Taking a request back is none. */
export function isNewRequest(object: EdgeTranscodeJob, facts: Facts): boolean {
  if (facts.attempted === undefined) return true;
  return facts.attempted !== pendingRequestOf(object) && isPending(object, facts);
}

/**
 * What an answer changes; one to a call sent before the last applied one's changes nothing. Answers about another reference
 * than `object`'s present one are for the caller to drop.
 *
 * @param reference the hash of the job that `object` means now
 * @param wish what the call was to serve: the refresh annotation when it was wanted, as a later one is not served by it; `none`: it
 *   was sent for another object, before this one's wish was known
 */
export function applyAnswer(
  facts: Facts,
  object: EdgeTranscodeJob,
  reference: string,
  request: Requested | 'none',
  answer: FinalAnswer,
  at: { readonly now: number; readonly time: number },
): Facts {
  if (facts.lastCallAt !== undefined && answer.sentAt < facts.lastCallAt) return facts;
  const asked = {
    ...withListing(forTarget(facts, reference, answer), answer),
    lastCallAt: answer.sentAt,
    ...(request !== 'none' && { attempted: pendingRequestOf({ ...request, generation: object.generation }) }),
  };
  if (answer.kind === 'failed' && !policyOf(answer.failure.kind).definitive)
    return withTransientFailure(asked, answer.failure);
  const {
    transientFailure: _trouble,
    latestTransientFailure: _latest,
    definitiveFailure: _verdict,
    ...served
  } = asked;
  return {
    ...withObservation(served, object, answer, at),
    ...(answer.kind === 'failed' && { definitiveFailure: answer.failure }),
    ...(request !== 'none' && { servedGeneration: object.generation }),
    ...(request !== 'none' && request.requestedAt !== undefined && { servedRequest: request.requestedAt }),
    failures: 0,
  };
}

/** Keeps what the last answer says of the list. */
function withListing({ unlisted: _before, ...facts }: Facts, { unlisted }: FinalAnswer): Facts {
  return unlisted ? { ...facts, unlisted } : facts;
}

/**
 * Where a failure is spoken of, the first is, and another one only when it comes twice in a row: an outage that shows itself
 * now as a reset and now as a 503 must not make each attempt a write.
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
  const { overdue: _overdue, ...fresh } = facts;
  const found = answer.kind === 'observed';
  const job = found ? storedIfEqual(object.status.job, answer.job) : facts.observed?.job;
  return { ...fresh, observed: { found, ...(job && { job }), at: now, time } };
}

/** Details that say nothing new are those that the store holds anyway: a poll leaves nothing behind. */
function storedIfEqual(stored: JobDetails | undefined, job: JobDetails): JobDetails {
  return isDeepStrictEqual(stored, job) ? (stored as JobDetails) : job;
}

/** Facts about this very target: when region, endpoint or credential changed, what was known of the old one is forgotten. */
function forTarget(facts: Facts, reference: string, answer: FinalAnswer): Facts {
  const endpoint = answer.destination ? endpointHash(answer.destination) : facts.endpoint;
  const same = facts.reference === reference && (facts.endpoint ?? endpoint) === endpoint;
  if (same) return { ...facts, ...(endpoint && { endpoint }) };
  return {
    uid: facts.uid,
    reference,
    ...(answer.destination && endpoint && { endpoint }),
    servedGeneration: facts.servedGeneration,
    ...(facts.servedRequest !== undefined && { servedRequest: facts.servedRequest }),
    countFrom: facts.countFrom,
    failures: 0,
    suspended: false,
  };
}

/**
 * Whether the same status follows from both facts, apart from the time of the observation. Details are compared by identity, which is
 * enough: details that say nothing new are the stored ones.
 */
export function saysTheSame(a: Facts, b: Facts): boolean {
  return (
    a === b ||
    (a.reference === b.reference &&
      a.endpoint === b.endpoint &&
      a.servedGeneration === b.servedGeneration &&
      a.servedRequest === b.servedRequest &&
      a.observed?.found === b.observed?.found &&
      a.observed?.job === b.observed?.job &&
      a.observed?.beforeSuspension === b.observed?.beforeSuspension &&
      a.overdue === b.overdue &&
      isSameFailure(a.definitiveFailure, b.definitiveFailure) &&
      isSameFailure(a.transientFailure, b.transientFailure) &&
      a.suspended === b.suspended)
  );
}

function isSameFailure(a: Failure | undefined, b: Failure | undefined): boolean {
  return a?.kind === b?.kind && a?.message === b?.message;
}

/** From when on the observation is too old (clock `now`); undefined while there is none that could become so. */
export function overdueAt(
  facts: Facts,
  object: EdgeTranscodeJob,
  settings: ScheduleSettings,
): number | undefined {
  if (!facts.observed || facts.overdue !== undefined || facts.suspended) return undefined;
  const window = freshnessWindowOf(facts, object, settings);
  return Math.max(facts.observed.at, facts.countFrom) + window;
}

/** Facts as of `now`: an observation that has become too old is marked so, with the cause as it is known at that moment. */
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
  const interval = effectiveInterval(object.spec, {
    ...settings,
    intervalScale: freshnessScale(settings.intervalScale),
  });
  return freshnessWindow(pollInterval(interval, facts.definitiveFailure), settings);
}

/** Suspension forgets failures, and what was observed before it vouches for nothing after it. */
export function suspended(facts: Facts, object: EdgeTranscodeJob): Facts {
  const { definitiveFailure: _verdict, overdue: _overdue, nextPollAt: _next, ...rest } = facts;
  const { transientFailure: _trouble, latestTransientFailure: _latest, ...kept } = rest;
  return {
    ...kept,
    ...(facts.observed && { observed: { ...facts.observed, beforeSuspension: true } }),
    ...(object.requestedAt !== undefined && { servedRequest: object.requestedAt }),
    servedGeneration: object.generation,
    failures: 0,
    suspended: true,
  };
}

/** Its end begins to count anew. */
export function resumed(facts: Facts, now: number): Facts {
  return facts.suspended ? { ...facts, suspended: false, countFrom: now } : facts;
}
