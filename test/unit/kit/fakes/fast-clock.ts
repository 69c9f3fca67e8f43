/**
 * A clock that runs many times as fast as the system's, for tests with real connections: what takes an hour
 * in operation takes seconds.
 */
import { type Clock, sleepOn, systemClock } from '../../../../src/base/clock.ts';

export class FastClock implements Clock {
  /** Sum of all sleeps that were requested, ms of this clock. */
  slept = 0;
  readonly #factor: number;
  readonly #began = systemClock.now();

  constructor(factor: number) {
    this.#factor = factor;
  }

  now(): number {
    return this.#began + (systemClock.now() - this.#began) * this.#factor;
  }

  date(): Date {
    return new Date(this.now());
  }

  after(ms: number, callback: () => void): ReturnType<Clock['after']> {
    return systemClock.after(ms / this.#factor, callback);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.slept += ms;
    return sleepOn(this, ms, signal);
  }
}
