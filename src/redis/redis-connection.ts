/**
 * A connection to Redis that is usable: it answers within a second, runs every command that sharing needs,
 * and its clock agrees with this process's clock. Followers are notified when the connection comes and goes.
 * It reconnects until it is closed; no failure ends it.
 */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import Bottleneck from 'bottleneck';
import type { Redis } from 'ioredis';
import { type Backoff, backoffDelay } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { OnceLogger } from '../base/once-logger.ts';
import { CLOCKS_APART_MS, codeOf, databaseProblem, prepareProbe, problemOf } from './redis-probe.ts';

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`; may hold a password. */
  readonly url: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Receives each connection, with a signal that is aborted when the connection is lost. */
export type RedisFollower = (connection: Bottleneck.IORedisConnection, lost: AbortSignal) => void;

/** A Redis that takes longer for one command is unusable: permits would come too late. */
const ANSWERS_WITHIN_MS = 1_000;
const PROBE_EVERY_MS = 1_000;

const LOGGED_AGAIN_MS = 10 * 60_000;

/**
 * A connection that ends sooner is not logged as the end of an outage: where each is cut at once, two lines a
 * second would be.
 */
const LASTING_MS = 5_000;

/** Delays between attempts to connect. At most 2 s, so that all shards are back within 2 s of each other. */
const RETRY: Backoff = { baseMs: 500, maxMs: 2_000 };

export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  readonly #followers = new Set<RedisFollower>();
  readonly #closing = new AbortController();
  /** The connection of the latest attempt. */
  #connection: Bottleneck.IORedisConnection | undefined;
  /** Ends the use of the connection. Undefined while it is not usable. */
  #lost: AbortController | undefined;
  /** Wall clock less clock `now`, in milliseconds, when the connection became usable. */
  #offset = 0;
  /** Reasons that were logged since the budgets were shared last. None is logged at each attempt. */
  readonly #loggedReasons = new Set<string>();
  readonly #troubles: OnceLogger;

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#troubles = new OnceLogger({ ...options, repeatAfterMs: LOGGED_AGAIN_MS });
    void this.#run();
  }

  get isUp(): boolean {
    return this.#lost !== undefined;
  }

  /**
   * Milliseconds since the Unix epoch for the scripts of limiters. The wall clock of the time when the
   * connection became usable, and the time since then: a step of the wall clock must not reach Redis, where
   * the next permit of all processes would be an hour away.
   */
  time(): number {
    return this.#options.clock.now() + this.#offset;
  }

  /** Notifies the follower of each connection, the present one included. @returns what ends this */
  follow(follower: RedisFollower): () => void {
    this.#followers.add(follower);
    if (this.#connection && this.#lost) follower(this.#connection, this.#lost.signal);
    return () => void this.#followers.delete(follower);
  }

  /** Runs a script. Rejects while there is no connection, and when Redis refuses the script. */
  async eval(script: string, keys: readonly string[], values: readonly string[] = []): Promise<unknown> {
    if (!this.#connection || !this.#lost) throw new Error('Redis is away');
    return partsOf(this.#connection).client.eval(script, keys.length, ...keys, ...values);
  }

  /**
   * Logs that Redis refuses the budget of one account, although it does all that the probe needs: another
   * program may have changed the account's keys. At most once in 10 minutes.
   */
  refused(error: unknown): void {
    const message = 'Redis refuses the budget of an account; this process spends its part of it';
    this.#troubles.failed('account', message, { why: describe(error) });
  }

  /**
   * Logs that another process has another `--calls-per-minute`, and connected later: its value holds for all.
   * At most once in 10 minutes.
   *
   * @param minTimeMs time between two calls that holds, and that of this process
   */
  overruled(minTimeMs: number, ownMinTimeMs: number): void {
    const message = 'another operator shares a budget with another --calls-per-minute, which holds for all';
    const [callsAMinute, ownCallsAMinute] = [minTimeMs, ownMinTimeMs].map((ms) => Math.round(60_000 / ms));
    this.#troubles.failed('rate', message, { callsAMinute, ownCallsAMinute });
  }

  /** Ends the connections. */
  close(): void {
    this.#closing.abort();
    void this.#connection?.disconnect(false);
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#closing;
    for (let failures = 1; !signal.aborted; failures += 1) {
      const why = await this.#connect();
      const lost = this.#lost;
      this.#lost = undefined;
      if (signal.aborted) return;
      if (!this.#loggedReasons.has(why))
        logger.warn('Redis cannot be used; this process spends its part of each budget', { why });
      this.#loggedReasons.add(why);
      lost?.abort();
      if (lost) failures = 1;
      await clock.sleep(backoffDelay(RETRY, failures), signal).catch(() => undefined);
    }
  }

  /** Connects, and resolves when the connection has ended. @returns why, without anything secret */
  async #connect(): Promise<string> {
    // Loaded only where Redis is used, as it takes memory. bottleneck would load it by a name that no bundler
    // sees, so the class is passed.
    const { Redis } = await import('ioredis');
    if (this.#closing.signal.aborted) return 'closed';
    const client = new Redis(this.#options.url, { ...OPTIONS, ...tlsOf(this.#options.url) });
    const connection = new Bottleneck.IORedisConnection({ Redis, client });
    this.#connection = connection;
    giveTime(connection, () => Math.round(this.time()));
    const { subscriber } = partsOf(connection);
    neverRejecting(subscriber);
    const ended = Promise.withResolvers<string>();
    let failure = 'the connection ended';
    for (const each of [client, subscriber]) {
      each.on('error', (error: Error) => {
        failure = describe(error);
      });
      each.once('end', () => ended.resolve(failure));
    }
    const why = await Promise.race([ended.promise, this.#serve(connection).catch(describe)]);
    void connection.disconnect(false);
    return why;
  }

  /** Resolves or rejects with the reason when the connection cannot be used, or no longer. */
  async #serve(connection: Bottleneck.IORedisConnection): Promise<string> {
    const { clock, logger } = this.#options;
    const { client, subscriber, ready } = partsOf(connection);
    const isReady = ready.then(() => true);
    if (!(await Promise.race([isReady, clock.sleep(2 * ANSWERS_WITHIN_MS)]))) return 'it does not answer';
    await prepareProbe(client, subscriber);
    const problem = (await databaseProblem(client)) ?? (await problemOf(client));
    if (problem !== undefined) return problem;
    this.#offset = clock.date().getTime() - clock.now();
    const lost = new AbortController();
    this.#lost = lost;
    for (const follower of this.#followers) follower(connection, lost.signal);
    const connectedAt = clock.now();
    for (let isLogged = false; ; ) {
      const isNews = this.#loggedReasons.size === 0 || clock.now() - connectedAt >= LASTING_MS;
      if (isNews && !isLogged) {
        isLogged = true;
        this.#loggedReasons.clear();
        logger.info('the budgets are shared through Redis');
      }
      await clock.sleep(PROBE_EVERY_MS, lost.signal);
      const trouble = await problemOf(client);
      if (trouble !== undefined) return trouble;
      if (Math.abs(clock.date().getTime() - this.time()) > CLOCKS_APART_MS)
        return 'the wall clock was stepped';
    }
  }
}

/** bottleneck's types lack the clients, and call `ready` a method. */
function partsOf(connection: Bottleneck.IORedisConnection) {
  return connection as unknown as {
    readonly client: Redis;
    readonly subscriber: Redis;
    readonly ready: Promise<unknown>;
  };
}

/** Gives bottleneck's scripts this time. bottleneck itself reads the wall clock for each script. */
function giveTime(connection: Bottleneck.IORedisConnection, time: () => number): void {
  type ArgumentsOf = (name: string, id: string, values: unknown[], onAnswer: unknown) => unknown[];
  const scripted = connection as unknown as { __scriptArgs__: ArgumentsOf };
  const argumentsOf = scripted.__scriptArgs__.bind(scripted);
  scripted.__scriptArgs__ = (name, id, [, ...values], onAnswer) =>
    argumentsOf(name, id, [time(), ...values], onAnswer);
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
 * Names the host to a proxy that serves several by TLS. ioredis names none. An address is no name, and TLS
 * has names without the dot at the end that the DNS allows.
 */
export function tlsOf(text: string): { readonly tls?: { readonly servername: string } } {
  const { protocol, hostname } = new URL(text);
  const servername = hostname.replace(/\.$/, '');
  const isName = !servername.startsWith('[') && isIP(servername) === 0;
  return protocol === 'rediss:' && isName ? { tls: { servername } } : {};
}

/**
 * The code of an error, or the first word of its message. Never more: an error holds its command, which can
 * hold a password.
 */
function describe(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return code;
  if (/timed out/i.test(String(message))) return 'it does not answer';
  return codeOf(message) ?? 'the connection failed';
}

/** Name of an account in Redis. A hash: Redis need not know account numbers or names of Secrets. */
export function sharedNameOf(account: string): string {
  return `edgetranscode_${createHash('sha256').update(account).digest('hex').slice(0, 16)}`;
}
