/** Arithmetic on a number of calls a minute. Pure. */

export interface Pacing {
  /** Mean time between two calls, ms. */
  readonly minTimeMs: number;
  /** Permits that come together. */
  readonly burst: number;
  /** Permits that are kept for urgent requests between two bursts. */
  readonly reserve: number;
  /** How many bursts may be awaited at the same time where the budget is shared. */
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
 *
 * Processes that share the budget divide burst and reserve. Each awaits two bursts, because Redis takes time
 * to answer. All these may be late: with two processes or more the sum is 1.95b at most. Where a part of a
 * burst is less than 2, permits come one by one, and the processes divide 20 that may be late. Each awaits
 * one at least, so 100 processes await 100: if they all stall together, a sliding minute may have as many
 * calls more.
 */
export function pacing(callsPerMinute: number, processes = 1): Pacing {
  const slack = Math.max(1, Math.floor(callsPerMinute / 100));
  const rate = Math.max(callsPerMinute - 2 * slack, callsPerMinute / 2);
  const burst = Math.max(1, Math.floor(slack / 2 / processes));
  const isOneByOne = burst === 1;
  return {
    minTimeMs: 60_000 / rate,
    burst,
    reserve: Math.floor(slack / 5 / processes),
    ahead: isOneByOne ? Math.max(1, Math.floor(Math.min(slack, 20) / processes)) : Math.min(processes, 2),
  };
}

/** Calls a second that an account gets while it is not throttled. */
export function fullCallsPerSecond(callsPerMinute: number): number {
  return 1_000 / pacing(callsPerMinute).minTimeMs;
}
