/**
 * A queue in which the earliest deadline goes first. A waiting item costs one entry in a heap. A withdrawn
 * item leaves the heap when it comes to the front, or with many others.
 */
import TinyQueue from 'tinyqueue';

export interface Entry {
  readonly deadline: number;
  /** The item is no longer wanted: `pop` skips it. */
  withdrawn: boolean;
}

/**
 * A heap with more withdrawn items than waiting ones, and these, is rebuilt: objects that are created and
 * deleted again and again must not fill the memory. Seldom enough to cost little for each item.
 */
const MOST_WITHDRAWN = 32;

export class DeadlineQueue<Item extends Entry> {
  #heap: TinyQueue<Item>;
  #size = 1;

  constructor(first: Item) {
    this.#heap = heapOf([first]);
  }

  /** Number of items that are not withdrawn. */
  get size(): number {
    return this.#size;
  }

  push(item: Item): void {
    this.#heap.push(item);
    this.#size += 1;
  }

  /** Takes note of an item that was withdrawn. */
  withdrew(): void {
    this.#size -= 1;
    if (this.#heap.length > 2 * this.#size + MOST_WITHDRAWN) this.#heap = heapOf([...this]);
  }

  /** Removes and returns the next item that is not withdrawn. */
  pop(): Item | undefined {
    this.#skipWithdrawn();
    const item = this.#heap.pop();
    if (item) this.#size -= 1;
    return item;
  }

  /** The earliest deadline of an item that is not withdrawn; infinite if there is none. */
  get earliest(): number {
    this.#skipWithdrawn();
    return this.#heap.peek()?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** All items that are not withdrawn, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const item of this.#heap.data) if (!item.withdrawn) yield item;
  }

  #skipWithdrawn(): void {
    while (this.#heap.peek()?.withdrawn) this.#heap.pop();
  }
}

function heapOf<Item extends Entry>(items: Item[]): TinyQueue<Item> {
  return new TinyQueue(items, (one, other) => one.deadline - other.deadline);
}
