/**
 * The calls per second that keep a cluster's jobs observed: one by one (Get), or by sweeps of its list. And
 * the choice between the two for each account. Pure.
 */

/**
 * `get`: one by one; `list`: by List wherever that takes fewer calls; `auto`: by List where Get would not fit
 * the budget.
 */
export type ObserveWith = 'auto' | 'get' | 'list';

/** Number of targets by interval, ms. */
export type Targets = ReadonlyMap<number, number>;

/**
 * Counts one call per target and interval. Adds up by interval, which avoids the noise of adding thousands of
 * small numbers.
 */
export function getCost(targets: Targets): number {
  let calls = 0;
  for (const [intervalMs, count] of targets) calls += (count * 1_000) / intervalMs;
  return calls;
}

/**
 * Counts the calls of a cluster whose targets come due together. Let N1 targets have the shortest interval
 * i1, N2 the two shortest intervals together, and so on, and let each interval be a multiple of the one
 * before. At an instant of ik that is not one of ik+1, Nk targets are due, and the calls are these or the
 * pages, whichever are fewer. The sum is min(Nk, pages) × (1/ik − 1/ik+1).
 */
export function sweepCost(targets: Targets, pages: number): number {
  const intervals = [...targets.keys()].sort((a, b) => a - b);
  let calls = 0;
  let due = 0;
  for (const [index, intervalMs] of intervals.entries()) {
    due += targets.get(intervalMs) ?? 0;
    const next = intervals[index + 1] ?? Number.POSITIVE_INFINITY;
    calls += Math.min(due, pages) * (1_000 / intervalMs - 1_000 / next);
  }
  return calls;
}

export function countOf(targets: Targets): number {
  let sum = 0;
  for (const count of targets.values()) sum += count;
  return sum;
}

/** Whether an account lists, and since when (clock `now`). */
export interface Choice {
  readonly lists: boolean;
  readonly at: number;
}

/**
 * Near the budget each late or failed call delays others. Far below it, one call per job costs nothing that
 * is missed.
 */
const LIST_ABOVE = 0.8;
const GET_BELOW = 0.5;
/** Shortest time between two changes. 10 min: each change moves the instants of all polls. */
const CHANGE_EVERY_MS = 10 * 60_000;

/** @param load the part of the budget that polling one by one would take; 1 is all of it */
export function choose(before: Choice, load: number, now: number): Choice {
  if (now - before.at < CHANGE_EVERY_MS) return before;
  const lists = before.lists ? load >= GET_BELOW : load > LIST_ABOVE;
  return lists === before.lists ? before : { lists, at: now };
}

export const AT_FIRST: Choice = { lists: false, at: Number.NEGATIVE_INFINITY };
