/**
 * What an election gives: leave to act, and until when.
 */

/** The time from taking the lead to losing it. */
export interface Term {
  /** Looks at the clock: false from the moment at which another process may lead. To be asked before each call and write. */
  readonly holds: () => boolean;
  /** Aborted when it is over. */
  readonly signal: AbortSignal;
}

/** What is done while leading. Must end soon after the term is over, or all is to stop. */
export type Lead = (term: Term) => Promise<void>;

export interface Election {
  /** Whether it is known who leads, or was at some time. */
  readonly isSettled: boolean;
  readonly isLeading: boolean;
  /** Calls `lead` for each term, one after the other. Resolves when `signal` is aborted, the last `lead` has ended and the lead is released. */
  run(lead: Lead, signal: AbortSignal): Promise<void>;
}

/** For a process that has no rivals: one term, from the first moment to the last. */
export const ALWAYS_LEADING: Election = {
  isSettled: true,
  isLeading: true,
  run: (lead) => lead({ holds: () => true, signal: new AbortController().signal }),
};
