/**
 * One visit to one object: read the newest, ask the cloud if it is time, learn from the answer, publish the status, and say
 * when to come back. The watchdog publishes too, without asking, when an observation has become too old.
 */
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import { backoffDelay } from '../base/backoff.ts';
import { type Clock, rfc3339 } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { ObjectKey } from '../base/object-key.ts';
import { awaitChange, type Outcome, pollAt } from '../controller/outcome.ts';
import { absorb, type Facts, isPending, type Learned, resumed, suspended } from './facts.ts';
import type { Memory } from './memory.ts';
import { planVisit } from './plan.ts';
import { policyOf } from './policies.ts';
import type { CloudReader, JobStore, Lane, ObserveOptions } from './ports.ts';
import type { Publisher } from './publisher.ts';
import { intervalInForce, nextPoll, pollInterval } from './schedule.ts';
import type { SettingsOf } from './settings.ts';
import { showJob } from './stream-url.ts';
import { referenceHash, referenceOf } from './target.ts';

export interface ReconcilerParts {
  readonly jobs: JobStore;
  readonly cloud: CloudReader;
  readonly memory: Memory;
  readonly publisher: Publisher;
  readonly settingsOf: SettingsOf;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with how late a scheduled poll began, seconds. */
  readonly onPollLag?: (seconds: number) => void;
}

/** While somebody waits for an answer (a new object, a changed spec, a refresh), failures are tried again from this soon. */
const PENDING_RETRY_MS = 2_000;

interface Asking {
  readonly object: EdgeTranscodeJob;
  /** Undefined: no call was needed. */
  readonly lane?: Lane;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
  }

  async visit(key: ObjectKey, signal: AbortSignal): Promise<Outcome> {
    const { jobs, memory, publisher, clock } = this.#parts;
    const object = jobs.get(key);
    if (!object) {
      memory.forget(key);
      publisher.forget(key);
      return awaitChange();
    }
    const known = memory.recall(object);
    const facts = object.spec.suspend ? suspended(known, object) : resumed(known, clock.now());
    memory.keep(object, facts);
    const plan = planVisit(object, facts, clock.now());
    switch (plan.kind) {
      case 'suspended':
        publisher.publish(object);
        return awaitChange();
      case 'refuse':
        return this.#learn(object, { object }, this.#refusal(plan.why));
      case 'wait':
        // A wish that waits is published with its answer: the old status must not pass for the new generation's.
        if (isPending(object, facts)) publisher.watch(object);
        else publisher.publish(object);
        return pollAt(plan.until);
      case 'ask':
        publisher.watch(object);
        return this.#ask(key, object, { ...plan, signal });
    }
  }

  async #ask(key: ObjectKey, object: EdgeTranscodeJob, options: ObserveOptions): Promise<Outcome> {
    const { cloud, jobs, memory, clock, onPollLag } = this.#parts;
    const answer = await cloud.observe(referenceOf(object), options);
    if (answer.kind === 'withdrawn') return pollAt(clock.now());
    onPollLag?.(Math.max(0, answer.askedAt - options.deadline) / 1_000);
    const newest = jobs.get(key);
    // Deleted, replaced, suspended or pointed elsewhere meanwhile: the answer is about something else, and the change brings its own visit.
    if (newest?.uid !== object.uid) return pollAt(clock.now());
    if (newest.spec.suspend || !sameReference(newest, object)) {
      const facts = memory.recall(newest);
      memory.keep(newest, { ...facts, lastAskedAt: answer.askedAt, ...lastWish(facts, options, answer) });
      return pollAt(clock.now());
    }
    return this.#learn(newest, { object, lane: options.lane }, answer);
  }

  /** @param asked the object as it was when the answer was asked for, and how */
  #learn(object: EdgeTranscodeJob, asked: Asking, answer: Learned): Outcome {
    const { memory, publisher, clock } = this.#parts;
    const at = { now: clock.now(), time: rfc3339(clock.date()) };
    const before = memory.recall(object);
    const learned = absorb(before, object, asked.object.requestedAt, this.#shown(object, answer), at);
    const nextPollAt = this.#nextPollAt(object, learned, answer, at.now);
    const facts = { ...learned, nextPollAt, ...lastWish(before, asked, answer) };
    this.#log(object, before, facts, answer);
    memory.keep(object, facts);
    publisher.publish(object);
    return pollAt(facts.nextPollAt);
  }

  #nextPollAt(object: EdgeTranscodeJob, facts: Facts, answer: Learned, now: number): number {
    const interval = pollInterval(
      intervalInForce(object.spec, this.#parts.settingsOf(object)),
      facts.verdict,
    );
    // Half an interval counts from the call, not from its answer: a slow one must not cost the next poll.
    const scheduled = nextPoll(facts.reference, interval, Math.max(answer.askedAt, now - interval / 2));
    if (answer.kind === 'observed') return scheduled;
    const { kind, retryAt = 0 } = answer.failure;
    const { definitive, againWithinMs } = policyOf(kind);
    // No call is made for anybody until then, and the poll that came due is still to be made.
    if (retryAt > now) return retryAt;
    if (definitive) return Math.min(scheduled, now + againWithinMs);
    const somebodyWaits = isPending(object, facts) || !facts.observed;
    // Up to two intervals, of which jitter may take one: so in the end it is the schedule that comes first.
    const retry = now + backoffDelay({ baseMs: PENDING_RETRY_MS, maxMs: 2 * interval }, facts.failures);
    return somebodyWaits ? Math.min(retry, scheduled) : scheduled;
  }

  #shown(object: EdgeTranscodeJob, answer: Learned): Learned {
    if (answer.kind === 'failed') return answer;
    return { ...answer, job: showJob(answer.job, this.#parts.settingsOf(object).streamUrls) };
  }

  #refusal(message: string): Learned {
    return {
      kind: 'failed',
      failure: { kind: 'InvalidReference', message },
      askedAt: this.#parts.clock.now(),
    };
  }

  /** A line when a failure begins, changes its kind or ends; never one for each poll. */
  #log(object: EdgeTranscodeJob, before: Facts, after: Facts, answer: Learned): void {
    const was = (before.verdict ?? before.trouble)?.kind;
    const is = (after.verdict ?? after.trouble)?.kind;
    if (was === is) return;
    const fields = { namespace: object.namespace, name: object.name, requestID: answer.requestID };
    if (is === undefined) this.#parts.logger.info('observation recovered', { ...fields, after: was });
    else {
      const message = (after.verdict ?? after.trouble)?.message;
      this.#parts.logger.warn('observation failed', { ...fields, kind: is, message });
    }
  }
}

/** When a wish was last called for; a poll of the schedule is none. */
function lastWish(
  before: Facts,
  { lane }: Pick<Asking, 'lane'>,
  { askedAt }: Learned,
): Pick<Facts, 'wishAskedAt'> {
  const wishAskedAt = lane === 'asked' ? askedAt : before.wishAskedAt;
  return wishAskedAt === undefined ? {} : { wishAskedAt };
}

function sameReference(a: EdgeTranscodeJob, b: EdgeTranscodeJob): boolean {
  return referenceHash(referenceOf(a)) === referenceHash(referenceOf(b));
}
