/**
 * Bounds the status writes of a namespace whose objects change again and again. Three writes of an object in
 * a minute are free: a failure and its end cost two. A further write takes one of the namespace's tokens, and
 * without a token waits until the minute is over. So a namespace makes at most three writes a minute for each
 * object, and those of its tokens; and no status comes more than a minute late.
 */
import type { Clock } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import { TokenBucket } from '../../base/token-bucket.ts';

/** Further writes of a namespace within the minute: 100 at once, then 2 a second. */
const RATE = { burst: 100, perSecond: 2 };

/** Writes of an object in a minute that take no token. */
const FREE_WRITES = 3;

/** Longest delay of a status. A minute: by default the freshness window of an interval of 10 s. */
const MINUTE_MS = 60_000;

export class RepeatLimit {
  readonly #clock: Clock;
  /** The writes of each object in the minute that began with the first of them. */
  readonly #writes: ExpiringMap<ObjectKey, number>;
  readonly #buckets: ExpiringMap<string, TokenBucket>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#writes = new ExpiringMap({ clock, lifetimeMs: MINUTE_MS });
    // A bucket that was not used for a minute is full, like a new one.
    this.#buckets = new ExpiringMap({ clock, lifetimeMs: MINUTE_MS });
  }

  /** Returns clock `now` at which the object may be written; may take a token if that is now. */
  writableAt(key: ObjectKey): number {
    const isFree = (this.#writes.get(key) ?? 0) < FREE_WRITES;
    if (isFree || this.#bucketOf(splitKey(key).namespace).take()) return this.#clock.now();
    return this.#writes.expiresAt(key) ?? this.#clock.now();
  }

  /** The object was written. */
  wrote(key: ObjectKey): void {
    const writes = this.#writes.get(key);
    if (writes === undefined) this.#writes.set(key, 1);
    else this.#writes.replace(key, writes + 1);
  }

  #bucketOf(namespace: string): TokenBucket {
    return this.#buckets.use(namespace) ?? this.#buckets.set(namespace, new TokenBucket(this.#clock, RATE));
  }
}
