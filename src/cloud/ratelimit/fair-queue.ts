/**
 * Those who wait in one priority: each party in its turn, the earliest deadline of one first. Waiting costs an entry in a heap.
 */
import TinyQueue from 'tinyqueue';

export interface Entry {
  readonly deadline: number;
  /** No longer wanted: skipped when its turn comes. */
  withdrawn: boolean;
}

export class FairQueue<Item extends Entry> {
  readonly #partyOf: (item: Item) => string;
  /** By party; whose turn is next comes first, as a Map keeps the order of insertion. */
  readonly #queues = new Map<string, TinyQueue<Item>>();

  constructor(partyOf: (item: Item) => string) {
    this.#partyOf = partyOf;
  }

  push(item: Item): void {
    const party = this.#partyOf(item);
    const queue = this.#queues.get(party);
    if (queue) queue.push(item);
    else this.#queues.set(party, new TinyQueue([item], (one, other) => one.deadline - other.deadline));
  }

  /** The next who is wanted. */
  pop(): Item | undefined {
    for (const [party, queue] of this.#queues) {
      let item = queue.pop();
      while (item?.withdrawn) item = queue.pop();
      this.#queues.delete(party);
      if (queue.length > 0) this.#queues.set(party, queue);
      if (item) return item;
    }
    return undefined;
  }

  clear(): void {
    this.#queues.clear();
  }

  /** Everybody who is wanted, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const { data } of this.#queues.values()) for (const item of data) if (!item.withdrawn) yield item;
  }
}
