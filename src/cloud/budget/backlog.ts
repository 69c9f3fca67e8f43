/**
 * Who goes next: three priorities, the earliest deadline first within each; what is asked goes by namespaces in turn. Asked goes first, but
 * every second turn is kept for those whom the schedule brings, so that none starves. Waiting costs an entry in a heap: no timer, no
 * socket.
 */
import { PRIORITIES, type Priority } from '../../job/model/cloud-port.ts';
import { type Entry, FairQueue } from '../ratelimit/fair-queue.ts';

export interface Waiting extends Entry {
  readonly priority: Priority;
  readonly namespace: string;
}

/**
 * No two turns in a row are kept from `urgent`, so what is asked goes with the second turn at the latest. No two are kept for it
 * either: half of the turns is what polls that fit the budget need to come at two of their intervals at most, which is
 * fresh by any `--freshness`. Somebody who asks without end would otherwise have the statuses of all others written off.
 */
const TURNS: readonly Priority[] = [
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

/** Who gets the turn of a priority in which nobody waits: another poll before what is asked, which has had its turn. */
const INSTEAD: readonly Priority[] = ['scheduled', 'retry', 'urgent'];

export class Backlog<Item extends Waiting> {
  readonly #priorities: Record<Priority, FairQueue<Item>> = {
    // Ten thousand refreshes of one namespace leave the next turn but one to a new object of another.
    urgent: new FairQueue(({ namespace }) => namespace),
    scheduled: new FairQueue(() => 'all'),
    retry: new FairQueue(() => 'all'),
  };
  readonly #sizes: Record<Priority, number> = { urgent: 0, scheduled: 0, retry: 0 };
  #turn = 0;

  add(item: Item): void {
    this.#priorities[item.priority].push(item);
    this.#sizes[item.priority] += 1;
  }

  /** Gives up an item's place; its entry goes when its turn comes. */
  withdraw(item: Item): void {
    if (item.withdrawn) return;
    item.withdrawn = true;
    this.#sizes[item.priority] -= 1;
  }

  next(): Item | undefined {
    const kept = TURNS[this.#turn] as Priority;
    this.#turn = (this.#turn + 1) % TURNS.length;
    for (const name of [kept, ...INSTEAD]) {
      const item = this.#first(name);
      if (item) return item;
    }
    return undefined;
  }

  /** Withdraws every item. */
  clear(): void {
    for (const item of this) this.withdraw(item);
    for (const name of PRIORITIES) this.#priorities[name].clear();
  }

  /** Everybody who waits, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const name of PRIORITIES) yield* this.#priorities[name];
  }

  /** How many wait, of those still wanted. */
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
