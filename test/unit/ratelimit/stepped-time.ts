/**
 * Stepped time for code that also uses the global timers, as bottleneck does: `setTimeout` and `Date.now` are
 * replaced until `restore`.
 *
 * A step works like a stalled event loop of that length: everything that falls due in it runs at its end. So
 * a test that steps by a second has seen what a second's stall does.
 */
import { type Clock, sleepOn, type Timer } from '../../../src/base/clock.ts';

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

const real = { setTimeout, clearTimeout, Date };

export class SteppedTime implements Clock {
  readonly #pending = new Map<object, Pending>();
  #now = Date.parse('2026-01-01T00:00:00Z');
  /** What the wall clock shows more than `now`. */
  wallOffsetMs = 0;

  constructor() {
    const wall = () => this.#now + this.wallOffsetMs;
    const set = (callback: () => void, ms: number) => {
      const timer = { ref: () => timer, unref: () => timer };
      this.#pending.set(timer, { at: this.#now + Math.max(1, ms), callback });
      return timer;
    };
    const clear = (timer: object) => void this.#pending.delete(timer);
    class SteppedDate extends real.Date {
      static override now(): number {
        return wall();
      }
    }
    Object.assign(globalThis, { setTimeout: set, clearTimeout: clear, Date: SteppedDate });
  }

  restore(): void {
    Object.assign(globalThis, real);
  }

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new real.Date(this.#now + this.wallOffsetMs);
  }

  after(ms: number, callback: () => void): Timer {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, ms, signal);
  }

  /** Lets `ms` pass in steps of `step`. */
  async pass(ms: number, step = 1): Promise<void> {
    for (let left = ms; left > 0; left -= step) await this.stall(Math.min(step, left));
  }

  /** Nothing runs for `ms`; then all that has fallen due meanwhile. */
  async stall(ms: number): Promise<void> {
    this.#now += ms;
    const due = [...this.#pending]
      .filter(([, { at }]) => at <= this.#now)
      .sort(([, a], [, b]) => a.at - b.at);
    for (const [timer, { callback }] of due) if (this.#pending.delete(timer)) callback();
    // One turn of the event loop: code that only waits for promises has run after it.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
