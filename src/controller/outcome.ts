/**
 * How the work on a key ends, named by intent. `controller.ts` has the one switch that turns it into a change
 * of the timetable.
 *
 * Precedence: a key that was added again during its reconciliation runs again immediately, whatever the
 * outcome. An outcome's time replaces the time set before it. Each outcome ends a series of throws: the delay
 * after the next throw is the shortest again.
 */
export type Outcome = { readonly kind: 'pollAt'; readonly at: number } | { readonly kind: 'awaitChange' };

/** Reconcile again at `at` (clock `now`). */
export function pollAt(at: number): Outcome {
  return { kind: 'pollAt', at };
}

/** Nothing to do until the key is added again. */
export function awaitChange(): Outcome {
  return { kind: 'awaitChange' };
}
