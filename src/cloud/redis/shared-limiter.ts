/**
 * Turns of a budget that several processes spend: one after the other for all of them by bottleneck's clustering, or while Redis is
 * away this process's part of them. Whoever waits when Redis goes waits on for a turn of that part.
 */
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import type { Clock, Timer } from '../../base/clock.ts';
import { SpacingLimiter } from '../ratelimit/spacing-limiter.ts';
import type { RedisConnection } from './redis-connection.ts';
import { sharedNameOf } from './shared-name.ts';

/** What the budgets of all accounts have in common. */
export interface Sharing {
  readonly redis: Pick<RedisConnection, 'follow' | 'eval'>;
  /** How many processes share each budget: the part of one of them is this of it. */
  readonly shards: number;
  /** Which of them this is; default: the one without a name. */
  readonly shard?: string | undefined;
}

export interface SharedLimiterOptions extends Sharing {
  /** What all who share it call it. */
  readonly account: string;
  /** Between two turns of the whole budget. */
  readonly minTimeMs: number;
  readonly clock: Clock;
}

/** The others may not have noticed yet that Redis is back, and go on with their parts: for so long this one takes no more than its own. */
const SETTLING_MS = 5_000;

/** After an error of one limiter, while Redis answers. */
const JOIN_AGAIN_MS = 1_000;

/** A turn is begun at once: what was not, by a process that died, is forgotten. */
const TURN_EXPIRES_MS = 60_000;

/** What an account leaves in Redis goes an hour after its last limiter; a limiter whose keys were gone would be made anew. */
const KEYS_EXPIRE_MS = 60 * 60_000;
const KEEP_EVERY_MS = 10 * 60_000;
const KEEP = "for _, key in ipairs(KEYS) do redis.call('pexpire', key, ARGV[1]) end";

/** bottleneck's, of one limiter. */
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

interface Waiting {
  readonly begin: () => void;
}

export class SharedLimiter {
  readonly #options: SharedLimiterOptions;
  readonly #unfollow: () => void;
  readonly #waiting = new Set<Waiting>();
  #account: string;
  #part: SpacingLimiter;
  #connection: Bottleneck.IORedisConnection | undefined;
  /** The last one made: of one made before it, for another name or connection, nothing is wanted any more. */
  #newest: Bottleneck | undefined;
  #limiter: Bottleneck | undefined;
  #settledAt = 0;
  #again: Timer | undefined;
  #keeping: Timer | undefined;

  constructor(options: SharedLimiterOptions) {
    this.#options = options;
    this.#account = options.account;
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

  /** Of the budget, what this process may take by itself. */
  get share(): number {
    return this.#limiter ? 1 : 1 / this.#options.shards;
  }

  /** Resolves when it is this process's turn, or when it is closed. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      const waiting = { begin: resolve };
      this.#waiting.add(waiting);
      this.#ask(waiting);
    });
  }

  /** Those who share it call it by another name from now on. */
  rename(account: string): void {
    this.#account = account;
    this.#leave();
    if (this.#connection) this.#join();
  }

  close(): void {
    this.#unfollow();
    this.#connection = undefined;
    this.#newest = undefined;
    this.#again?.cancel();
    this.#keeping?.cancel();
    this.#drop();
    this.#part.close();
    for (const waiting of this.#waiting) this.#begin(waiting);
  }

  #ask(waiting: Waiting): void {
    const limiter = this.#limiter;
    const { clock } = this.#options;
    if (!limiter) this.#askPart(() => this.#begin(waiting));
    else if (clock.now() < this.#settledAt) this.#askPart(() => this.#askAll(limiter, waiting));
    else this.#askAll(limiter, waiting);
  }

  #askPart(then: () => void): void {
    // It rejects when it is closed; whoever waits has been moved by then.
    this.#part.schedule(async () => then()).catch(() => undefined);
  }

  #askAll(limiter: Bottleneck, waiting: Waiting): void {
    if (limiter !== this.#limiter) return;
    const begin = async () => {
      if (limiter === this.#limiter) this.#begin(waiting);
    };
    limiter.schedule({ expiration: TURN_EXPIRES_MS }, begin).catch(() => this.#failed(limiter));
  }

  #begin(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) waiting.begin();
  }

  #join(): void {
    this.#again?.cancel();
    const connection = this.#connection;
    const { minTimeMs, clock } = this.#options;
    const limiter = new Bottleneck({
      id: sharedNameOf(this.#account),
      datastore: 'ioredis',
      connection: connection ?? null,
      Redis,
      // A fraction of a millisecond counts, so bottleneck cannot give its keys a time to live (`timeout`): Redis takes whole ones only.
      minTime: minTimeMs,
    });
    limiter.on('error', () => this.#failed(limiter));
    this.#newest = limiter;
    const isWanted = () => limiter === this.#newest && connection === this.#connection;
    limiter
      .ready()
      // What is stored may be of another configuration.
      .then(() => limiter.updateSettings({ minTime: minTimeMs }))
      .then(() => {
        if (!isWanted()) return void limiter.disconnect(false);
        this.#limiter = limiter;
        this.#settledAt = clock.now() + SETTLING_MS;
        this.#keep(limiter);
      })
      .catch(() => {
        // Or it would tell Redis for good that it is there.
        void limiter.disconnect(false);
        if (isWanted()) this.#joinLater();
      });
  }

  /** Its keys live as long as it is in use, and not for ever. */
  #keep(limiter: Bottleneck): void {
    if (limiter !== this.#limiter) return;
    const keys = KEYS.map((name) => `b_${limiter.id}_${name}`);
    // Refused or away: then the limiter will be, too.
    this.#options.redis.eval(KEEP, keys, [`${KEYS_EXPIRE_MS}`]).catch(() => undefined);
    this.#keeping?.cancel();
    this.#keeping = this.#options.clock.after(KEEP_EVERY_MS, () => this.#keep(limiter));
  }

  /** Redis refused one of its scripts: another limiter may do. */
  #failed(limiter: Bottleneck): void {
    if (limiter !== this.#limiter) return;
    this.#leave();
    this.#joinLater();
  }

  #joinLater(): void {
    this.#again?.cancel();
    this.#again = this.#options.clock.after(JOIN_AGAIN_MS, () => this.#connection && this.#join());
  }

  /** As if a turn had been taken just now: one of the others may have. */
  #leave(): void {
    if (!this.#limiter) return;
    this.#drop();
    this.#part.close();
    this.#part = this.#newPart();
    for (const waiting of this.#waiting) this.#ask(waiting);
  }

  #drop(): void {
    // Of a connection that others use as well it only lets go, and promises nothing.
    void this.#limiter?.disconnect(false);
    this.#limiter = undefined;
  }

  #newPart(): SpacingLimiter {
    const { minTimeMs, shards, clock } = this.#options;
    return new SpacingLimiter({ minTimeMs: minTimeMs * shards, startsSpent: true, clock });
  }
}
