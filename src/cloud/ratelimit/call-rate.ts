/**
 * What a number of calls a minute comes to; pure.
 */

/**
 * The shortest time between two calls, ms, and how many turns may be reserved ahead.
 *
 * With a burst b of 1% of the budget N, the pace is (N − 2b)/min: one b for turns that begin late and so close together, one b for
 * what another process of the same account still has on its way. Tiny budgets give up half instead.
 */
export function pacing(callsPerMinute: number): { readonly minTimeMs: number; readonly ahead: number } {
  const burst = Math.max(1, Math.floor(callsPerMinute / 100));
  const pace = Math.max(callsPerMinute - 2 * burst, callsPerMinute / 2);
  return { minTimeMs: 60_000 / pace, ahead: Math.min(burst, 20) };
}

/**
 * How many calls may be made while it is not known yet whose they are: they come on top of what the account spends already, until it
 * adopts them. Keys are looked up 5 a second (`Sts`), so with an answer within 2 s ten are unknown together: one burst.
 */
export function callsOnTrust(callsPerMinute: number): number {
  return Math.max(1, Math.floor(callsPerMinute / 1_000));
}

/** What an account is given while nothing is amiss. */
export function fullCallsPerSecond(callsPerMinute: number): number {
  return 1_000 / pacing(callsPerMinute).minTimeMs;
}
