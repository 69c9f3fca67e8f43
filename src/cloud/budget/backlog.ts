/**
 * The requests of one account that wait for a permit, and the order in which they get it. There are three
 * priorities, each with the earliest deadline first; urgent requests of different namespaces go in rotation.
 * Urgent requests go first, but every second permit is kept for polls, so that none starves. A waiting
 * request costs one entry of a heap: no timer, no socket.
 */
import { PRIORITIES, type Priority } from '../../job/model/cloud-port.ts';
import { type Entry, FairQueue } from '../ratelimit/fair-queue.ts';

export interface Waiting extends Entry {
  readonly priority: Priority;
  readonly namespace: string;
}

/**
 * The priority that each permit is kept for, in rotation. Of two permits in a row, one is for `urgent`: an
 * urgent request gets the second permit at the latest. The other is for polls. With half of the permits,
 * polls that fit the budget come within two of their intervals, which is fresh by any `--freshness`.
 * Otherwise one namespace that requests refreshes without end would make the statuses of all others stale.
 */
const PERMITS: readonly Priority[] = [
  'urgent',
  'scheduled',
  'urgent',
  'scheduled',
  'urgent',
  'retry',
  'urgent',
  'scheduled',
  'urgent',
  'scheduled',
];

/**
 * Order of the priorities for a permit whose own priority has no request: polls first, because urgent
 * requests have their half.
 */
const INSTEAD: readonly Priority[] = ['scheduled', 'retry', 'urgent'];

export class Backlog<Item extends Waiting> {
  readonly #priorities: Record<Priority, FairQueue<Item>> = {
    // Namespaces take turns: a new object waits for one urgent request of another namespace, even if
    // 10,000 wait there.
    urgent: new FairQueue(({ namespace }) => namespace),
    scheduled: new FairQueue(() => 'all'),
    retry: new FairQueue(() => 'all'),
  };
  readonly #sizes: Record<Priority, number> = { urgent: 0, scheduled: 0, retry: 0 };
  #permit = 0;

  add(item: Item): void {
    this.#priorities[item.priority].push(item);
    this.#sizes[item.priority] += 1;
  }

  /** Withdraws an item. Its entry leaves the queue when it comes to the front. */
  withdraw(item: Item): void {
    if (item.withdrawn) return;
    item.withdrawn = true;
    this.#sizes[item.priority] -= 1;
  }

  next(): Item | undefined {
    const kept = PERMITS[this.#permit] as Priority;
    this.#permit = (this.#permit + 1) % PERMITS.length;
    for (const name of [kept, ...INSTEAD]) {
      const item = this.#first(name);
      if (item) return item;
    }
    return undefined;
  }

  clear(): void {
    for (const item of this) this.withdraw(item);
    for (const name of PRIORITIES) this.#priorities[name].clear();
  }

  /** All items that wait, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const name of PRIORITIES) yield* this.#priorities[name];
  }

  /** Number of items of a priority that wait and are not withdrawn. */
  size(name: Priority): number {
    return this.#sizes[name];
  }

  get total(): number {
    return this.#sizes.urgent + this.#sizes.scheduled + this.#sizes.retry;
  }

  #first(name: Priority): Item | undefined {
    const item = this.#priorities[name].pop();
    if (item) this.#sizes[name] -= 1;
    return item;
  }
}
