/** Arithmetic on a number of calls a minute. Pure. */

export interface Pacing {
  /** Mean time between two calls, ms. */
  readonly minTimeMs: number;
  /** Permits that come together. */
  readonly burst: number;
  /** Permits that are kept for urgent requests between two bursts. */
  readonly reserve: number;
  /** How many permits may be reserved ahead where each comes alone. */
  readonly ahead: number;
}

/**
 * How the calls of a budget are spread over the minute.
 *
 * With a slack b of 1% of the budget N, the rate is (N − 2b)/min, and bursts of b/2 are 0.3 s apart. In any
 * 60 s there are at most these calls more than the rate: the permits that are left when the 60 s begin (less
 * than burst + reserve), the burst at their beginning, and one that a stall made late. Together they are at
 * most 2b, and 1.7b for a large budget: the rest is for calls of the process before this one that arrive
 * late. A tiny budget gives up half instead.
 */
export function pacing(callsPerMinute: number): Pacing {
  const slack = Math.max(1, Math.floor(callsPerMinute / 100));
  const rate = Math.max(callsPerMinute - 2 * slack, callsPerMinute / 2);
  return {
    minTimeMs: 60_000 / rate,
    burst: Math.max(1, Math.floor(slack / 2)),
    reserve: Math.floor(slack / 5),
    ahead: Math.min(slack, 20),
  };
}

/** Calls a second that an account gets while it is not throttled. */
export function fullCallsPerSecond(callsPerMinute: number): number {
  return 1_000 / pacing(callsPerMinute).minTimeMs;
}
