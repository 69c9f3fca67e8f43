/**
 * A clock that the test steps. Timers fire in order, and the effects of one run before the next one fires.
 */
import { type Clock, sleepOn, type Timer } from '../../../../src/base/clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Most timers at one instant. 10,000: more are a loop that would never end. */
const MOST_AT_ONE_INSTANT = 10_000;

export class FakeClock implements Clock {
  #now: number;
  /** The difference of the wall clock to `now`, ms. A test sets it to let the wall clock step. */
  wallOffsetMs = 0;
  /** Number of times that timers have fired: those of one instant count once, as they wake a process once. */
  wakes = 0;
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

  /** The number of set timers. */
  get timers(): number {
    return this.#pending.size;
  }

  /** Pauses the process for `ms`: timers that became due meanwhile fire late, afterwards. */
  async freeze(ms: number): Promise<void> {
    this.skip(ms);
    await this.advance(0);
  }

  /** Moves time on by `ms` without firing any timer. */
  skip(ms: number): void {
    this.#now += ms;
  }

  /** Lets `ms` pass, and fires every timer that becomes due, including those set meanwhile. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settled();
    let atOneInstant = 0;
    for (let next = this.#nextBy(end); next; next = this.#nextBy(end)) {
      atOneInstant = next.at > this.#now ? 0 : atOneInstant + 1;
      if (atOneInstant === 0) this.wakes += 1;
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

/**
 * Waits until ready promises and immediates have run: a few turns of the event loop, as one leads to the
 * next.
 */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
