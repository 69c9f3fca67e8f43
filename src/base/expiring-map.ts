/**
 * A map whose entries expire: a fixed time after they were set or, for callers that read with `use`, after
 * their last use.
 *
 * An expired entry is never returned, even while it is still in memory. A lookup of its key removes it, or
 * the walk over all entries that `set` makes at most once per lifetime. So no timer runs, no lookup walks,
 * and while entries are added, memory holds those of at most two lifetimes.
 */
import type { Clock } from './clock.ts';

export interface ExpiringMapOptions<Key, Value> {
  readonly clock: Pick<Clock, 'now'>;
  /** How long an entry lasts after `set` or `use`, ms. */
  readonly lifetimeMs: number;
  /** Keeps an entry past its lifetime while it returns true. Default: no entry is kept. */
  readonly isInUse?: (value: Value, key: Key) => boolean;
  /** Called for each entry that is removed because it expired. Must not throw. */
  readonly onExpired?: (value: Value, key: Key) => void;
}

interface Entry<Value> {
  value: Value;
  /** Clock `now`. */
  expiresAt: number;
}

export class ExpiringMap<Key, Value> implements Iterable<readonly [Key, Value]> {
  readonly #options: ExpiringMapOptions<Key, Value>;
  readonly #entries = new Map<Key, Entry<Value>>();
  /** Clock `now`: the next walk is due. */
  #tidyAt: number;

  constructor(options: ExpiringMapOptions<Key, Value>) {
    this.#options = options;
    this.#tidyAt = options.clock.now() + options.lifetimeMs;
  }

  /** The value. The entry does not live longer for it. */
  get(key: Key): Value | undefined {
    return this.#live(key, this.#options.clock.now())?.value;
  }

  /** The value; its lifetime begins again. */
  use(key: Key): Value | undefined {
    const now = this.#options.clock.now();
    const entry = this.#live(key, now);
    if (entry) entry.expiresAt = now + this.#options.lifetimeMs;
    return entry?.value;
  }

  /**
   * Adds or replaces an entry; its lifetime begins. A replaced value does not count as expired.
   *
   * @returns the value
   */
  set(key: Key, value: Value): Value {
    const now = this.#options.clock.now();
    if (now >= this.#tidyAt) this.#tidy(now);
    this.#entries.set(key, { value, expiresAt: now + this.#options.lifetimeMs });
    return value;
  }

  /** Replaces the value of an entry. The entry does not live longer for it. Does nothing without an entry. */
  replace(key: Key, value: Value): void {
    const entry = this.#live(key, this.#options.clock.now());
    if (entry) entry.value = value;
  }

  /** Returns clock `now` of the end of an entry; undefined without an entry. */
  expiresAt(key: Key): number | undefined {
    return this.#live(key, this.#options.clock.now())?.expiresAt;
  }

  /** Removes an entry. It does not count as expired. */
  delete(key: Key): void {
    this.#entries.delete(key);
  }

  /** Number of entries in memory, expired ones included. */
  get size(): number {
    return this.#entries.size;
  }

  /** The entries that have not expired, in the order in which their keys were added. */
  *[Symbol.iterator](): Generator<readonly [Key, Value], void> {
    const now = this.#options.clock.now();
    for (const [key, entry] of this.#entries) if (!this.#isExpired(key, entry, now)) yield [key, entry.value];
  }

  #live(key: Key, now: number): Entry<Value> | undefined {
    const entry = this.#entries.get(key);
    if (!entry || !this.#isExpired(key, entry, now)) return entry;
    this.#expire(key, entry);
    return undefined;
  }

  #tidy(now: number): void {
    this.#tidyAt = now + this.#options.lifetimeMs;
    for (const [key, entry] of this.#entries) if (this.#isExpired(key, entry, now)) this.#expire(key, entry);
  }

  #expire(key: Key, { value }: Entry<Value>): void {
    this.#entries.delete(key);
    this.#options.onExpired?.(value, key);
  }

  #isExpired(key: Key, { value, expiresAt }: Entry<Value>, now: number): boolean {
    return now >= expiresAt && !this.#options.isInUse?.(value, key);
  }
}
