/**
 * Permits of a budget that several processes spend. bottleneck's clustering on Redis spaces the permits of
 * all processes. While Redis is unusable, this process spaces its own part of the budget. A caller that waits
 * when Redis is lost waits on for a permit of that part.
 */
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import type { Clock, Timer } from '../../base/clock.ts';
import { SpacingLimiter } from '../ratelimit/spacing-limiter.ts';
import { type RedisConnection, sharedNameOf } from './redis-connection.ts';

/** What the shared budgets of all accounts have in common. */
export interface Sharing {
  readonly redis: Pick<RedisConnection, 'follow' | 'eval'>;
  /** Number of processes that share each budget. The part of one process is the budget divided by it. */
  readonly shards: number;
  /** Name of this process among them. Default: the process without a name. */
  readonly shard?: string | undefined;
}

export interface SharedLimiterOptions extends Sharing {
  /** Name of the account, the same in all processes. */
  readonly account: string;
  /** Time between two permits of the whole budget. */
  readonly minTimeMs: number;
  readonly clock: Clock;
}

/**
 * How long a process that has joined takes no more than its part. Other processes may still use their parts,
 * unaware that Redis is back.
 */
const SETTLING_MS = 5_000;

/** Delay before joining again after an error of the limiter, while Redis answers. */
const JOIN_AGAIN_MS = 1_000;

/** A permit is used at once. Redis forgets one that a process took just before it died. */
const PERMIT_EXPIRES_MS = 60_000;

/**
 * The keys of a limiter expire an hour after its last use. A limiter whose keys are gone creates them again.
 */
const KEYS_EXPIRE_MS = 60 * 60_000;
const PROLONG_EVERY_MS = 10 * 60_000;
const PROLONG = "for _, key in ipairs(KEYS) do redis.call('pexpire', key, ARGV[1]) end";

/** Keys of one limiter, named by bottleneck. */
const KEYS = [
  'settings',
  'job_weights',
  'job_expirations',
  'job_clients',
  'client_running',
  'client_num_queued',
  'client_last_registered',
  'client_last_seen',
];

export class SharedLimiter {
  readonly #options: SharedLimiterOptions;
  readonly #unfollow: () => void;
  /** Resolves the promises of the callers that wait. */
  readonly #waiting = new Set<() => void>();
  /** Permits of this process's part. */
  #part: SpacingLimiter;
  #connection: Bottleneck.IORedisConnection | undefined;
  /** The limiter that was created last. An older one, for another connection, is no longer wanted. */
  #newest: Bottleneck | undefined;
  /** The limiter of all processes, once it is ready. */
  #limiter: Bottleneck | undefined;
  #settledAt = 0;
  #again: Timer | undefined;
  #prolonging: Timer | undefined;

  constructor(options: SharedLimiterOptions) {
    this.#options = options;
    this.#part = this.#newPart();
    this.#unfollow = options.redis.follow({
      up: (connection) => {
        this.#connection = connection;
        this.#join();
      },
      down: () => {
        this.#connection = undefined;
        this.#leave();
      },
    });
  }

  /** The share of the budget that this process may use alone. */
  get share(): number {
    return this.#limiter ? 1 : 1 / this.#options.shards;
  }

  /** Resolves when this process gets a permit, or when the limiter is closed. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const begin = () => {
        this.#waiting.delete(begin);
        resolve();
      };
      this.#waiting.add(begin);
      this.#ask(begin);
    });
  }

  close(): void {
    this.#unfollow();
    this.#connection = undefined;
    this.#newest = undefined;
    this.#again?.cancel();
    this.#prolonging?.cancel();
    this.#drop();
    this.#part.close();
    for (const begin of this.#waiting) begin();
  }

  #ask(begin: () => void): void {
    const limiter = this.#limiter;
    if (!limiter) this.#askPart(begin);
    else if (this.#options.clock.now() < this.#settledAt) this.#askPart(() => this.#askAll(limiter, begin));
    else this.#askAll(limiter, begin);
  }

  #askPart(then: () => void): void {
    // Rejects when the part is closed. The callers have then moved to the next part.
    this.#part.schedule(async () => then()).catch(() => undefined);
  }

  #askAll(limiter: Bottleneck, begin: () => void): void {
    const isCurrent = () => limiter === this.#limiter;
    if (!isCurrent()) return;
    limiter
      .schedule({ expiration: PERMIT_EXPIRES_MS }, async () => isCurrent() && begin())
      .catch(() => this.#failed(limiter));
  }

  #join(): void {
    this.#again?.cancel();
    const connection = this.#connection;
    const { account, minTimeMs, clock } = this.#options;
    const limiter = new Bottleneck({
      id: sharedNameOf(account),
      datastore: 'ioredis',
      connection: connection ?? null,
      Redis,
      // May be a fraction of a millisecond. Redis expires keys by whole ones, so bottleneck's own `timeout`
      // cannot be used.
      minTime: minTimeMs,
    });
    limiter.on('error', () => this.#failed(limiter));
    this.#newest = limiter;
    const isWanted = () => limiter === this.#newest && connection === this.#connection;
    limiter
      .ready()
      // The stored settings may come from another configuration.
      .then(() => limiter.updateSettings({ minTime: minTimeMs }))
      .then(() => {
        if (!isWanted()) return void limiter.disconnect(false);
        this.#limiter = limiter;
        this.#settledAt = clock.now() + SETTLING_MS;
        this.#prolongKeys(limiter);
      })
      .catch(() => {
        // Otherwise Redis counts the limiter as present for ever.
        void limiter.disconnect(false);
        if (isWanted()) this.#joinLater();
      });
  }

  /** Prolongs the life of the keys while the limiter is in use. */
  #prolongKeys(limiter: Bottleneck): void {
    if (limiter !== this.#limiter) return;
    const { redis, clock } = this.#options;
    const keys = KEYS.map((name) => `b_${limiter.id}_${name}`);
    // If Redis refuses or is lost, the limiter fails, too.
    redis.eval(PROLONG, keys, [`${KEYS_EXPIRE_MS}`]).catch(() => undefined);
    this.#prolonging?.cancel();
    this.#prolonging = clock.after(PROLONG_EVERY_MS, () => this.#prolongKeys(limiter));
  }

  /** Redis refused a script of the limiter. A new limiter may work. */
  #failed(limiter: Bottleneck): void {
    if (limiter !== this.#limiter) return;
    this.#leave();
    this.#joinLater();
  }

  #joinLater(): void {
    this.#again?.cancel();
    this.#again = this.#options.clock.after(JOIN_AGAIN_MS, () => this.#connection && this.#join());
  }

  /** Falls back to the part. It begins spent, because another process may just have taken a permit. */
  #leave(): void {
    if (!this.#limiter) return;
    this.#drop();
    this.#part.close();
    this.#part = this.#newPart();
    for (const begin of this.#waiting) this.#ask(begin);
  }

  #drop(): void {
    // The connection serves other limiters, too: `disconnect` only unregisters this one.
    void this.#limiter?.disconnect(false);
    this.#limiter = undefined;
  }

  #newPart(): SpacingLimiter {
    const { minTimeMs, shards, clock } = this.#options;
    return new SpacingLimiter({ minTimeMs: minTimeMs * shards, startsSpent: true, clock });
  }
}
