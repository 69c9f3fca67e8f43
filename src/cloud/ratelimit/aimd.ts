/**
 * How much of its budget an account may use now; pure. All of it, until the cloud says that the quota is spent: then somebody else
 * spends it too. The share is halved, and won back bit by bit (additive increase, multiplicative decrease), so that those who
 * share a quota without knowing of each other come to share it evenly.
 */
export interface Aimd {
  /** Of the budget, above 0 and at most 1, right after the last throttling. */
  readonly share: number;
  /** Clock `now` of it. */
  readonly at: number;
}

/** Below this an account would hardly notice that the other has gone. */
const LEAST_SHARE = 1 / 32;

/** From a half back to all in 100 s, a little more than the minute over which the vendor counts. */
const WON_BACK = { share: 0.05, everyMs: 10_000 };

export const UNTHROTTLED: Aimd = { share: 1, at: 0 };

/** Calls under way together are throttled together: one decrease for all of them is for the caller to see to. */
export function throttled(rate: Aimd, now: number): Aimd {
  return { share: Math.max(LEAST_SHARE, shareAt(rate, now) / 2), at: now };
}

export function shareAt({ share, at }: Aimd, now: number): number {
  return Math.min(1, share + Math.floor((now - at) / WON_BACK.everyMs) * WON_BACK.share);
}
