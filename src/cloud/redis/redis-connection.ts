/**
 * The way to Redis while it is any good: connected, answering within a second, and by a clock like ours. Tells who follows it when it
 * comes and goes. It goes on until it is closed; no failure ends it.
 */
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

/** A Redis that needs longer for one command is as good as away: turns would come too late. */
const ANSWERS_WITHIN_MS = 1_000;
const ASK_EVERY_MS = 1_000;

/** Every shard is back within these of each other. */
const RETRY: Backoff = { baseMs: 500, maxMs: 2_000 };

/** bottleneck reckons by the clocks of those who call: half a second apart is 0.8% of a minute, and the budget has 2% in reserve. */
const CLOCKS_APART_MS = 500;

/** Writing is asked for as well: what only reads gives no turns. */
const PROBE = "redis.call('set', KEYS[1], '1', 'PX', 60000) return redis.call('time')";
const PROBE_KEY = 'b_edgetranscode_probe';

export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #followers = new Set<RedisFollower>();
  readonly #closing = new AbortController();
  #connection: Bottleneck.IORedisConnection | undefined;
  #client: Redis | undefined;
  /** Why it is away; told once, not at each try. */
  #told: string | undefined;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    void this.#run();
  }

  get isUp(): boolean {
    return this.#connection !== undefined;
  }

  /** Tells at once if it is up. @returns what ends it */
  follow(follower: RedisFollower): () => void {
    this.#followers.add(follower);
    if (this.#connection) follower.up(this.#connection);
    return () => void this.#followers.delete(follower);
  }

  /** Runs a script. Rejects while Redis is away, and when it refuses. */
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
      const session = new RedisAttempt(this.#options);
      const why = await session.lasts(signal, (connection) => {
        failures = 0;
        this.#client = session.client;
        this.#up(connection);
      });
      this.#client = undefined;
      session.end();
      if (signal.aborted) break;
      failures += 1;
      this.#down(why);
      await this.#options.clock.sleep(backoffDelay(RETRY, failures), signal).catch(() => undefined);
    }
    this.#connection = undefined;
  }

  #up(connection: Bottleneck.IORedisConnection): void {
    this.#connection = connection;
    this.#told = undefined;
    this.#options.logger.info('the budgets are shared through Redis');
    for (const follower of this.#followers) follower.up(connection);
  }

  #down(why: string): void {
    const wasUp = this.#connection !== undefined;
    this.#connection = undefined;
    if (this.#told !== why) {
      const message = 'Redis cannot be used: going on with a part of each budget';
      this.#options.logger.warn(message, { why });
    }
    this.#told = why;
    if (wasUp) for (const follower of this.#followers) follower.down();
  }
}

/** From one try to connect to the end of what came of it. */
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

  /** @returns why it ended, without anything secret */
  async lasts(
    signal: AbortSignal,
    onUp: (connection: Bottleneck.IORedisConnection) => void,
  ): Promise<string> {
    const closed = Promise.withResolvers<string>();
    const close = () => closed.resolve('closed');
    signal.addEventListener('abort', close, { once: true });
    const why = Promise.race([closed.promise, this.#ended.promise, this.#work(onUp).catch(describe)]);
    // The signal outlives every session: there is one each second or two while Redis is away.
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
      const trouble = await this.#probe();
      if (trouble !== undefined) return trouble;
      if (isFirst) onUp(this.#connection as Bottleneck.IORedisConnection);
      await this.#clock.sleep(ASK_EVERY_MS);
    }
  }

  async #connect(): Promise<void> {
    // Given, as it would be loaded by a name that no bundler sees.
    const connection = new Bottleneck.IORedisConnection({ Redis, client: this.client });
    this.#connection = connection;
    // Its types lack the one, and call the other a method.
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
    return Math.abs(apart) <= CLOCKS_APART_MS ? undefined : 'its clock and ours are more than 0.5 s apart';
  }

  #watch(client: Redis): void {
    client.on('error', (error: Error) => {
      this.#failure = describe(error);
    });
    client.once('end', () => this.#ended.resolve(this.#failure));
  }
}

/** bottleneck lets go of what `unsubscribe` promises: a rejection would end the process. */
function neverRejecting(subscriber: Redis): void {
  const unsubscribe = subscriber.unsubscribe.bind(subscriber) as (...channels: string[]) => Promise<unknown>;
  const quiet = (...channels: string[]) => unsubscribe(...channels).catch(() => 0);
  Object.assign(subscriber, { unsubscribe: quiet });
}

/** A lost connection is ours to make again: with a limiter that knows nothing of the old one. */
const OPTIONS = {
  retryStrategy: () => null,
  maxRetriesPerRequest: 0,
  connectTimeout: ANSWERS_WITHIN_MS,
  commandTimeout: ANSWERS_WITHIN_MS,
};

/** Its code, or the first word of what Redis said: never more, as an error holds its command, and a command can be a password. */
function describe(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  if (/timed out/i.test(String(message))) return 'it does not answer';
  return /^[A-Z]{3,20}\b/.exec(String(message))?.[0] ?? 'the connection failed';
}
