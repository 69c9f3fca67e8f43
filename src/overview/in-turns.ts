/**
 * Handles many items in turns of the event loop: calls, probes and status writes run in between, however many
 * objects there are.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Rows that are filtered, sorted or merged in one turn: 2 ms. */
const ROWS_PER_TURN = 2_000;

/** Calls back for each item. @param perTurn items between two turns */
export async function forEachInTurns<Item>(
  items: Iterable<Item>,
  each: (item: Item) => void,
  perTurn = ROWS_PER_TURN,
): Promise<void> {
  let done = 0;
  for (const item of items) {
    each(item);
    done += 1;
    if (done % perTurn === 0) await nextTurn();
  }
}

/** Sorts into a new array: parts that fit a turn, which are then merged. Equal items keep their order. */
export async function sortInTurns<Item>(
  items: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Promise<Item[]> {
  let parts: Item[][] = [];
  for (let from = 0; from < items.length; from += ROWS_PER_TURN) {
    if (from > 0) await nextTurn();
    parts.push(items.slice(from, from + ROWS_PER_TURN).sort(compare));
  }
  while (parts.length > 1) {
    const merged: Item[][] = [];
    for (let index = 0; index < parts.length; index += 2)
      merged.push(await merge(parts[index] ?? [], parts[index + 1] ?? [], compare));
    parts = merged;
  }
  return parts[0] ?? [];
}

/** @param left of equal items, those come first */
async function merge<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (a: Item, b: Item) => number,
): Promise<Item[]> {
  const merged: Item[] = [];
  let [fromLeft, fromRight] = [0, 0];
  while (fromLeft < left.length && fromRight < right.length) {
    const [a, b] = [left[fromLeft] as Item, right[fromRight] as Item];
    const isLeft = compare(a, b) <= 0;
    merged.push(isLeft ? a : b);
    if (isLeft) fromLeft += 1;
    else fromRight += 1;
    if (merged.length % ROWS_PER_TURN === 0) await nextTurn();
  }
  return merged.concat(left.slice(fromLeft), right.slice(fromRight));
}
