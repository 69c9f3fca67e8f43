/**
 * One visit to one object: reads its newest version, calls the cloud when a poll is due, applies the answer
 * (`apply-answer.ts`), and returns when to visit next.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { ObjectKey } from '../../base/object-key.ts';
import { awaitChange, type Outcome, pollAt } from '../../controller/outcome.ts';
import type { ObserveOptions, Signal } from '../model/cloud-port.ts';
import { obstacleOf } from '../model/polled.ts';
import { endpointHash, meansSameJob, type Target } from '../model/reference.ts';
import { type Facts, type FinalAnswer, isPending, resumed, suspended } from '../status/facts.ts';
import { AnswerApplier, type AnswerApplierParts, lastUrgentCall, type WaitingVisit } from './apply-answer.ts';
import { planVisit } from './plan.ts';

export interface ReconcilerParts extends AnswerApplierParts {
  /**
   * Called for each poll with the time from its deadline to its call, in seconds; for a requested one, since
   * it was requested. Not for a scheduled poll of an object that shows a definitive failure.
   */
  readonly onPollLag?: (seconds: number) => void;
}

export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #answers: AnswerApplier;
  /** Visits that wait for an answer, by object. */
  readonly #waiting = new Map<ObjectKey, WaitingVisit>();
  /** Answers that have been applied: visits that share a call all receive the same answer. */
  readonly #applied = new WeakSet<FinalAnswer>();

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#answers = new AnswerApplier(parts);
  }

  /** Not an async function: while a visit waits, its frame would take 450 bytes, and 100,000 may wait. */
  visit(key: ObjectKey, signal: Signal): Outcome | Promise<Outcome> {
    const { jobs, factsStore, publisher, settingsOf, clock } = this.#parts;
    // A visit that threw has left its entry.
    this.#waiting.delete(key);
    const object = jobs.get(key);
    if (!object) {
      factsStore.delete(key);
      publisher.forget(key);
      return awaitChange();
    }
    const target = factsStore.reindex(object);
    const known = factsStore.get(object);
    const facts = object.spec.suspend ? suspended(known, object) : resumed(known, clock.now());
    factsStore.set(object, facts);
    const plan = planVisit(
      object,
      this.#hasOtherDestination(target, facts) ? dueNow(facts, clock.now()) : facts,
      clock.now(),
      settingsOf,
    );
    switch (plan.kind) {
      case 'suspended':
        publisher.publish(object);
        return awaitChange();
      case 'refuse':
        return this.#answers.applyToOne(object, target, object, this.#refusal(plan.why));
      case 'wait':
        // A pending request is published with its answer: the old status must not pass for the new
        // generation's.
        if (isPending(object, facts)) publisher.watch(object);
        else publisher.publish(object);
        return pollAt(plan.until);
      case 'ask':
        publisher.watch(object);
        return this.#ask(key, object, target, { ...plan, ...knownFailure(plan, facts), signal });
    }
  }

  /**
   * Whether calls now have another destination than the facts, as after a restart with another `--region` or
   * `--endpoint`.
   */
  #hasOtherDestination({ reference }: Target, { endpoint }: Facts): boolean {
    const leadsTo = endpoint === undefined ? undefined : this.#parts.cloud.leadsTo(reference);
    return leadsTo !== undefined && endpointHash(leadsTo) !== endpoint;
  }

  /** Not async, like `visit`. */
  #ask(key: ObjectKey, object: EdgeTranscodeJob, target: Target, options: ObserveOptions): Promise<Outcome> {
    const { cloud, clock, onPollLag } = this.#parts;
    this.#waiting.set(key, { object, priority: options.priority, since: clock.now() });
    return cloud.observe(target.reference, options).then((answer) => {
      try {
        if (answer.kind === 'withdrawn') return pollAt(clock.now());
        // A poll that waited while its key is refused is late on purpose.
        if (!options.known) onPollLag?.(Math.max(0, answer.sentAt - options.deadline) / 1_000);
        return this.#answered(key, object, target, options, answer);
      } finally {
        this.#waiting.delete(key);
      }
    });
  }

  #answered(
    key: ObjectKey,
    object: EdgeTranscodeJob,
    target: Target,
    options: ObserveOptions,
    answer: FinalAnswer,
  ): Outcome {
    const { jobs, factsStore, clock } = this.#parts;
    if (!this.#applied.has(answer)) this.#answers.applyToAll(key, object, target, answer, this.#waiting);
    this.#applied.add(answer);
    const newest = jobs.get(key);
    // The object was deleted, replaced, suspended or changed to another job meanwhile: that change brings its
    // own visit.
    if (newest?.uid !== object.uid) return pollAt(clock.now());
    const facts = factsStore.get(newest);
    if (obstacleOf(newest) === undefined && meansSameJob(newest, object))
      return pollAt(facts.nextPollAt ?? clock.now());
    factsStore.set(newest, {
      ...facts,
      lastCallAt: answer.sentAt,
      ...lastUrgentCall(facts, options.priority, answer),
    });
    return pollAt(clock.now());
  }

  #refusal(message: string): FinalAnswer {
    return {
      kind: 'failed',
      failure: { kind: 'InvalidReference', message },
      sentAt: this.#parts.clock.now(),
    };
  }
}

/**
 * Makes a scheduled poll due now. Not an urgent one, as the destinations of all objects may change at once.
 */
function dueNow(facts: Facts, now: number): Facts {
  return { ...facts, nextPollAt: Math.min(now, facts.nextPollAt ?? now) };
}

/** The failure that the status shows. An urgent poll is answered at once, as a user waits for it. */
function knownFailure(
  { priority }: Pick<ObserveOptions, 'priority'>,
  { definitiveFailure }: Facts,
): Pick<ObserveOptions, 'known'> {
  return priority === 'urgent' || !definitiveFailure ? {} : { known: definitiveFailure.kind };
}
