/**
 * A queue in which the earliest deadline goes first. A waiting item costs one entry in a heap.
 */
import TinyQueue from 'tinyqueue';

export interface Entry {
  readonly deadline: number;
  /** The item is no longer wanted: `pop` skips it. */
  withdrawn: boolean;
}

export class DeadlineQueue<Item extends Entry> {
  #heap: TinyQueue<Item>;

  constructor(first: Item) {
    this.#heap = heapOf([first]);
  }

  push(item: Item): void {
    this.#heap.push(item);
  }

  /** Removes and returns the next item that is not withdrawn. */
  pop(): Item | undefined {
    let item = this.#heap.pop();
    while (item?.withdrawn) item = this.#heap.pop();
    return item;
  }

  /** The earliest deadline of an item that is not withdrawn; infinite if there is none. */
  get earliest(): number {
    while (this.#heap.peek()?.withdrawn) this.#heap.pop();
    return this.#heap.peek()?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** Removes the withdrawn items. `pop` alone would keep those behind an item that waits for long. */
  forgetWithdrawn(): void {
    this.#heap = heapOf([...this]);
  }

  /** Number of items, withdrawn ones included. */
  get length(): number {
    return this.#heap.length;
  }

  /** All items that are not withdrawn, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const item of this.#heap.data) if (!item.withdrawn) yield item;
  }
}

function heapOf<Item extends Entry>(items: Item[]): TinyQueue<Item> {
  return new TinyQueue(items, (one, other) => one.deadline - other.deadline);
}
