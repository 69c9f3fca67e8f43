/**
 * A Redis as far as the shared limiters use it: the slots of each limiter, as bottleneck's scripts and ours
 * give them, with their counts. Each process has its own connection, which can be lost. The contract tests
 * use a real Redis.
 */
import type Bottleneck from 'bottleneck';
import type { RedisFollower } from '../../../../src/redis/redis-connection.ts';
import { type Sharing, TAKE } from '../../../../src/redis/shared-limiter.ts';

/** The settings of a limiter. */
interface Limiter {
  minTime: number;
  nextRequest: number;
}

type OnAnswer = (error: Error | null, answer?: unknown) => void;

export class FakeRedis {
  readonly #limiters = new Map<string, Limiter>();
  readonly #followers = new Set<RedisFollower>();
  #lost: AbortController | undefined = new AbortController();
  /** Scripts that were run, by name. */
  readonly scripts = new Map<string, number>();

  /** What a process needs of Redis. */
  connect(): Sharing['redis'] {
    return {
      follow: (follower) => {
        this.#followers.add(follower);
        if (this.#lost) follower(this.#connection(), this.#lost.signal);
        return () => void this.#followers.delete(follower);
      },
      eval: async (script, keys, values = []) => this.#eval(script, keys, values),
      time: () => Date.now(),
      refused: () => undefined,
      overruled: () => undefined,
    };
  }

  /** Every process loses its connection, and Redis its data. */
  lose(): void {
    this.#limiters.clear();
    this.#lost?.abort();
    this.#lost = undefined;
  }

  comeBack(): void {
    if (this.#lost) return;
    this.#lost = new AbortController();
    for (const follower of this.#followers) follower(this.#connection(), this.#lost.signal);
  }

  #eval(script: string, [key = '']: readonly string[], values: readonly string[]): number {
    if (script !== TAKE) return 0;
    this.#count('take');
    const [now, permits] = values.map(Number) as [number, number];
    const limiter = this.#limiters.get(key.replace(/^b_|_settings$/g, '')) as Limiter;
    limiter.nextRequest = Math.max(limiter.nextRequest, now) + permits * limiter.minTime;
    return 0;
  }

  #connection(): Bottleneck.IORedisConnection {
    const connection = {
      datastore: 'ioredis',
      ready: Promise.resolve({}),
      __addLimiter__: async () => undefined,
      __removeLimiter__: () => undefined,
      __scriptArgs__: (_name: string, id: string, args: unknown[], onAnswer: OnAnswer) => [
        id,
        args,
        onAnswer,
      ],
      __scriptFn__: (name: string) => (id: string, args: readonly unknown[], onAnswer: OnAnswer) =>
        onAnswer(null, this.#run(name, id, args)),
    };
    return connection as unknown as Bottleneck.IORedisConnection;
  }

  /** @param args first the time of the client and its ID */
  #run(name: string, id: string, [now, , ...args]: readonly unknown[]): unknown {
    this.#count(name);
    const limiter = this.#limiters.get(id) ?? { minTime: 0, nextRequest: Number(now) };
    this.#limiters.set(id, limiter);
    const minTime = args.indexOf('minTime');
    if (name === 'update_settings' && minTime >= 0) limiter.minTime = Number(args[minTime + 1]);
    if (name === 'submit') return [0, 0, 1];
    if (name !== 'register') return [];
    const wait = Math.max(0, limiter.nextRequest - Number(now));
    limiter.nextRequest = Number(now) + wait + limiter.minTime;
    return [1, wait, ''];
  }

  #count(name: string): void {
    this.scripts.set(name, (this.scripts.get(name) ?? 0) + 1);
  }
}
