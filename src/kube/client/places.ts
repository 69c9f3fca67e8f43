/**
 * A few places for work that takes much memory while it is under way. With `--namespaces` there are hundreds
 * of lists and watches, and large objects in all of them would otherwise be in memory at the same time.
 */
export class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param places how much work is under way at most */
  constructor(places: number) {
    this.#free = places;
  }

  /** Waits for a place, in the order of the calls. @returns a function that leaves it; to be called once */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return () => this.#leave();
  }

  /** Hands the place to what waits longest. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
