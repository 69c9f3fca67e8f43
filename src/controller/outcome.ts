/**
 * What a reconciler answers about a key, named by intent. `controller.ts` has the one switch that turns it into queue verbs.
 *
 * Precedence: a key that was added again while it was being reconciled runs again at once, whatever the outcome says;
 * an outcome's time replaces the one set before it.
 */
export type Outcome =
  | { readonly kind: 'pollAt'; readonly at: number }
  | { readonly kind: 'retryAfter'; readonly ms: number }
  | { readonly kind: 'awaitChange' };

/** All is well: come back at `at` (on the clock's `now` scale). Forgets earlier failures. */
export function pollAt(at: number): Outcome {
  return { kind: 'pollAt', at };
}

/** It failed and may work later: come back after `ms` milliseconds. */
export function retryAfter(ms: number): Outcome {
  return { kind: 'retryAfter', ms };
}

/** Nothing to do until somebody adds the key again. */
export function awaitChange(): Outcome {
  return { kind: 'awaitChange' };
}
