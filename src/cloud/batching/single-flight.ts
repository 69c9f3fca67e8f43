/**
 * One call for all who ask for the same job before it is made. It takes the best priority and the earliest deadline of them, and leaves
 * when all of them have. It is called for by itself (Get), or waits for a sweep of its cluster to bring its job.
 */
import {
  type Answer,
  type ObserveOptions,
  PRIORITIES,
  type Priority,
  type Reference,
} from '../../job/model/cloud-port.ts';
import { Observation, type ObservationOwner, type ObservationParts, WITHDRAWN } from '../requests/request.ts';

/** Where a flight waits. */
export interface FlightHost {
  readonly parts: ObservationParts;
  /** Its own call is made: nobody joins it any more. */
  calling(flight: Flight): void;
  /** Nobody waits for it any more. */
  ended(flight: Flight): void;
  /** The answer as it is given to all of them. */
  told(flight: Flight, answer: Answer): Answer;
}

/** Whether a sweep may bring its job, and whether it waits for one. */
export type Standing = 'member' | 'listed' | 'unlisted';

export class Flight implements ObservationOwner {
  readonly reference: Reference;
  priority: Priority;
  deadline: number;
  /** For the host to say. */
  standing: Standing = 'listed';
  readonly #host: FlightHost;
  /** Mostly there is but one, for which a set would be a waste. */
  #askers: Asker | Askers | undefined;
  #observation: Observation | undefined;

  constructor(
    reference: Reference,
    { priority, deadline }: Pick<ObserveOptions, 'priority' | 'deadline'>,
    host: FlightHost,
  ) {
    this.reference = reference;
    this.priority = priority;
    this.deadline = deadline;
    this.#host = host;
  }

  /** @param signal not aborted */
  join(signal: AbortSignal, onAnswer: (answer: Answer) => void): void {
    const asker = new Asker(this, signal, this.#host.parts.clock.now(), onAnswer);
    if (this.#askers === undefined) this.#askers = asker;
    else if (this.#askers instanceof Askers) this.#askers.add(asker);
    else this.#askers = new Askers([this.#askers, asker]);
  }

  /** Takes a better priority or an earlier deadline, with a new place among those who wait. */
  hasten(priority: Priority, deadline: number): void {
    this.priority =
      PRIORITIES.indexOf(priority) < PRIORITIES.indexOf(this.priority) ? priority : this.priority;
    this.deadline = Math.min(deadline, this.deadline);
    if (!this.#observation) return;
    this.ground();
    this.call();
  }

  /** Has a call of its own made when its turn comes. */
  call(): void {
    if (this.#observation) return;
    this.#observation = new Observation(this.#host.parts, this, this);
    this.#observation.begin();
  }

  /** Takes it out of the backlog: a sweep will bring its job. */
  ground(): void {
    const before = this.#observation;
    this.#observation = undefined;
    before?.leave();
  }

  /** Clock `now` when the last of them asked: only what is asked later is an answer for all. */
  get since(): number {
    return this.#askers?.since ?? 0;
  }

  /** An answer that another call brought, for those who asked before that. */
  serve(answer: Exclude<Answer, { kind: 'withdrawn' }>): void {
    const askers = this.#all().filter(({ since }) => since <= answer.sentAt);
    this.#tell(askers, answer);
  }

  /** Ends it for all of them. */
  end(answer: Answer): void {
    this.#tell(this.#all(), answer);
  }

  /** Somebody does not want it any more. A call under way ends as it ends. */
  left(asker: Asker): void {
    if (!this.#observation?.isCalling) this.#tell([asker], WITHDRAWN);
  }

  calling(): void {
    this.#host.calling(this);
  }

  ended(answer: Answer): void {
    // Otherwise it was taken back, to call another time or not at all.
    if (this.#observation) this.end(answer);
  }

  #all(): readonly Asker[] {
    if (this.#askers === undefined) return [];
    return this.#askers instanceof Askers ? [...this.#askers.all] : [this.#askers];
  }

  #tell(askers: readonly Asker[], answer: Answer): void {
    if (askers.length === 0) return;
    const told = this.#host.told(this, answer);
    if (!(this.#askers instanceof Askers) || this.#askers.isEmptyWithout(askers)) this.#askers = undefined;
    for (const asker of askers) asker.end(told);
    if (this.#askers !== undefined) return;
    this.#host.ended(this);
    this.ground();
  }
}

/** Objects and no closures, as a hundred thousand may wait. */
class Asker {
  readonly since: number;
  readonly #flight: Flight;
  readonly #signal: AbortSignal;
  readonly #onAnswer: (answer: Answer) => void;

  constructor(flight: Flight, signal: AbortSignal, since: number, onAnswer: (answer: Answer) => void) {
    this.since = since;
    this.#flight = flight;
    this.#signal = signal;
    this.#onAnswer = onAnswer;
    signal.addEventListener('abort', this, { once: true });
  }

  /** Aborted. */
  handleEvent(): void {
    this.#flight.left(this);
  }

  end(answer: Answer): void {
    this.#signal.removeEventListener('abort', this);
    this.#onAnswer(answer);
  }
}

/** Several of them: fifty thousand may ask for one job, and each come and go in no time. */
class Askers {
  readonly all = new Set<Asker>();
  /** Of the newest. */
  since = 0;

  constructor(askers: readonly Asker[]) {
    for (const asker of askers) this.add(asker);
  }

  add(asker: Asker): void {
    this.all.add(asker);
    this.since = asker.since;
  }

  isEmptyWithout(askers: readonly Asker[]): boolean {
    for (const asker of askers) this.all.delete(asker);
    return this.all.size === 0;
  }
}
