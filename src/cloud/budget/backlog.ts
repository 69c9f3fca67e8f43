/**
 * Who goes next: three lanes, the earliest deadline first within each; what is asked goes by namespaces in turn. Asked goes first, but
 * every second turn is kept for those whom the schedule brings, so that none starves. Waiting costs an entry in a heap: no timer, no
 * socket.
 */
import { LANES, type Lane } from '../../job/model/ports.ts';
import { type Entry, LaneQueue } from '../ratelimit/fair-queue.ts';

export interface Waiting extends Entry {
  readonly lane: Lane;
  readonly namespace: string;
}

/**
 * No two turns in a row are kept from `asked`, so what is asked goes with the second turn at the latest. No two are kept for it
 * either: half of the turns is what polls that fit the budget need to come at two of their intervals at most, which is
 * fresh by any `--freshness`. Somebody who asks without end would otherwise have the statuses of all others written off.
 */
const TURNS: readonly Lane[] = [
  'asked',
  'due',
  'asked',
  'due',
  'asked',
  'retry',
  'asked',
  'due',
  'asked',
  'due',
];

/** Who gets the turn of a lane in which nobody waits: another poll before what is asked, which has had its turn. */
const INSTEAD: readonly Lane[] = ['due', 'retry', 'asked'];

export class Backlog<Item extends Waiting> {
  readonly #lanes: Record<Lane, LaneQueue<Item>> = {
    // Ten thousand refreshes of one namespace leave the next turn but one to a new object of another.
    asked: new LaneQueue(({ namespace }) => namespace),
    due: new LaneQueue(() => 'all'),
    retry: new LaneQueue(() => 'all'),
  };
  readonly #sizes: Record<Lane, number> = { asked: 0, due: 0, retry: 0 };
  #turn = 0;

  add(item: Item): void {
    this.#lanes[item.lane].push(item);
    this.#sizes[item.lane] += 1;
  }

  /** Gives up an item's place; its entry goes when its turn comes. */
  withdraw(item: Item): void {
    if (item.withdrawn) return;
    item.withdrawn = true;
    this.#sizes[item.lane] -= 1;
  }

  next(): Item | undefined {
    const kept = TURNS[this.#turn] as Lane;
    this.#turn = (this.#turn + 1) % TURNS.length;
    for (const name of [kept, ...INSTEAD]) {
      const item = this.#first(name);
      if (item) return item;
    }
    return undefined;
  }

  /** Everybody who waits, in no order; nobody does afterwards. */
  clear(): Item[] {
    const items = [...this];
    for (const item of items) this.withdraw(item);
    for (const name of LANES) this.#lanes[name].clear();
    return items;
  }

  /** Takes those out that are meant, in no order; they still wait, but not here. */
  take(isMeant: (item: Item) => boolean): Item[] {
    const [meant, others]: [Item[], Item[]] = [[], []];
    for (const item of this) (isMeant(item) ? meant : others).push(item);
    for (const name of LANES) {
      this.#lanes[name].clear();
      this.#sizes[name] = 0;
    }
    for (const item of others) this.add(item);
    return meant;
  }

  /** Everybody who waits, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const name of LANES) yield* this.#lanes[name];
  }

  /** How many wait, of those still wanted. */
  size(name: Lane): number {
    return this.#sizes[name];
  }

  get total(): number {
    return this.#sizes.asked + this.#sizes.due + this.#sizes.retry;
  }

  #first(name: Lane): Item | undefined {
    const item = this.#lanes[name].pop();
    if (item) this.#sizes[name] -= 1;
    return item;
  }
}
