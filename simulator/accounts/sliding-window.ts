/** The times within a sliding window, and the most that were ever in it at once. */
export class SlidingWindow {
  readonly #length: number;
  #times: number[] = [];
  /** What is before this index has left the window; cut off now and then, so that leaving costs nothing. */
  #first = 0;
  #most = 0;

  /** @param length of the window in milliseconds. Two times exactly this far apart are not in it together. */
  constructor(length: number) {
    this.#length = length;
  }

  /** The most times that any window had in it so far. */
  get most(): number {
    return this.#most;
  }

  add(now: number): void {
    this.#times.push(now);
    this.#most = Math.max(this.#most, this.count(now));
  }

  /** How many times are in the window that ends at `now`. */
  count(now: number): number {
    while (this.#first < this.#times.length && (this.#times[this.#first] ?? 0) <= now - this.#length) {
      this.#first++;
    }
    // 1,024: seldom enough to be free, often enough that the dead part stays in the kilobytes.
    if (this.#first > 1_024 && this.#first * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#first);
      this.#first = 0;
    }
    return this.#times.length - this.#first;
  }

  /** The `index`-th oldest time that was in the window at the last `count`. */
  at(index: number): number | undefined {
    return this.#times[this.#first + index];
  }
}
