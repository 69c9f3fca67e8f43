/**
 * Who goes next: three lanes, the earliest deadline first within each. Asked goes first, but every second turn is kept for those whom the
 * schedule brings, so that none starves. Waiting costs an entry in a heap: no timer, no socket.
 */
import TinyQueue from 'tinyqueue';
import { LANES, type Lane } from '../job/ports.ts';

export interface Waiting {
  readonly lane: Lane;
  readonly deadline: number;
  /** No longer wanted: skipped when its turn comes. */
  withdrawn: boolean;
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
  readonly #lanes: Record<Lane, TinyQueue<Item>> = { asked: lane(), due: lane(), retry: lane() };
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
    const items = LANES.flatMap((name) => this.#lanes[name].data.filter(({ withdrawn }) => !withdrawn));
    for (const item of items) this.withdraw(item);
    for (const name of LANES) this.#lanes[name] = lane();
    return items;
  }

  /** Takes those out that are meant, in no order; they still wait, but not here. */
  take(isMeant: (item: Item) => boolean): Item[] {
    const items = LANES.flatMap((name) => {
      const wanted = this.#lanes[name].data.filter(({ withdrawn }) => !withdrawn);
      const left = wanted.filter((item) => !isMeant(item));
      this.#lanes[name] = lane(left);
      this.#sizes[name] = left.length;
      return wanted.filter(isMeant);
    });
    return items;
  }

  /** Everybody who waits, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const name of LANES) for (const item of this.#lanes[name].data) if (!item.withdrawn) yield item;
  }

  /** How many wait, of those still wanted. */
  size(name: Lane): number {
    return this.#sizes[name];
  }

  get total(): number {
    return this.#sizes.asked + this.#sizes.due + this.#sizes.retry;
  }

  #first(name: Lane): Item | undefined {
    for (let item = this.#lanes[name].pop(); item; item = this.#lanes[name].pop()) {
      if (item.withdrawn) continue;
      this.#sizes[name] -= 1;
      return item;
    }
    return undefined;
  }
}

function lane<Item extends Waiting>(items: Item[] = []): TinyQueue<Item> {
  return new TinyQueue<Item>(items, (a, b) => a.deadline - b.deadline);
}
