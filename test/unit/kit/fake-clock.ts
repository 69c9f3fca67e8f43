/**
 * A clock that a test steps. Timers ring in order, and what they set off runs before the next one rings.
 */
import { type Clock, sleepOn, type Timer } from '../../../src/base/clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** More timers than this at one instant are a loop that spins, which would never end a test. */
const MOST_AT_ONE_INSTANT = 10_000;

export class FakeClock implements Clock {
  #now: number;
  /** What the wall clock shows more than `now`: set it to let the wall clock step. */
  wallOffsetMs = 0;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(now: number | string = '2026-01-01T00:00:00Z') {
    this.#now = typeof now === 'number' ? now : Date.parse(now);
  }

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#now + this.wallOffsetMs);
  }

  after(ms: number, callback: () => void): Timer {
    this.#order += 1;
    const pending: Pending = { at: this.#now + Math.max(0, ms), order: this.#order, callback };
    this.#pending.add(pending);
    return { cancel: () => void this.#pending.delete(pending) };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  /** How many timers are set. */
  get timers(): number {
    return this.#pending.size;
  }

  /** The process sleeps for `ms`: whatever fell due meanwhile rings afterwards, late. */
  async freeze(ms: number): Promise<void> {
    this.skip(ms);
    await this.advance(0);
  }

  /** `ms` have passed, and no timer has had its turn yet. */
  skip(ms: number): void {
    this.#now += ms;
  }

  /** Lets `ms` pass, ringing every timer that falls due, those set meanwhile included. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    let atOneInstant = 0;
    for (let next = this.#nextBy(end); next; next = this.#nextBy(end)) {
      atOneInstant = next.at > this.#now ? 0 : atOneInstant + 1;
      if (atOneInstant > MOST_AT_ONE_INSTANT) throw new Error('time stands still: timers ring without end');
      this.#now = Math.max(this.#now, next.at);
      this.#pending.delete(next);
      next.callback();
      await settled();
    }
    this.#now = end;
  }

  #nextBy(end: number): Pending | undefined {
    const due = [...this.#pending].filter(({ at }) => at <= end);
    return due.sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

/** Until promises and immediates that are ready have run; a few turns, as one leads to the next. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
