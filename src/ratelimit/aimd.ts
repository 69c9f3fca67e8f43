/**
 * The share of its budget that an account may use now (additive increase, multiplicative decrease). Pure.
 *
 * The share is 1 until the cloud throttles a call: another tool of the account then spends the same quota.
 * Each throttling halves the share, which grows back slowly. So processes that share a quota without knowing
 * of each other come to share it evenly.
 */
export interface Aimd {
  /** Share of the budget right after the last throttling: above 0, at most 1. */
  readonly share: number;
  /** Time of the last throttling, clock `now`. */
  readonly at: number;
}

/** Least share. With a smaller one an account would hardly notice that the other tool has stopped. */
const LEAST_SHARE = 1 / 32;

/** Recovery from 1/2 to 1 in 100 s, a little more than the minute over which the vendor counts. */
const RECOVERY = { share: 0.05, everyMs: 10_000 };

export const UNTHROTTLED: Aimd = { share: 1, at: 0 };

/** Halves the share. The caller reports calls in flight together as one throttling. */
export function throttled(state: Aimd, now: number): Aimd {
  return { share: Math.max(LEAST_SHARE, shareAt(state, now) / 2), at: now };
}

export function shareAt({ share, at }: Aimd, now: number): number {
  return Math.min(1, share + Math.floor((now - at) / RECOVERY.everyMs) * RECOVERY.share);
}
