/**
 * What an election grants: a term of leadership, and its end.
 */

/** Term of leadership: from taking the lead to losing it. */
export interface Term {
  /**
   * Reads the clock: false from the moment when another process may lead. Check it before each call and
   * write.
   */
  readonly holds: () => boolean;
  /** Aborted when the term is over. */
  readonly signal: AbortSignal;
}

/** Work of the leader. It must end soon after the term is over or the process is stopping. */
export type Lead = (term: Term) => Promise<void>;

export interface Election {
  /** Whether the leader is known, or has been known at some time. */
  readonly isSettled: boolean;
  readonly isLeading: boolean;
  /** The process that leads, as its Lease names it. Undefined: not known, or there is no Lease. */
  readonly leader: string | undefined;
  /**
   * Calls `lead` for each term, one after the other. Resolves when `signal` is aborted, the last `lead` has
   * ended and the lead is released.
   */
  run(lead: Lead, signal: AbortSignal): Promise<void>;
}

/** Election of a process without rivals: one term, from the first moment to the last. */
export const ALWAYS_LEADING: Election = {
  isSettled: true,
  isLeading: true,
  leader: undefined,
  run: (lead) => lead({ holds: () => true, signal: new AbortController().signal }),
};
