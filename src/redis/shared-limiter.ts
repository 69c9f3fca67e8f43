/**
 * Permits of a budget that several processes spend. bottleneck's clustering on Redis spaces the permits of
 * all processes. While Redis is unusable, this process spaces its own part of the budget. A caller that waits
 * when Redis is lost waits on for a permit of that part.
 */
import Bottleneck from 'bottleneck';
import type { Clock } from '../base/clock.ts';
import { SpacingLimiter } from '../ratelimit/spacing-limiter.ts';
import { type RedisConnection, sharedNameOf } from './redis-connection.ts';

/** What the shared budgets of all accounts have in common. */
export interface Sharing {
  readonly redis: Pick<RedisConnection, 'follow' | 'eval' | 'refused' | 'overruled' | 'time'>;
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

/**
 * Failures to join in a row that are no accident, such as keys that were deleted. 3 take 2 s: the connection
 * has then noticed what concerns all accounts.
 */
const CERTAIN_FAILURES = 3;

/**
 * Takes `ARGV[2]` permits of a limiter at once: the next permit comes as if they had been given one by one. A
 * burst takes one permit less so, and then its last one as bottleneck gives it. So a burst asks Redis twice,
 * however large it is, and other processes need not know its size.
 */
export const TAKE = `
local settings = redis.call('hmget', KEYS[1], 'nextRequest', 'minTime')
local from = math.max(tonumber(settings[1]), tonumber(ARGV[1]))
redis.call('hset', KEYS[1], 'nextRequest', from + tonumber(settings[2]) * tonumber(ARGV[2]))`;

/** A permit is used at once. Redis forgets one that a process took just before it died. */
const PERMIT_EXPIRES_MS = 60_000;

/**
 * The keys of a limiter expire an hour after its last use. A limiter whose keys are gone creates them again.
 */
const KEYS_EXPIRE_MS = 60 * 60_000;
const PROLONG_EVERY_MS = 60_000;
const PROLONG = `
for _, key in ipairs(KEYS) do redis.call('pexpire', key, ARGV[1]) end
return redis.call('hget', KEYS[1], 'minTime')`;

/** Keys of one limiter, named by bottleneck. The first holds the time between two permits. */
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

/** Permits that come together. */
export interface Burst {
  readonly permits: number;
  /** How many come next. */
  readonly following: number;
}

/** A caller that waits for its permits. */
interface Waiting extends Burst {
  readonly begin: () => void;
}

/** The limiter of all processes, from the time when this process has joined them. */
interface Membership {
  readonly limiter: Bottleneck;
  /** Clock `now`. */
  readonly settledAt: number;
  /** Redis refused a script of the limiter. A new limiter may work. */
  readonly failed: (error: unknown) => void;
}

export class SharedLimiter {
  readonly #options: SharedLimiterOptions;
  readonly #unfollow: () => void;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<Waiting>();
  /** Permits of this process's part. */
  #part: SpacingLimiter;
  #membership: Membership | undefined;

  constructor(options: SharedLimiterOptions) {
    this.#options = options;
    this.#part = this.#newPart();
    this.#unfollow = options.redis.follow((connection, lost) => void this.#share(connection, lost));
  }

  /** The share of the budget that this process may use alone. */
  get share(): number {
    return this.#membership ? 1 : 1 / this.#options.shards;
  }

  /** Resolves when this process gets a burst of permits, or when the limiter is closed. */
  next(burst: Burst): Promise<void> {
    return new Promise((resolve) => {
      const begin = () => {
        this.#waiting.delete(waiting);
        resolve();
      };
      const waiting = { ...burst, begin };
      this.#waiting.add(waiting);
      this.#ask(waiting);
    });
  }

  close(): void {
    for (const { begin } of this.#waiting) begin();
    this.#unfollow();
    this.#closing.abort();
    this.#part.close();
  }

  #ask(waiting: Waiting): void {
    const membership = this.#membership;
    if (!membership) this.#askPart(waiting, waiting.begin);
    else if (this.#options.clock.now() >= membership.settledAt) this.#askAll(membership, waiting);
    else this.#askPart(waiting, () => this.#askAll(membership, waiting));
  }

  #askPart({ following }: Burst, then: () => void): void {
    this.#part.setMinTime(following * this.#partMinTimeMs);
    // Rejects when the part is closed. The callers have then moved to the next part.
    this.#part.schedule(async () => then()).catch(() => undefined);
  }

  #askAll(membership: Membership, { permits, begin }: Waiting): void {
    const isCurrent = () => membership === this.#membership;
    if (!isCurrent()) return;
    const { limiter, failed } = membership;
    const { redis } = this.#options;
    // The connection keeps the order of the two.
    const values = [`${redis.time()}`, `${permits - 1}`];
    if (permits > 1) redis.eval(TAKE, [keyOf(limiter, 'settings')], values).catch(failed);
    limiter.schedule({ expiration: PERMIT_EXPIRES_MS }, async () => isCurrent() && begin()).catch(failed);
  }

  /** Shares permits until the connection is lost. After an error of the limiter, joins again. */
  async #share(connection: Bottleneck.IORedisConnection, lost: AbortSignal): Promise<void> {
    const over = AbortSignal.any([lost, this.#closing.signal]);
    for (let failures = 0; !over.aborted; ) {
      const error = await this.#join(connection, over);
      failures = error === undefined ? 0 : failures + 1;
      if (failures === CERTAIN_FAILURES && !over.aborted) this.#options.redis.refused(error);
      await this.#options.clock.sleep(JOIN_AGAIN_MS, over).catch(() => undefined);
    }
  }

  /**
   * Joins the other processes. Resolves when this has failed, and at the end of the membership.
   *
   * @returns why it failed, or ended before permits of all processes were taken; undefined after that
   */
  async #join(connection: Bottleneck.IORedisConnection, over: AbortSignal): Promise<unknown> {
    const { account, minTimeMs, clock } = this.#options;
    const limiter = new Bottleneck({
      id: sharedNameOf(account),
      datastore: 'ioredis',
      connection,
      // May be a fraction of a millisecond. Redis expires keys by whole ones, so bottleneck's own `timeout`
      // cannot be used.
      minTime: minTimeMs,
    });
    const failing = new AbortController();
    let settledAt = Number.POSITIVE_INFINITY;
    const left = AbortSignal.any([over, failing.signal]);
    const failed = (error: unknown) => failing.abort(error);
    limiter.on('error', failed);
    left.addEventListener('abort', () => this.#leave(limiter), { once: true });
    try {
      await limiter.ready();
      // The stored settings may come from another configuration.
      await limiter.updateSettings({ minTime: minTimeMs });
      left.throwIfAborted();
      settledAt = clock.now() + SETTLING_MS;
      this.#membership = { limiter, settledAt, failed };
      for (;;) {
        void this.#prolongKeys(limiter);
        await clock.sleep(PROLONG_EVERY_MS, left);
      }
    } catch (error) {
      // Otherwise Redis counts the limiter as present for ever. The connection serves other limiters, too:
      // `disconnect` only unregisters this one.
      void limiter.disconnect(false);
      return clock.now() < settledAt ? error : undefined;
    }
  }

  /** Reports when another process has set another rate: then that one holds for all. */
  async #prolongKeys(limiter: Bottleneck): Promise<void> {
    const { redis, minTimeMs } = this.#options;
    const keys = KEYS.map((name) => keyOf(limiter, name));
    // If Redis refuses or is lost, the limiter fails, too.
    const stored = await redis.eval(PROLONG, keys, [`${KEYS_EXPIRE_MS}`]).catch(() => undefined);
    if (typeof stored === 'string' && Number(stored) !== minTimeMs)
      redis.overruled(Number(stored), minTimeMs);
  }

  /** Falls back to the part. It begins spent, because another process may just have taken a permit. */
  #leave(limiter: Bottleneck): void {
    if (limiter !== this.#membership?.limiter) return;
    this.#membership = undefined;
    this.#part.close();
    this.#part = this.#newPart();
    for (const waiting of this.#waiting) this.#ask(waiting);
  }

  #newPart(): SpacingLimiter {
    const { clock } = this.#options;
    return new SpacingLimiter({ minTimeMs: this.#partMinTimeMs, startsSpent: true, clock });
  }

  /** Time between two permits of this process's part. */
  get #partMinTimeMs(): number {
    return this.#options.minTimeMs * this.#options.shards;
  }
}

/** The key in Redis, as bottleneck names it. */
function keyOf({ id }: Bottleneck, name: string): string {
  return `b_${id}_${name}`;
}
