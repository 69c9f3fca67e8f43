/**
 * An account's quota: a bound on the calls in any 60 s, not in each minute of the clock.
 *
 * A call that is refused for the quota does not spend it, so a client that waits as the answer says is let
 * through.
 */
import { SlidingWindow } from './sliding-window.ts';

const MINUTE_MS = 60_000;

/** What the vendor's page gives for one user. */
export const DEFAULT_CALLS_PER_MINUTE = 6_000;

export class Quota {
  callsPerMinute: number;
  readonly #spent = new SlidingWindow(MINUTE_MS);

  constructor(callsPerMinute: number) {
    this.callsPerMinute = callsPerMinute;
  }

  /**
   * 0 where a call at `now` (ms) is within the quota, which it then spends; else the milliseconds to wait.
   */
  admit(now: number): number {
    if (this.#spent.count(now) < this.callsPerMinute) {
      this.#spent.add(now);
      return 0;
    }
    // With n calls in the window, a place is free once the (n - limit + 1)-th oldest has left it.
    const leaver = this.#spent.at(this.#spent.count(now) - this.callsPerMinute);
    return leaver === undefined ? MINUTE_MS : leaver + MINUTE_MS - now;
  }

  /** Spends `calls` at `now`, as another tool of the same account would. */
  spend(calls: number, now: number): void {
    // What is spent at one moment is given back at one moment: more than the quota changes nothing.
    for (let call = 0; call < Math.min(calls, this.callsPerMinute); call++) this.#spent.add(now);
  }
}
