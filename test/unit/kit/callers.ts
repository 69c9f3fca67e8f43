/**
 * Callers for tests of a budget: each waits in the backlog, and calls once with a permit, as requests do.
 */
import type { Clock } from '../../../src/base/clock.ts';
import type { Waiting } from '../../../src/cloud/budget/backlog.ts';
import type { Budget } from '../../../src/cloud/budget/budget.ts';
import type { Priority } from '../../../src/job/model/cloud-port.ts';

export interface Caller extends Waiting {
  /** Makes the call, and resolves when that has ended. Must not reject. */
  readonly call: () => Promise<void>;
}

export function aCaller(call: () => Promise<void>, more: Partial<Omit<Caller, 'call'>> = {}): Caller {
  return { priority: 'scheduled', namespace: 'media', deadline: 0, withdrawn: false, ...more, call };
}

/** Has the caller call with a permit of the budget. After its call it may be added again. */
export function addCaller(budget: Budget<Caller>, caller: Caller): void {
  budget.backlog.add(caller);
  dispatch(budget);
}

/** Adds `count` callers that note in `sent` when they call. Each waits again at once if `isEndless`. */
export function addCallers(
  budget: Budget<Caller>,
  clock: Pick<Clock, 'now'>,
  sent: number[],
  count: number,
  { isEndless = false, priority = 'scheduled' as Priority } = {},
): void {
  for (let index = 0; index < count; index += 1) {
    const caller = aCaller(
      async () => {
        sent.push(clock.now());
        if (isEndless) addCaller(budget, caller);
      },
      { priority, deadline: clock.now() },
    );
    addCaller(budget, caller);
  }
}

function dispatch(budget: Budget<Caller>): void {
  for (let caller = budget.next(); caller; caller = budget.next()) void serve(budget, caller);
  while (budget.needsPermits) void budget.morePermits().then(() => dispatch(budget));
}

async function serve(budget: Budget<Caller>, caller: Caller): Promise<void> {
  budget.spend();
  await caller.call();
  budget.ended();
  dispatch(budget);
}
