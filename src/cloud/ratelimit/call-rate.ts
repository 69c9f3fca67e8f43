/** Arithmetic on a number of calls a minute. Pure. */

/**
 * Shortest time between two calls, ms, and how many permits may be reserved ahead.
 *
 * With a burst b of 1% of the budget N, the rate is (N − 2b)/min. One b is for permits that begin late and so
 * close together, one b for the calls that another process of the account has in flight. A tiny budget gives
 * up half instead.
 */
export function pacing(callsPerMinute: number): { readonly minTimeMs: number; readonly ahead: number } {
  const burst = Math.max(1, Math.floor(callsPerMinute / 100));
  const rate = Math.max(callsPerMinute - 2 * burst, callsPerMinute / 2);
  return { minTimeMs: 60_000 / rate, ahead: Math.min(burst, 20) };
}

/** Calls a second that an account gets while it is not throttled. */
export function fullCallsPerSecond(callsPerMinute: number): number {
  return 1_000 / pacing(callsPerMinute).minTimeMs;
}
