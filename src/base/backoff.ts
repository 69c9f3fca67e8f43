/**
 * Exponential back-off with jitter: a pure function of the attempt.
 */
export interface Backoff {
  /** The delay after the first failure, ms. */
  readonly baseMs: number;
  /** No delay is longer, ms. */
  readonly maxMs: number;
}

/**
 * How long to wait after the `attempt`-th failure in a row (1 is the first).
 *
 * Half of the delay is fixed and half is random: clients that failed together retry at different times, and
 * none immediately.
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const doublings = Math.min(Math.max(0, attempt - 1), 40);
  const full = Math.min(backoff.maxMs, backoff.baseMs * 2 ** doublings);
  return full / 2 + (full / 2) * random();
}
