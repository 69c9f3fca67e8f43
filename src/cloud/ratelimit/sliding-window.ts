/**
 * How many calls were made in the last 60 s, told never too low: it counts in slots of 100 ms, and a slot that is half over counts
 * whole.
 */

const SLOT_MS = 100;
const SLOTS = 60_000 / SLOT_MS + 1;

export class SlidingWindow {
  /** Calls by slot, `slot mod SLOTS`; 1.2 KiB, made with the first call. */
  #calls: Uint16Array | undefined;
  /** The slot that everything older than 60 s is forgotten for. */
  #newest = 0;
  #total = 0;

  /** @param now clock `now`, never smaller than before, in all of these */
  add(now: number): void {
    this.#forget(now);
    this.#count(this.#newest, 1);
  }

  /** As if the minute before `until` had been filled with calls at an even pace. */
  assume(callsPerMinute: number, until: number, now: number): void {
    this.#forget(now);
    const callsIn = (slots: number) => Math.floor((callsPerMinute * slots) / (SLOTS - 1));
    const last = Math.floor(until / SLOT_MS);
    for (let age = Math.max(0, this.#newest - last); age < SLOTS - 1; age += 1)
      this.#count(this.#newest - age, callsIn(age + 1) - callsIn(age));
  }

  /** Calls in the last 60 s. */
  total(now: number): number {
    this.#forget(now);
    return this.#total;
  }

  /** From when on, clock `now`, fewer than `limit` calls lie in 60 s, if none is made meanwhile. */
  belowAt(limit: number, now: number): number {
    let left = this.total(now);
    if (left < limit) return now;
    for (let slot = this.#newest - SLOTS + 1; slot <= this.#newest; slot += 1) {
      left -= this.#calls?.[slot % SLOTS] ?? 0;
      if (left < limit) return (slot + SLOTS) * SLOT_MS;
    }
    return now;
  }

  /** Counts another's calls as well. */
  include(other: SlidingWindow, now: number): void {
    this.#forget(now);
    other.#forget(now);
    for (let slot = this.#newest - SLOTS + 1; slot <= this.#newest; slot += 1)
      this.#count(slot, other.#calls?.[slot % SLOTS] ?? 0);
  }

  #count(slot: number, calls: number): void {
    if (calls === 0) return;
    this.#calls ??= new Uint16Array(SLOTS);
    this.#calls[slot % SLOTS] = (this.#calls[slot % SLOTS] ?? 0) + calls;
    this.#total += calls;
  }

  #forget(now: number): void {
    const newest = Math.floor(now / SLOT_MS);
    const passed = Math.min(newest - this.#newest, SLOTS);
    this.#newest = newest;
    if (!this.#calls || this.#total === 0) return;
    for (let slot = newest - passed + 1; slot <= newest; slot += 1) {
      this.#total -= this.#calls[slot % SLOTS] ?? 0;
      this.#calls[slot % SLOTS] = 0;
    }
  }
}
