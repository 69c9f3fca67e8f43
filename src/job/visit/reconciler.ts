/**
 * One visit to one object: reads its newest version, asks the cloud when a poll is due, applies the answer
 * (`apply-answer.ts`), and says when to visit next: at once, or when the answer comes (`waiting-visit.ts`).
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { ObjectKey } from '../../base/object-key.ts';
import { awaitChange, type Outcome, pollAt } from '../../controller/outcome.ts';
import type { Work } from '../../controller/work.ts';
import type { Answer } from '../model/cloud-port.ts';
import type { FailureKind } from '../model/failures.ts';
import { obstacleOf } from '../model/polled.ts';
import { endpointHash, meansSameJob, type Target } from '../model/reference.ts';
import { nextPoll } from '../schedule/poll-schedule.ts';
import {
  type Facts,
  type FinalAnswer,
  isOfCall,
  isPending,
  pollIntervalOf,
  resumed,
  suspended,
} from '../status/facts.ts';
import { AnswerApplier, type AnswerApplierParts, lastUrgentCall } from './apply-answer.ts';
import { planVisit } from './visit-plan.ts';
import { type Asked, WaitingVisit } from './waiting-visit.ts';

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
  readonly #onAnswer = (visit: WaitingVisit, answer: Answer) => this.#answered(visit, answer);

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#answers = new AnswerApplier(parts);
  }

  /** @returns undefined while the visit waits for an answer, which ends its work */
  visit(key: ObjectKey, work: Work<ObjectKey>): Outcome | undefined {
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
        // Without a poll, only a visit corrects a status that another writer has changed.
        return pollAt(nextPoll(target.hash, pollIntervalOf(object, facts, settingsOf(object)), clock.now()));
      case 'refuse':
        return this.#answers.applyToOne(object, target, object, this.#refusal(plan.why));
      case 'wait':
        // A pending request is published with its answer: the old status must not pass for the new
        // generation's.
        if (isPending(object, facts)) publisher.awaitAnswer(object);
        else publisher.publish(object);
        return pollAt(plan.until);
      case 'ask':
        publisher.awaitAnswer(object);
        this.#ask(work, object, target, { ...plan, known: knownFailure(plan, facts) });
        return undefined;
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

  #ask(work: Work<ObjectKey>, object: EdgeTranscodeJob, target: Target, asked: Asked): void {
    const visit = new WaitingVisit(work, object, target, asked, this.#parts.clock.now(), this.#onAnswer);
    this.#waiting.set(work.key, visit);
    this.#parts.cloud.observe(visit);
  }

  #answered(visit: WaitingVisit, answer: Answer): Outcome {
    const { clock, onPollLag } = this.#parts;
    try {
      if (answer.kind === 'withdrawn') return pollAt(clock.now());
      // A poll that waited while its key is refused is late on purpose.
      if (!visit.known) onPollLag?.(Math.max(0, answer.sentAt - visit.deadline) / 1_000);
      return this.#apply(visit, answer);
    } finally {
      this.#waiting.delete(visit.work.key);
    }
  }

  #apply({ work: { key }, object, target, priority }: WaitingVisit, answer: FinalAnswer): Outcome {
    const { jobs, factsStore, clock } = this.#parts;
    if (!isOfCall(answer) || !this.#applied.has(answer))
      this.#answers.applyToAll(key, object, target, answer, this.#waiting);
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
      ...lastUrgentCall(facts, priority, answer),
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
  { priority }: Pick<Asked, 'priority'>,
  { definitiveFailure }: Facts,
): FailureKind | undefined {
  return priority === 'urgent' ? undefined : definitiveFailure?.kind;
}
