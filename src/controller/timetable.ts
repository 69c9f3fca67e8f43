/**
 * When each key is to come up: one instant a key, the last one set wins. One timer for all of them, whatever their number.
 */
import TinyQueue from 'tinyqueue';
import type { Clock, Timer } from '../base/clock.ts';

interface Entry<Key> {
  readonly key: Key;
  readonly at: number;
}

export class Timetable<Key> {
  readonly #clock: Clock;
  readonly #onDue: (key: Key, at: number) => void;
  /** The truth; entries of the heap that are not among these are out of date and skipped when they come up. */
  readonly #entries = new Map<Key, Entry<Key>>();
  #heap = new TinyQueue<Entry<Key>>([], (a, b) => a.at - b.at);
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /** @param onDue is told the instant too: a process that slept comes late to it */
  constructor(clock: Clock, onDue: (key: Key, at: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Replaces the key's instant. `at` is on the clock's `now` scale; an instant that has passed comes up at once. */
  set(key: Key, at: number): void {
    const known = this.#entries.get(key);
    if (known?.at === at) return;
    const entry = { key, at };
    this.#entries.set(key, entry);
    this.#heap.push(entry);
    this.#dropOutdated();
    if (at < this.#timerAt) this.#arm();
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  get(key: Key): number | undefined {
    return this.#entries.get(key)?.at;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many instants are held, those replaced or deleted included: after a `set`, at most 64 or twice `size`. */
  get entries(): number {
    return this.#heap.length;
  }

  /** Cancels the timer and forgets every key. */
  clear(): void {
    this.#entries.clear();
    this.#heap = new TinyQueue<Entry<Key>>([], (a, b) => a.at - b.at);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const head = this.#heap.peek();
    this.#timerAt = head?.at ?? Number.POSITIVE_INFINITY;
    if (head) this.#timer = this.#clock.after(head.at - this.#clock.now(), () => this.#ring());
  }

  #ring(): void {
    const now = this.#clock.now();
    for (let head = this.#heap.peek(); head && head.at <= now; head = this.#heap.peek()) {
      this.#heap.pop();
      if (this.#entries.get(head.key) !== head) continue;
      this.#entries.delete(head.key);
      this.#onDue(head.key, head.at);
    }
    this.#arm();
  }

  /** Keys whose instant is replaced often would pile up entries: rebuilt when more than half are out of date. */
  #dropOutdated(): void {
    if (this.#heap.length < 64 || this.#heap.length < 2 * this.#entries.size) return;
    this.#heap = new TinyQueue([...this.#entries.values()], (a, b) => a.at - b.at);
  }
}
