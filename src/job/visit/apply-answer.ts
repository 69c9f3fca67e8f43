/**
 * Applies an answer to every object that means the job: changes their facts, publishes their statuses and
 * sets their next polls. So objects that share a job cost one call per poll, at the shortest of their
 * intervals.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import { backoffDelay } from '../../base/backoff.ts';
import { type Clock, unixSeconds } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';
import { nameOf, type ObjectKey } from '../../base/object-key.ts';
import { type Outcome, pollAt } from '../../controller/outcome.ts';
import type { CloudReader, ClusterReference, CredentialReference, Priority } from '../model/cloud-port.ts';
import type { JobStore } from '../model/kube-port.ts';
import { policyOf } from '../model/policies.ts';
import { obstacleOf } from '../model/polled.ts';
import { meansSameJob, type Target } from '../model/reference.ts';
import { showJob } from '../model/stream-url.ts';
import { effectiveInterval, nextPoll, pollInterval } from '../schedule/poll-schedule.ts';
import type { SettingsOf } from '../schedule/settings.ts';
import {
  applyAnswer,
  type Facts,
  type FinalAnswer,
  isNewRequest,
  isOfCall,
  isPending,
  type Requested,
  verdictOf,
} from '../status/facts.ts';
import type { FactsStore } from './facts-store.ts';
import type { Publisher } from './publisher.ts';
import type { WaitingVisit } from './waiting-visit.ts';

export interface AnswerApplierParts {
  readonly jobs: JobStore;
  readonly cloud: CloudReader;
  readonly factsStore: FactsStore;
  readonly publisher: Publisher;
  readonly settingsOf: SettingsOf;
  /**
   * Returns the hash that decides the common poll instants of a batched cluster; undefined when the plan does
   * not batch it.
   */
  readonly batchHashOf: (cluster: ClusterReference) => string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Sets the next visit of an object that shares the answer of another object's visit: clock `now`. */
  readonly reschedule: (key: ObjectKey, at: number) => void;
}

/** What a call served for one object. */
interface Call {
  readonly request: Requested | 'none';
  readonly priority?: Priority | undefined;
  /** The shortest interval of the objects that mean the job, ms. */
  readonly interval: number;
}

/**
 * First retry of a failed call for a pending request (a new object, a changed spec, a refresh). 2 s, growing
 * with each failure.
 */
const PENDING_RETRY_MS = 2_000;

export class AnswerApplier {
  readonly #parts: AnswerApplierParts;

  constructor(parts: AnswerApplierParts) {
    this.#parts = parts;
  }

  /** Applies an answer to one object alone. @param request as for `applyAnswer` */
  applyToOne(
    object: EdgeTranscodeJob,
    target: Target,
    request: Requested | 'none',
    answer: FinalAnswer,
  ): Outcome {
    const interval = this.#intervalOf(object);
    return pollAt(this.#apply(object, target, { request, interval }, this.#shown(object, answer)));
  }

  /**
   * Applies an answer to every object that means the same job as `visited`, in its newest version; without a
   * call, to that object alone. Calls may be refused to a namespace whose own requests do not reach the
   * endpoint, and others must neither show its refusals nor wait for their polls again because of them.
   *
   * @param visited the object whose visit brings the answer, in the version that the call was made for
   * @param visits the visits that wait for an answer, this one included
   */
  applyToAll(
    key: ObjectKey,
    visited: EdgeTranscodeJob,
    target: Target,
    answer: FinalAnswer,
    visits: ReadonlyMap<ObjectKey, WaitingVisit>,
  ): void {
    const objects = this.#sharing(key, visited, target, answer);
    // A job can have more objects than a call can have arguments.
    const interval = objects.reduce(
      (shortest, [, object]) => Math.min(shortest, this.#intervalOf(object)),
      Number.POSITIVE_INFINITY,
    );
    const shown = this.#shown(visited, answer);
    for (const [each, object] of objects) {
      const waiting = visits.get(each);
      const isInTime = waiting?.object.uid === object.uid && waiting.since <= answer.sentAt;
      const request = isInTime ? waiting.object : this.#servedRequest(object);
      const priority = isInTime ? waiting.priority : undefined;
      const next = this.#apply(object, target, { request, priority, interval }, shown);
      // A request that is newer than the call has its own visit, under way or planned.
      if (each !== key && !this.#hasNewRequest(object)) this.#parts.reschedule(each, next);
    }
  }

  /**
   * Finds the objects that share the answer. Objects that may not use these credentials neither receive nor
   * share answers.
   */
  #sharing(
    key: ObjectKey,
    visited: EdgeTranscodeJob,
    { reference, hash }: Target,
    answer: FinalAnswer,
  ): [ObjectKey, EdgeTranscodeJob][] {
    const { jobs, factsStore, cloud } = this.#parts;
    const mayUse = (credential: CredentialReference) => cloud.mayUse(credential);
    const keys = isOfCall(answer) && mayUse(reference.credential) ? factsStore.keysOf(hash) : [key];
    return keys.flatMap((each): [ObjectKey, EdgeTranscodeJob][] => {
      const object = jobs.get(each);
      if (!object || (each === key && object.uid !== visited.uid)) return [];
      // An answer by keys that the visited object may not use is for that object alone.
      const obstacle = each === key ? obstacleOf(object) : obstacleOf(object, mayUse);
      const isShared = obstacle === undefined && meansSameJob(object, visited);
      return isShared ? [[each, object]] : [];
    });
  }

  /**
   * Returns what an answer serves for an object that did not wait for it: a request for which a call was made
   * before, if any.
   */
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
    const answered = applyAnswer(before, object, target.hash, request, answer, at);
    const nextPollAt = this.#nextPollAt(object, answered, target, interval, answer, at.now);
    const facts = { ...answered, nextPollAt, ...lastUrgentCall(before, priority, answer) };
    this.#log(object, before, facts, answer);
    factsStore.set(object, facts);
    publisher.publish(object);
    return nextPollAt;
  }

  /** @param shortest the shortest interval of the objects that share the job, ms */
  #nextPollAt(
    object: EdgeTranscodeJob,
    facts: Facts,
    target: Target,
    shortest: number,
    answer: FinalAnswer,
    now: number,
  ): number {
    const interval = pollInterval(shortest, verdictOf(facts), this.#parts.settingsOf(object));
    // The least wait counts from the call, not from the answer: a slow answer must not cost the next poll.
    const scheduled = nextPoll(this.#instantHashOf(target, facts), interval, answer.sentAt, now);
    if (answer.kind === 'observed') return scheduled;
    const { kind, retryAt = 0 } = answer.failure;
    const { definitive, retryWithinMs } = policyOf(kind);
    // No call is made with this credential until then, and the poll that came due has not been made yet.
    if (retryAt > now) return retryAt;
    if (definitive) return Math.min(scheduled, now + retryWithinMs);
    const isAwaited = isPending(object, facts) || !facts.observed;
    // At most two intervals, of which jitter may take one: in the end the schedule comes first.
    const retry = now + backoffDelay({ baseMs: PENDING_RETRY_MS, maxMs: 2 * interval }, facts.failures);
    return isAwaited ? Math.min(retry, scheduled) : scheduled;
  }

  /**
   * Returns the hash that decides the poll instants: the cluster's hash in a batched cluster, otherwise the
   * job's own.
   */
  #instantHashOf(target: Target, { unlisted }: Facts): string {
    const shared = unlisted ? undefined : this.#parts.batchHashOf(target.reference);
    return shared ?? target.hash;
  }

  /** Redacts once for all objects: an answer can be for thousands, and they then share its text. */
  #shown(object: EdgeTranscodeJob, answer: FinalAnswer): FinalAnswer {
    if (answer.kind === 'failed') return answer;
    return { ...answer, job: showJob(answer.job, this.#parts.settingsOf(object).streamUrls) };
  }

  /** Logs when a failure begins, changes its kind or ends, never at each poll. */
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

/** Returns when a call of urgent priority was last made, this answer's included. */
export function lastUrgentCall(
  before: Facts,
  priority: Priority | undefined,
  { sentAt }: FinalAnswer,
): Pick<Facts, 'lastUrgentCallAt'> {
  const lastUrgentCallAt = priority === 'urgent' ? sentAt : before.lastUrgentCallAt;
  return lastUrgentCallAt === undefined ? {} : { lastUrgentCallAt };
}
