/**
 * What an answer changes: the facts of every object that means the job it is about, their statuses, and when they are polled next. So
 * objects that share a target cost one call for each poll, at the shortest of their intervals.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { backoffDelay } from '../../base/backoff.ts';
import { type Clock, unixSeconds } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { nameOf, type ObjectKey } from '../../base/object-key.ts';
import { type Outcome, pollAt } from '../../controller/outcome.ts';
import type { CloudReader, ClusterReference, CredentialReference, Priority } from '../model/cloud-port.ts';
import { policyOf } from '../model/policies.ts';
import { obstacleOf } from '../model/polled.ts';
import { meansSameJob, type Target } from '../model/reference.ts';
import type { JobStore } from '../model/sinks.ts';
import { showJob } from '../model/stream-url.ts';
import { effectiveInterval, nextPoll, pollInterval } from '../schedule/poll-schedule.ts';
import type { SettingsOf } from '../schedule/settings.ts';
import {
  applyAnswer,
  type Facts,
  type FinalAnswer,
  isNewRequest,
  isPending,
  type Requested,
} from '../status/facts.ts';
import type { FactsStore } from './facts-store.ts';
import type { Publisher } from './publisher.ts';

export interface AnswerApplierParts {
  readonly jobs: JobStore;
  readonly cloud: CloudReader;
  readonly factsStore: FactsStore;
  readonly publisher: Publisher;
  readonly settingsOf: SettingsOf;
  /** Returns the hash that decides the common poll instants of a batched cluster; undefined when the plan does not batch it. */
  readonly batchHashOf: (cluster: ClusterReference) => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Another object's visit has found out when this one is to be visited next. */
  readonly reschedule: (key: ObjectKey, outcome: Outcome) => void;
}

/** What the call was for, as one object sees it. */
interface Call {
  readonly request: Requested | 'none';
  readonly priority?: Priority | undefined;
  /** The shortest interval of the objects that mean the job, ms. */
  readonly interval: number;
}

/** A visit that waits for an answer. */
export interface WaitingVisit {
  readonly object: EdgeTranscodeJob;
  readonly priority: Priority;
  /** Clock `now` when it began to wait. */
  readonly since: number;
}

/** While somebody waits for an answer (a new object, a changed spec, a refresh), failures are tried again from this soon. */
const PENDING_RETRY_MS = 2_000;

export class AnswerApplier {
  readonly #parts: AnswerApplierParts;

  constructor(parts: AnswerApplierParts) {
    this.#parts = parts;
  }

  /** What is known of one object alone. @param wish as of `absorb` */
  applyToOne(
    object: EdgeTranscodeJob,
    target: Target,
    request: Requested | 'none',
    answer: FinalAnswer,
  ): Outcome {
    const interval = this.#intervalOf(object);
    return pollAt(this.#apply(object, target, { request, interval }, answer));
  }

  /**
   * For every object that means what `urgent` means, as they are now.
   *
   * @param asked whose visit brings the answer, as it was when it asked; under the name `key`
   * @param asking visits that wait for an answer, this one's included
   */
  applyToAll(
    key: ObjectKey,
    asked: EdgeTranscodeJob,
    target: Target,
    answer: FinalAnswer,
    visits: ReadonlyMap<ObjectKey, WaitingVisit>,
  ): void {
    const objects = this.#sharing(key, asked, target);
    const interval = Math.min(...objects.map(([, object]) => this.#intervalOf(object)));
    for (const [each, object] of objects) {
      const waiting = visits.get(each);
      const isInTime = waiting !== undefined && waiting.since <= answer.sentAt;
      const request = isInTime ? waiting.object : this.#servedRequest(object);
      const priority = isInTime ? waiting.priority : undefined;
      const next = this.#apply(object, target, { request, priority, interval }, answer);
      // A wish that this answer came too early for has a visit of its own, under way or planned.
      if (each !== key && !this.#hasNewRequest(object)) this.#parts.reschedule(each, pollAt(next));
    }
  }

  /** Who may not use the keys is told nothing by others, nor has he anything to tell them. */
  #sharing(
    key: ObjectKey,
    asked: EdgeTranscodeJob,
    { reference, hash }: Target,
  ): [ObjectKey, EdgeTranscodeJob][] {
    const { jobs, factsStore, cloud } = this.#parts;
    const mayUse = (credential: CredentialReference) => cloud.mayUse(credential);
    const keys = mayUse(reference.credential) ? factsStore.keysOf(hash) : [key];
    return keys.flatMap((each): [ObjectKey, EdgeTranscodeJob][] => {
      const object = jobs.get(each);
      if (!object || (each === key && object.uid !== asked.uid)) return [];
      // An answer about keys that the asking object may not use is an answer for this object alone.
      const obstacle = each === key ? obstacleOf(object) : obstacleOf(object, mayUse);
      const isShared = obstacle === undefined && meansSameJob(object, asked);
      return isShared ? [[each, object]] : [];
    });
  }

  /** What an answer that others asked for serves: a wish that a call has been made for already, if any. */
  #servedRequest(object: EdgeTranscodeJob): Requested | 'none' {
    return this.#hasNewRequest(object) ? 'none' : object;
  }

  #hasNewRequest(object: EdgeTranscodeJob): boolean {
    return isNewRequest(object, this.#parts.factsStore.get(object));
  }

  #intervalOf(object: EdgeTranscodeJob): number {
    return effectiveInterval(object.spec, this.#parts.settingsOf(object));
  }

  /** @returns when to poll next */
  #apply(
    object: EdgeTranscodeJob,
    target: Target,
    { request, priority, interval }: Call,
    answer: FinalAnswer,
  ): number {
    const { factsStore, publisher, clock } = this.#parts;
    const at = { now: clock.now(), time: unixSeconds(clock.date()) };
    const before = factsStore.get(object);
    const learned = applyAnswer(before, object, target.hash, request, this.#shown(object, answer), at);
    const nextPollAt = this.#nextPollAt(object, learned, target, interval, answer, at.now);
    const facts = { ...learned, nextPollAt, ...lastUrgentCall(before, priority, answer) };
    this.#log(object, before, facts, answer);
    factsStore.set(object, facts);
    publisher.publish(object);
    return nextPollAt;
  }

  /** @param shortest the shortest interval of those who share the target, ms */
  #nextPollAt(
    object: EdgeTranscodeJob,
    facts: Facts,
    target: Target,
    shortest: number,
    answer: FinalAnswer,
    now: number,
  ): number {
    const interval = pollInterval(shortest, facts.definitiveFailure);
    // Half an interval counts from the call, not from its answer: a slow one must not cost the next poll.
    const scheduled = nextPoll(
      this.#instantHashOf(target, facts),
      interval,
      Math.max(answer.sentAt, now - interval / 2),
    );
    if (answer.kind === 'observed') return scheduled;
    const { kind, retryAt = 0 } = answer.failure;
    const { definitive, retryWithinMs } = policyOf(kind);
    // No call is made for anybody until then, and the poll that came due is still to be made.
    if (retryAt > now) return retryAt;
    if (definitive) return Math.min(scheduled, now + retryWithinMs);
    const somebodyWaits = isPending(object, facts) || !facts.observed;
    // Up to two intervals, of which jitter may take one: so in the end it is the schedule that comes first.
    const retry = now + backoffDelay({ baseMs: PENDING_RETRY_MS, maxMs: 2 * interval }, facts.failures);
    return somebodyWaits ? Math.min(retry, scheduled) : scheduled;
  }

  /** The hash that decides the instants of the object's polls: its cluster's where jobs are polled together, else the target's own. */
  #instantHashOf(target: Target, { unlisted }: Facts): string {
    const shared = unlisted ? undefined : this.#parts.batchHashOf(target.reference);
    return shared ?? target.hash;
  }

  #shown(object: EdgeTranscodeJob, answer: FinalAnswer): FinalAnswer {
    if (answer.kind === 'failed') return answer;
    return { ...answer, job: showJob(answer.job, this.#parts.settingsOf(object).streamUrls) };
  }

  /** A line when a failure begins, changes its kind or ends; never one for each poll. */
  #log(object: EdgeTranscodeJob, before: Facts, after: Facts, answer: FinalAnswer): void {
    const was = (before.definitiveFailure ?? before.transientFailure)?.kind;
    const is = (after.definitiveFailure ?? after.transientFailure)?.kind;
    if (was === is) return;
    const fields = { namespace: object.namespace, name: nameOf(object.key), requestID: answer.requestID };
    if (is === undefined) this.#parts.logger.info('observation recovered', { ...fields, after: was });
    else {
      const message = (after.definitiveFailure ?? after.transientFailure)?.message;
      this.#parts.logger.warn('observation failed', { ...fields, kind: is, message });
    }
  }
}

/** When a wish was last called for; a poll of the schedule is none. */
export function lastUrgentCall(
  before: Facts,
  priority: Priority | undefined,
  { sentAt }: FinalAnswer,
): Pick<Facts, 'lastUrgentCallAt'> {
  const lastUrgentCallAt = priority === 'urgent' ? sentAt : before.lastUrgentCallAt;
  return lastUrgentCallAt === undefined ? {} : { lastUrgentCallAt };
}
