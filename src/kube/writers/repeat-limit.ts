/**
 * Bounds the status writes of a namespace whose objects change again and again. The first write of an object
 * in a minute is free. A further one takes one of the namespace's tokens, and without a token waits until the
 * minute is over. So a namespace makes at most one write a minute for each object, and a few more; and no
 * status comes more than a minute late.
 */
import type { Clock } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';
import { type ObjectKey, splitKey } from '../../base/object-key.ts';
import { TokenBucket } from '../../base/token-bucket.ts';

/** Further writes of a namespace within the minute: 100 at once, then 2 a second. */
const RATE = { burst: 100, perSecond: 2 };

/** Longest delay of a status. A minute: shorter than the freshness window of an interval of 10 s. */
const MINUTE_MS = 60_000;

export class RepeatLimit {
  readonly #clock: Clock;
  /** Clock `now` of the last write, by object; of the last minute. */
  readonly #writtenAt: ExpiringMap<ObjectKey, number>;
  readonly #buckets: ExpiringMap<string, TokenBucket>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#writtenAt = new ExpiringMap({ clock, lifetimeMs: MINUTE_MS });
    // A bucket that was not used for a minute is full, like a new one.
    this.#buckets = new ExpiringMap({ clock, lifetimeMs: MINUTE_MS });
  }

  /** Returns clock `now` at which the object may be written; may take a token if that is now. */
  writableAt(key: ObjectKey): number {
    const now = this.#clock.now();
    const writtenAt = this.#writtenAt.get(key);
    if (writtenAt === undefined || this.#bucketOf(splitKey(key).namespace).take()) return now;
    return writtenAt + MINUTE_MS;
  }

  /** The object was written. */
  wrote(key: ObjectKey): void {
    this.#writtenAt.set(key, this.#clock.now());
  }

  #bucketOf(namespace: string): TokenBucket {
    return this.#buckets.use(namespace) ?? this.#buckets.set(namespace, new TokenBucket(this.#clock, RATE));
  }
}
