/**
 * Counts the calls of the last 60 s. The count is never too low: it works in slots of 100 ms, and a slot
 * counts whole until all of it is older than 60 s.
 */

const SLOT_MS = 100;
const SLOTS = 60_000 / SLOT_MS + 1;

export class SlidingWindow {
  /** Calls by slot, at index `slot mod SLOTS`. 1.2 KiB, so created with the first call. */
  #calls: Uint16Array | undefined;
  /** The newest slot. Slots that are more than 60 s older are already subtracted from the total. */
  #newest = 0;
  #total = 0;

  /** @param now clock `now`; in all methods, never smaller than in the call before */
  add(now: number): void {
    this.#forget(now);
    this.#count(this.#newest, 1);
  }

  /** Number of calls in the last 60 s. */
  total(now: number): number {
    this.#forget(now);
    return this.#total;
  }

  /** Earliest time, clock `now`, at which the count is below `limit` if no call is made until then. */
  belowAt(limit: number, now: number): number {
    let left = this.total(now);
    if (left < limit) return now;
    for (let slot = this.#newest - SLOTS + 1; slot <= this.#newest; slot += 1) {
      left -= this.#calls?.[slot % SLOTS] ?? 0;
      if (left < limit) return (slot + SLOTS) * SLOT_MS;
    }
    return now;
  }

  /** Adds the calls of another window. */
  include(other: SlidingWindow, now: number): void {
    this.#forget(now);
    other.#forget(now);
    const calls = other.#calls;
    if (!calls) return;
    for (let slot = this.#newest - SLOTS + 1; slot <= this.#newest; slot += 1)
      this.#count(slot, calls[slot % SLOTS] ?? 0);
  }

  #count(slot: number, calls: number): void {
    this.#calls ??= new Uint16Array(SLOTS);
    this.#calls[slot % SLOTS] = (this.#calls[slot % SLOTS] ?? 0) + calls;
    this.#total += calls;
  }

  #forget(now: number): void {
    const newest = Math.floor(now / SLOT_MS);
    const passed = Math.min(newest - this.#newest, SLOTS);
    this.#newest = newest;
    if (!this.#calls) return;
    for (let slot = newest - passed + 1; slot <= newest; slot += 1) {
      this.#total -= this.#calls[slot % SLOTS] ?? 0;
      this.#calls[slot % SLOTS] = 0;
    }
  }
}
