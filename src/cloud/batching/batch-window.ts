/**
 * Waits until nobody has come for a while: who comes within moments of each other shares a sweep.
 */
import type { Clock, Timer } from '../../base/clock.ts';

export interface GatheringOptions {
  /** How many there are to ask for, as far as is known. */
  readonly pages: number;
  /** `joinedAt`: clock `now` when the last one came. */
  readonly host: { readonly joinedAt: number };
  /** Whether it is known that more will come. */
  readonly expectsMore: () => boolean;
  readonly then: () => void;
}

/** Who comes this soon after another comes along. A page's turn takes 10 ms at the highest rate: so long is worth waiting to save one. */
const QUIET_MS_A_PAGE = 10;
const LEAST_QUIET_MS = 50;
const MOST_QUIET_MS = 1_000;

/** Nobody waits longer for those who come after, however many there are; or, where it is known that there are more, than this. */
const LONGEST_GATHERING_MS = 2_000;
const LONGEST_EXPECTING_MS = 10_000;

export class Gathering {
  readonly #clock: Clock;
  readonly #options: GatheringOptions;
  readonly #quiet: number;
  readonly #began: number;
  #timer: Timer | undefined;

  /** May be over at once. */
  constructor(clock: Clock, options: GatheringOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#quiet = Math.min(Math.max(LEAST_QUIET_MS, options.pages * QUIET_MS_A_PAGE), MOST_QUIET_MS);
    this.#began = clock.now();
    this.#look();
  }

  cancel(): void {
    this.#timer?.cancel();
  }

  #look(): void {
    const { host, expectsMore, then } = this.#options;
    const now = this.#clock.now();
    const wait = Math.min(host.joinedAt + this.#quiet, this.#began + LONGEST_GATHERING_MS) - now;
    if (wait > 0) this.#timer = this.#clock.after(wait, () => this.#look());
    else if (expectsMore() && now < this.#began + LONGEST_EXPECTING_MS)
      this.#timer = this.#clock.after(this.#quiet, () => this.#look());
    else then();
  }
}
