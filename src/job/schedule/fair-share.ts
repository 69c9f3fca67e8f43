/**
 * Max-min fairness: how much of a capacity each of several parties gets. Pure.
 */

/**
 * Returns the level up to which demands are served: a party that needs less gets all that it needs, and the
 * others get the level. Infinite if the capacity serves all. It is never below an even part of the capacity,
 * so no party can take anything from another that needs less than that.
 */
export function levelOf(demands: Iterable<number>, capacity: number): number {
  const sorted = [...demands].sort((a, b) => a - b);
  let left = capacity;
  for (const [index, demand] of sorted.entries()) {
    const level = left / (sorted.length - index);
    if (demand > level) return level;
    left -= demand;
  }
  return Number.POSITIVE_INFINITY;
}
