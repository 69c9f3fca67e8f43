/**
 * What it costs to keep a cluster's targets observed, in calls a second: one by one (Get), or by sweeps of its list; pure. And which
 * of the two an account is given when it may choose.
 */

/** How an account is observed: by Get alone, by List wherever it takes fewer calls, or by List where Get would not fit the budget. */
export type ObserveWith = 'auto' | 'get' | 'list';

/** Targets by interval, ms. */
export type Targets = ReadonlyMap<number, number>;

/** One call for each target and interval. Summed up by interval, and so free of the noise of adding thousands of small numbers. */
export function getCost(targets: Targets): number {
  let calls = 0;
  for (const [intervalMs, count] of targets) calls += (count * 1_000) / intervalMs;
  return calls;
}

/**
 * A cluster's targets come due together. With N1 of them at the shortest interval i1, N2 in all at the two shortest, and so on, and
 * each interval a multiple of the ones before it: at the instants of ik and not of ik+1 there are Nk targets due, and as many calls
 * as these or the pages, whichever are fewer. That is the sum of min(Nk, pages) × (1/ik − 1/ik+1).
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

/** What an account does, and since when (clock `now`). */
export interface Choice {
  readonly lists: boolean;
  readonly at: number;
}

/** Near the budget each call that fails or comes late delays others; far below it, every target may as well be asked by itself. */
const LIST_ABOVE = 0.8;
const GET_BELOW = 0.5;
/** Each change moves every poll's instant, so they must be rare. */
const CHANGE_EVERY_MS = 10 * 60_000;

/** @param load what asking one by one would take of the budget, 1 being all of it */
export function choose(before: Choice, load: number, now: number): Choice {
  if (now - before.at < CHANGE_EVERY_MS) return before;
  const lists = before.lists ? load >= GET_BELOW : load > LIST_ABOVE;
  return lists === before.lists ? before : { lists, at: now };
}

export const AT_FIRST: Choice = { lists: false, at: Number.NEGATIVE_INFINITY };
