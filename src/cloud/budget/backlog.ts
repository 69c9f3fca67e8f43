/**
 * The requests of one account that wait for a permit, and the order in which they get it. Namespaces share
 * the permits evenly: each permit goes to the namespace that had the fewest. So a namespace that needs less
 * than its share never waits for the rest of another's queue, whatever priority that has. Every second permit
 * goes to the namespaces with an urgent request that are not far ahead of their share: a new object need not
 * wait for the polls of others. A waiting request costs one entry of a heap: no timer, no socket.
 */
import type { Priority } from '../../job/model/cloud-port.ts';
import { NamespaceQueue, type Waiting } from './namespace-queue.ts';

export type { Waiting } from './namespace-queue.ts';

/**
 * How many permits ahead of its share a namespace may be and still get the permits for urgent requests. 5: a
 * few new objects are served at once; a namespace that requests refreshes without end gets its share.
 */
const MOST_AHEAD = 5;

export class Backlog<Item extends Waiting> {
  /**
   * A queue for each namespace, kept while it is ahead of its share although nothing waits. A Map keeps the
   * order of insertion: of two namespaces with equally many permits, the one that waits longer comes first.
   */
  readonly #queues = new Map<string, NamespaceQueue<Item>>();
  readonly #sizes: Record<Priority, number> = { urgent: 0, scheduled: 0, retry: 0 };
  /**
   * Fewest permits of any waiting namespace. A new one starts with this count, so idle time saves nothing up.
   */
  #level = 0;
  #isForUrgent = true;

  add(item: Item): void {
    const queue = this.#queueOf(item.namespace);
    if (queue.total === 0) queue.permits = Math.max(queue.permits, this.#level);
    queue.add(item);
    this.#sizes[item.priority] += 1;
  }

  /** Withdraws an item. Its entry leaves the queue when it comes to the front, or with many others. */
  withdraw(item: Item): void {
    if (item.withdrawn) return;
    item.withdrawn = true;
    this.#sizes[item.priority] -= 1;
    const queue = this.#queues.get(item.namespace);
    if (!queue) return;
    queue.withdrew(item);
    this.#keepIfNeeded(queue);
  }

  /** @param now clock `now`: polls that are late by then have their turns. Default: all have. */
  next(now = Number.POSITIVE_INFINITY): Item | undefined {
    const least = this.#least(({ total }) => total > 0);
    if (!least) {
      // No request competes: that a namespace was ahead does not matter any more.
      this.#queues.clear();
      return undefined;
    }
    this.#level = Math.max(this.#level, least.permits);
    const isForUrgent = this.#isForUrgent;
    this.#isForUrgent = !isForUrgent;
    const limit = this.#level + MOST_AHEAD;
    const urgent = isForUrgent && this.#least((queue) => queue.isUrgentNext(now) && queue.permits <= limit);
    const queue = urgent || least;
    return this.#take(queue, queue.next(now));
  }

  /**
   * The next urgent item of a namespace that is not far ahead of its share and does not owe its late polls
   * many turns, even if it is the turn of a poll; undefined if there is none.
   */
  nextUrgent(now = Number.POSITIVE_INFINITY): Item | undefined {
    if (this.#sizes.urgent === 0) return undefined;
    const least = this.#least(({ total }) => total > 0);
    this.#level = Math.max(this.#level, least?.permits ?? 0);
    const limit = this.#level + MOST_AHEAD;
    const queue = this.#least((each) => each.permits <= limit && each.mayGoOutOfTurn(now));
    if (!queue) return undefined;
    this.#isForUrgent = false;
    return this.#take(queue, queue.nextUrgent(now));
  }

  /** Gives a namespace its last permit back: the item that `next` returned did not use it. */
  refund(namespace: string): void {
    const queue = this.#queues.get(namespace);
    if (!queue) return;
    queue.permits -= 1;
    this.#keepIfNeeded(queue);
  }

  clear(): void {
    for (const item of this) this.withdraw(item);
    this.#queues.clear();
  }

  /** All items that wait, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const queue of this.#queues.values()) yield* queue;
  }

  /** Number of items of a priority that wait and are not withdrawn. */
  size(name: Priority): number {
    return this.#sizes[name];
  }

  get total(): number {
    return this.#sizes.urgent + this.#sizes.scheduled + this.#sizes.retry;
  }

  /** Number of namespaces in memory. */
  get namespaces(): number {
    return this.#queues.size;
  }

  /** The namespace that had the fewest permits; of equal ones, the one that waits longest. */
  #least(isMeant: (queue: NamespaceQueue<Item>) => boolean): NamespaceQueue<Item> | undefined {
    let least: NamespaceQueue<Item> | undefined;
    for (const queue of this.#queues.values())
      if (isMeant(queue) && queue.permits < (least?.permits ?? Number.POSITIVE_INFINITY)) least = queue;
    return least;
  }

  /** Takes note of the item that was removed from a queue. */
  #take(queue: NamespaceQueue<Item>, item: Item | undefined): Item | undefined {
    this.#queues.delete(queue.namespace);
    this.#queues.set(queue.namespace, queue);
    this.#keepIfNeeded(queue);
    if (item) this.#sizes[item.priority] -= 1;
    return item;
  }

  /** Forgets a queue that is empty, unless its namespace is ahead of its share. */
  #keepIfNeeded({ namespace, total, permits }: NamespaceQueue<Item>): void {
    if (total === 0 && permits <= this.#level) this.#queues.delete(namespace);
  }

  #queueOf(namespace: string): NamespaceQueue<Item> {
    const known = this.#queues.get(namespace);
    if (known) return known;
    const queue = new NamespaceQueue<Item>(namespace, this.#level);
    this.#queues.set(namespace, queue);
    return queue;
  }
}
