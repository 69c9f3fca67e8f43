/**
 * The demand of other processes on the accounts whose budgets are shared. Every 5 s each process writes its
 * own demand to Redis, and reads the sum of the others. Demand that is not repeated for a minute is
 * forgotten, and Redis then deletes the key.
 */
import type { Clock } from '../../base/clock.ts';
import { type RedisConnection, sharedNameOf } from './redis-connection.ts';

export interface SharedDemandOptions {
  readonly redis: Pick<RedisConnection, 'eval'>;
  /** Number of processes that share each budget. */
  readonly shards: number;
  /** Name of this process's shard. The next leader of the shard replaces this demand by it. */
  readonly shard: string;
  /** Calls a second that this process's objects need, by the name of the account. */
  readonly own: () => ReadonlyMap<string, number>;
  readonly clock: Clock;
}

const EXCHANGE_EVERY_MS = 5_000;

/**
 * How long a demand is valid. Longer than a change of leader takes, so that intervals outlast it and a short
 * outage of Redis.
 */
const KEPT_MS = 60_000;

/** Writes and sums up a hash. Field: shard. Value: `calls time`, by the clock of Redis. */
const SCRIPT = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('hset', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', now))
redis.call('pexpire', KEYS[1], ARGV[3])
local others = 0
local all = redis.call('hgetall', KEYS[1])
for i = 1, #all, 2 do
  local calls, at = string.match(all[i + 1], '(%S+) (%S+)')
  if now - at > tonumber(ARGV[3]) then redis.call('hdel', KEYS[1], all[i])
  elseif all[i] ~= ARGV[1] then others = others + calls end
end
return tostring(others)`;

export class SharedDemand {
  readonly #options: SharedDemandOptions;
  #others: ReadonlyMap<string, number> = new Map();
  /** Clock `now` of the last successful exchange. */
  #exchangedAt: number;
  readonly #closing = new AbortController();

  constructor(options: SharedDemandOptions) {
    this.#options = options;
    this.#exchangedAt = options.clock.now();
    void this.#exchangeAll();
  }

  /** Calls a second that other processes need of an account, by the last exchange; 0 a minute later. */
  othersOf(account: string): number {
    return this.#isKnown ? (this.#others.get(account) ?? 0) : 0;
  }

  /**
   * The share of each budget that serves the known demand. It is 1 while the demand of the others is known,
   * else this process's part.
   */
  get share(): number {
    return this.#isKnown ? 1 : 1 / this.#options.shards;
  }

  close(): void {
    this.#closing.abort();
  }

  get #isKnown(): boolean {
    return this.#options.clock.now() - this.#exchangedAt <= KEPT_MS;
  }

  async #exchangeAll(): Promise<void> {
    const { clock, own } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted)
      try {
        await clock.sleep(EXCHANGE_EVERY_MS, signal);
        this.#others = new Map(await Promise.all([...own()].map((each) => this.#exchange(...each))));
        this.#exchangedAt = clock.now();
      } catch {
        // Closed, or Redis is lost, which the connection logs. The last sums stay valid for a minute.
      }
  }

  async #exchange(account: string, calls: number): Promise<[account: string, others: number]> {
    const { redis, shard } = this.#options;
    const key = `b_${sharedNameOf(account)}_demand`;
    return [account, Number(await redis.eval(SCRIPT, [key], [shard, `${calls}`, `${KEPT_MS}`]))];
  }
}
