/**
 * A queue that several parties share. The parties take turns, and within a party the earliest deadline goes
 * first. A waiting item costs one entry in a heap.
 */
import { DeadlineQueue, type Entry } from './deadline-queue.ts';

export class FairQueue<Item extends Entry> {
  readonly #partyOf: (item: Item) => string;
  /** Items by party. A Map keeps the order of insertion, so the party whose turn is next comes first. */
  readonly #queues = new Map<string, DeadlineQueue<Item>>();

  constructor(partyOf: (item: Item) => string) {
    this.#partyOf = partyOf;
  }

  push(item: Item): void {
    const party = this.#partyOf(item);
    const queue = this.#queues.get(party);
    if (queue) queue.push(item);
    else this.#queues.set(party, new DeadlineQueue(item));
  }

  /**
   * Removes and returns the next item that is not withdrawn. A party's turn is not spent on withdrawn items.
   */
  pop(): Item | undefined {
    for (const [party, queue] of this.#queues) {
      const item = queue.pop();
      this.#queues.delete(party);
      if (queue.length > 0) this.#queues.set(party, queue);
      if (item) return item;
    }
    return undefined;
  }

  clear(): void {
    this.#queues.clear();
  }

  /** All items that are not withdrawn, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const queue of this.#queues.values()) yield* queue;
  }
}
