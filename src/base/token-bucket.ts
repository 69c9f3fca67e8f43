/**
 * Allows a burst, then a steady rate.
 */
import type { Clock } from './clock.ts';

export interface TokenBucketOptions {
  readonly burst: number;
  readonly perSecond: number;
}

export class TokenBucket {
  readonly #clock: Clock;
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #at: number;

  constructor(clock: Clock, options: TokenBucketOptions) {
    this.#clock = clock;
    this.#options = options;
    this.#tokens = options.burst;
    this.#at = clock.now();
  }

  /** Takes a token. @returns false when there is none */
  take(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Takes tokens that have been used already. The bucket may owe them: it gives none until they are back. */
  spend(tokens: number): void {
    this.#fill();
    this.#tokens -= tokens;
  }

  /** How long there is no token, ms; 0 while there is one. */
  get msUntilToken(): number {
    this.#fill();
    return Math.max(0, ((1 - this.#tokens) / this.#options.perSecond) * 1_000);
  }

  #fill(): void {
    const now = this.#clock.now();
    const { burst, perSecond } = this.#options;
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1_000) * perSecond);
    this.#at = now;
  }
}
