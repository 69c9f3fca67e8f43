/**
 * Jobs that a cluster's list does not have, though they may be there: those that nobody has modified for 180 days. What was missed
 * twice in a row is not looked for there for an hour; once may have been chance, a job that moved to another page meanwhile.
 */
import type { Clock } from '../../base/clock.ts';

const KNOWN_FOR_MS = 60 * 60_000;
const CERTAIN = 2;

interface Miss {
  times: number;
  until: number;
}

export class Missing {
  readonly #clock: Clock;
  readonly #misses = new Map<string, Miss>();
  #tidyAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A whole sweep did not bring it. */
  note(jobID: string): void {
    const now = this.#clock.now();
    this.#tidy(now);
    const times = (this.#misses.get(jobID)?.times ?? 0) + 1;
    this.#misses.set(jobID, { times, until: now + KNOWN_FOR_MS });
  }

  /** It is in the list. */
  found(jobID: string): void {
    this.#misses.delete(jobID);
  }

  /** Whether it is of no use to look for it. */
  isKnown(jobID: string): boolean {
    const miss = this.#misses.get(jobID);
    return miss !== undefined && miss.times >= CERTAIN && this.#clock.now() < miss.until;
  }

  /** How many are held. */
  get size(): number {
    return this.#misses.size;
  }

  /** Of what nobody has looked for in two hours, the object has gone, or its job is found elsewhere. */
  #tidy(now: number): void {
    if (now < this.#tidyAt) return;
    this.#tidyAt = now + KNOWN_FOR_MS;
    for (const [jobID, { until }] of this.#misses) if (until + KNOWN_FOR_MS < now) this.#misses.delete(jobID);
  }
}
