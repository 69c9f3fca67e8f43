/**
 * Bounds the status writes of a namespace whose objects change again and again. Three writes of an object in
 * a minute are free: a failure and its end cost two. A further write takes one of the namespace's tokens, and
 * without a token waits until the minute is over. So a namespace makes at most three writes a minute for each
 * object, and a few more; and no status comes more than a minute late.
 */
import type { Clock } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import { TokenBucket } from '../../base/token-bucket.ts';

/** Further writes of a namespace within the minute: 100 at once, then 2 a second. */
const RATE = { burst: 100, perSecond: 2 };

/** Writes of an object in a minute that take no token. */
const FREE_WRITES = 3;

/** Longest delay of a status. A minute: shorter than the freshness window of an interval of 10 s. */
const MINUTE_MS = 60_000;

/** The writes of an object in a minute that began with the first of them. */
interface Minute {
  /** Clock `now` of the first write. */
  readonly since: number;
  writes: number;
}

export class RepeatLimit {
  readonly #clock: Clock;
  readonly #minutes: ExpiringMap<ObjectKey, Minute>;
  readonly #buckets: ExpiringMap<string, TokenBucket>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#minutes = new ExpiringMap({ clock, lifetimeMs: MINUTE_MS });
    // A bucket that was not used for a minute is full, like a new one.
    this.#buckets = new ExpiringMap({ clock, lifetimeMs: MINUTE_MS });
  }

  /** Returns clock `now` at which the object may be written; may take a token if that is now. */
  writableAt(key: ObjectKey): number {
    const minute = this.#minutes.get(key);
    const isFree = !minute || minute.writes < FREE_WRITES;
    if (isFree || this.#bucketOf(splitKey(key).namespace).take()) return this.#clock.now();
    return minute.since + MINUTE_MS;
  }

  /** The object was written. */
  wrote(key: ObjectKey): void {
    const minute = this.#minutes.get(key);
    if (minute) minute.writes += 1;
    else this.#minutes.set(key, { since: this.#clock.now(), writes: 1 });
  }

  #bucketOf(namespace: string): TokenBucket {
    return this.#buckets.use(namespace) ?? this.#buckets.set(namespace, new TokenBucket(this.#clock, RATE));
  }
}
