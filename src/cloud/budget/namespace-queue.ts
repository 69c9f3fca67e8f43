/**
 * The requests of one namespace that wait for permits of an account: by priority, each with the earliest
 * deadline first. Urgent requests and late polls alternate while both wait, so that neither starves:
 * refreshes without end must not make the other statuses of the namespace stale. A poll that is not late
 * leaves its turn to an urgent request: after a start, an object that was observed a moment ago need not be
 * polled again before all others are observed.
 */
import type { Priority } from '../../job/model/cloud-port.ts';
import { DeadlineQueue, type Entry } from '../../ratelimit/deadline-queue.ts';

export interface Waiting extends Entry {
  readonly priority: Priority;
  readonly namespace: string;
}

/**
 * Turns of polls: four of five are for scheduled ones, one for a retry; an unused turn goes to the other.
 */
const POLLS: readonly Priority[] = ['scheduled', 'scheduled', 'retry', 'scheduled', 'scheduled'];

/**
 * A poll that waits longer is late. 30 s: a status stays fresh for two intervals and 30 s at least, so a poll
 * that is 30 s late still has an interval to get its permit and its answer.
 */
const LATE_MS = 30_000;

/**
 * Late polls that may be owed their turns at most. 5: a few new objects are served at once. Without a bound a
 * namespace whose refreshes never end would take its whole share out of turn, and none of its polls would
 * get a permit while others wait.
 */
const MOST_OWED = 5;

export class NamespaceQueue<Item extends Waiting> {
  readonly namespace: string;
  /** Permits that the namespace has used, counted from those of the others when it came. */
  permits: number;
  /** Only those that hold an item. */
  readonly #queues = new Map<Priority, DeadlineQueue<Item>>();
  #poll = 0;
  /** Late polls whose turns urgent requests took, and that go before further ones. */
  #owed = 0;

  constructor(namespace: string, permits: number) {
    this.namespace = namespace;
    this.permits = permits;
  }

  add(item: Item): void {
    const queue = this.#queues.get(item.priority);
    if (queue) queue.push(item);
    else this.#queues.set(item.priority, new DeadlineQueue(item));
  }

  /** Takes note of an item that was withdrawn: `next` skips it. */
  withdrew({ priority }: Item): void {
    this.#queues.get(priority)?.withdrew();
    this.#forgetIfEmpty(priority);
  }

  get total(): number {
    let total = 0;
    for (const { size } of this.#queues.values()) total += size;
    return total;
  }

  /** Whether the next item is urgent. */
  isUrgentNext(now: number): boolean {
    return this.#queues.has('urgent') && (this.#owed === 0 || !this.#hasLatePoll(now));
  }

  /** Whether an urgent item may go although it may be a poll's turn. */
  mayGoOutOfTurn(now: number): boolean {
    return this.#queues.has('urgent') && (this.#owed < MOST_OWED || !this.#hasLatePoll(now));
  }

  /** Removes and returns the next item; undefined when none waits. */
  next(now: number): Item | undefined {
    return this.#take(this.isUrgentNext(now) ? 'urgent' : this.#nextPoll(), now);
  }

  /** Removes and returns an urgent item although it may be a poll's turn: the polls get theirs later. */
  nextUrgent(now: number): Item | undefined {
    return this.#take('urgent', now);
  }

  /** All items that are not withdrawn, in no order. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const queue of this.#queues.values()) yield* queue;
  }

  #take(name: Priority, now: number): Item | undefined {
    const item = this.#queues.get(name)?.pop();
    if (!item) return undefined;
    this.#forgetIfEmpty(name);
    this.permits += 1;
    if (name !== 'urgent') this.#owed = Math.max(0, this.#owed - 1);
    else this.#owed = this.#hasLatePoll(now) ? this.#owed + 1 : 1;
    return item;
  }

  #hasLatePoll(now: number): boolean {
    const isLate = (queue?: DeadlineQueue<Item>) => queue !== undefined && queue.earliest <= now - LATE_MS;
    return isLate(this.#queues.get('scheduled')) || isLate(this.#queues.get('retry'));
  }

  #forgetIfEmpty(name: Priority): void {
    if (this.#queues.get(name)?.size === 0) this.#queues.delete(name);
  }

  #nextPoll(): Priority {
    const kept = POLLS[this.#poll] as Priority;
    this.#poll = (this.#poll + 1) % POLLS.length;
    if (this.#queues.has(kept)) return kept;
    return kept === 'retry' ? 'scheduled' : 'retry';
  }
}
