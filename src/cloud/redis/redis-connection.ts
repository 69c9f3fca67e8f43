/**
 * A connection to Redis that is usable: it answers within a second, and its clock agrees with this process's
 * clock. Followers are notified when the connection comes and goes. It reconnects until it is closed; no
 * failure ends it.
 */
import { createHash } from 'node:crypto';
import Bottleneck from 'bottleneck';
import { Redis } from 'ioredis';
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/logger.ts';

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`; may hold a password. */
  readonly url: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface RedisFollower {
  up(connection: Bottleneck.IORedisConnection): void;
  down(): void;
}

/** A Redis that takes longer for one command is unusable: permits would come too late. */
const ANSWERS_WITHIN_MS = 1_000;
const PROBE_EVERY_MS = 1_000;

/** Delays between attempts to connect. At most 2 s, so that all shards are back within 2 s of each other. */
const RETRY: Backoff = { baseMs: 500, maxMs: 2_000 };

/**
 * bottleneck uses the clocks of its clients. A difference of 0.5 s is 0.8% of a minute, and the budget has 2%
 * in reserve.
 */
const CLOCKS_APART_MS = 500;

/** Also writes: a replica that only reads gives no permits. */
const PROBE = "redis.call('set', KEYS[1], '1', 'PX', 60000) return redis.call('time')";
const PROBE_KEY = 'b_edgetranscode_probe';

export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #followers = new Set<RedisFollower>();
  readonly #closing = new AbortController();
  #connection: Bottleneck.IORedisConnection | undefined;
  #client: Redis | undefined;
  /** Why the connection was lost, as logged last. The same reason is not logged at each attempt. */
  #loggedReason: string | undefined;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    void this.#run();
  }

  get isUp(): boolean {
    return this.#connection !== undefined;
  }

  /**
   * Notifies the follower of each change, and at once if the connection is up. @returns a function that ends
   * this
   */
  follow(follower: RedisFollower): () => void {
    this.#followers.add(follower);
    if (this.#connection) follower.up(this.#connection);
    return () => void this.#followers.delete(follower);
  }

  /** Runs a script. Rejects while there is no connection, and when Redis refuses the script. */
  async eval(script: string, keys: readonly string[], values: readonly string[] = []): Promise<unknown> {
    if (!this.#client) throw new Error('Redis is away');
    return this.#client.eval(script, keys.length, ...keys, ...values);
  }

  /** Ends the connections. */
  close(): void {
    this.#closing.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let failures = 0; !signal.aborted; ) {
      const attempt = new RedisAttempt(this.#options);
      const why = await attempt.lasts(signal, (connection) => {
        failures = 0;
        this.#client = attempt.client;
        this.#up(connection);
      });
      this.#client = undefined;
      attempt.end();
      if (signal.aborted) break;
      failures += 1;
      this.#down(why);
      await this.#options.clock.sleep(backoffDelay(RETRY, failures), signal).catch(() => undefined);
    }
    this.#connection = undefined;
  }

  #up(connection: Bottleneck.IORedisConnection): void {
    this.#connection = connection;
    this.#loggedReason = undefined;
    this.#options.logger.info('the budgets are shared through Redis');
    for (const follower of this.#followers) follower.up(connection);
  }

  #down(why: string): void {
    const wasUp = this.#connection !== undefined;
    this.#connection = undefined;
    if (this.#loggedReason !== why)
      this.#options.logger.warn('Redis cannot be used; this process spends its part of each budget', { why });
    this.#loggedReason = why;
    if (wasUp) for (const follower of this.#followers) follower.down();
  }
}

/** One attempt to connect, and the connection that it leads to. */
class RedisAttempt {
  readonly client: Redis;
  readonly #clock: Clock;
  readonly #ended = Promise.withResolvers<string>();
  #connection: Bottleneck.IORedisConnection | undefined;
  #failure = 'the connection ended';

  constructor({ url, clock }: RedisConnectionOptions) {
    this.#clock = clock;
    this.client = new Redis(url, OPTIONS);
    this.#watch(this.client);
  }

  /** Resolves when the connection has ended. @returns why, without anything secret */
  async lasts(
    signal: AbortSignal,
    onUp: (connection: Bottleneck.IORedisConnection) => void,
  ): Promise<string> {
    const closed = Promise.withResolvers<string>();
    const close = () => closed.resolve('closed');
    signal.addEventListener('abort', close, { once: true });
    const why = Promise.race([closed.promise, this.#ended.promise, this.#work(onUp).catch(describe)]);
    // The signal outlives the attempt: while Redis is lost there is an attempt each second or two.
    return why.finally(() => signal.removeEventListener('abort', close));
  }

  end(): void {
    if (this.#connection) void this.#connection.disconnect(false);
    this.client.disconnect();
  }

  async #work(onUp: (connection: Bottleneck.IORedisConnection) => void): Promise<string> {
    const isReady = this.#connect().then(() => true);
    if (!(await Promise.race([isReady, this.#clock.sleep(2 * ANSWERS_WITHIN_MS)])))
      return 'it does not answer';
    for (let isFirst = true; ; isFirst = false) {
      const failure = await this.#probe();
      if (failure !== undefined) return failure;
      if (isFirst) onUp(this.#connection as Bottleneck.IORedisConnection);
      await this.#clock.sleep(PROBE_EVERY_MS);
    }
  }

  async #connect(): Promise<void> {
    // bottleneck would load ioredis by a name that no bundler sees, so the class is passed.
    const connection = new Bottleneck.IORedisConnection({ Redis, client: this.client });
    this.#connection = connection;
    // bottleneck's types lack `subscriber`, and call `ready` a method.
    const { subscriber, ready } = connection as unknown as {
      readonly subscriber: Redis;
      readonly ready: Promise<unknown>;
    };
    this.#watch(subscriber);
    neverRejecting(subscriber);
    await ready;
  }

  async #probe(): Promise<string | undefined> {
    const before = Date.now();
    const answer = (this.client.eval(PROBE, 1, PROBE_KEY) as Promise<unknown>).catch(describe);
    const late = this.#clock.sleep(ANSWERS_WITHIN_MS).then(() => 'it does not answer');
    const time = await Promise.race([answer, late]);
    if (typeof time === 'string') return time;
    const [seconds, microseconds] = time as [string, string];
    const apart = Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (before + Date.now()) / 2;
    return Math.abs(apart) <= CLOCKS_APART_MS
      ? undefined
      : 'its clock differs from the clock of this process by more than 0.5 s';
  }

  #watch(client: Redis): void {
    client.on('error', (error: Error) => {
      this.#failure = describe(error);
    });
    client.once('end', () => this.#ended.resolve(this.#failure));
  }
}

/** Makes `unsubscribe` never reject. bottleneck ignores its promise, so a rejection would end the process. */
function neverRejecting(subscriber: Redis): void {
  const unsubscribe = subscriber.unsubscribe.bind(subscriber) as (...channels: string[]) => Promise<unknown>;
  const quiet = (...channels: string[]) => unsubscribe(...channels).catch(() => 0);
  Object.assign(subscriber, { unsubscribe: quiet });
}

/** ioredis does not reconnect: a new connection needs new limiters, so this class creates it. */
const OPTIONS = {
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
  connectTimeout: ANSWERS_WITHIN_MS,
  commandTimeout: ANSWERS_WITHIN_MS,
};

/**
 * The code of an error, or the first word of its message. Never more: an error holds its command, which can
 * hold a password.
 */
function describe(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  if (/timed out/i.test(String(message))) return 'it does not answer';
  return /^[A-Z]{3,20}\b/.exec(String(message))?.[0] ?? 'the connection failed';
}

/** Name of an account in Redis. A hash: Redis need not know account numbers or names of Secrets. */
export function sharedNameOf(account: string): string {
  return `edgetranscode_${createHash('sha256').update(account).digest('hex').slice(0, 16)}`;
}
