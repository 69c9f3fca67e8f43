/**
 * When each key is due: one instant per key, the last one set wins. One timer serves any number of keys.
 */
import type { Clock, Timer } from '../base/clock.ts';
import { Instants } from './instants.ts';

export class Timetable<Key> {
  readonly #clock: Clock;
  readonly #onDue: (key: Key, at: number) => void;
  readonly #instants = new Instants<Key>();
  #timer: Timer | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  /** @param onDue receives the instant too: after a pause of the process it is called late */
  constructor(clock: Clock, onDue: (key: Key, at: number) => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Replaces the key's instant. `at` is clock `now`; an instant in the past is due immediately. */
  set(key: Key, at: number): void {
    this.#instants.set(key, at);
    if (at < this.#timerAt) this.#arm();
  }

  delete(key: Key): void {
    this.#instants.delete(key);
  }

  get(key: Key): number | undefined {
    return this.#instants.get(key);
  }

  get size(): number {
    return this.#instants.size;
  }

  /** Cancels the timer and forgets every key. */
  clear(): void {
    this.#instants.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const first = this.#instants.first();
    this.#timerAt = first?.at ?? Number.POSITIVE_INFINITY;
    if (first) this.#timer = this.#clock.after(first.at - this.#clock.now(), () => this.#ring());
  }

  #ring(): void {
    const now = this.#clock.now();
    for (let first = this.#instants.first(); first && first.at <= now; first = this.#instants.first()) {
      this.#instants.delete(first.key);
      this.#onDue(first.key, first.at);
    }
    this.#arm();
  }
}
