/**
 * The demand of other processes on the accounts whose budgets are shared. Every 5 s each process writes its
 * own demand by namespace to Redis, and reads that of the others. Demand that is not repeated for a minute is
 * forgotten, and Redis then deletes the key.
 */
import type { Clock } from '../base/clock.ts';
import { type RedisConnection, sharedNameOf } from './redis-connection.ts';

/** Calls per second, by namespace. */
export type CallsByNamespace = ReadonlyMap<string, number>;

export interface SharedDemandOptions {
  readonly redis: Pick<RedisConnection, 'eval'>;
  /** Number of processes that share each budget. */
  readonly shards: number;
  /** Name of this process's shard. The next leader of the shard replaces this demand by it. */
  readonly shard: string;
  /** Calls a second that this process's objects need, by the name of the account. */
  readonly own: () => ReadonlyMap<string, CallsByNamespace>;
  readonly clock: Clock;
}

const EXCHANGE_EVERY_MS = 5_000;

/**
 * How long a demand is valid. Longer than a change of leader takes, so that intervals outlast it and a short
 * outage of Redis.
 */
const KEPT_MS = 60_000;

/** Most shards of an account, as `--shard-count` allows. A hash with more fields is deleted. */
const MOST_SHARDS = 100;

/** Most namespaces that a shard writes, those that need most. The others are too small to matter. */
const MOST_NAMESPACES = 1_000;

/** Longest text of one shard's demand. 1,000 namespaces with names of 63 characters take 90,000. */
const LONGEST_DEMAND = 100_000;

/** Calls a second that a namespace counts for at most: 10,000 times what an account may make. */
const MOST_CALLS = 1_000_000;

/**
 * Writes to a hash, and returns what the other shards wrote. Field: shard. Value: `time demand`, by the clock
 * of Redis.
 */
const SCRIPT = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if redis.call('hlen', KEYS[1]) > ${MOST_SHARDS} then redis.call('del', KEYS[1]) end
redis.call('hset', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
redis.call('pexpire', KEYS[1], ARGV[3])
local others = {}
local all = redis.call('hgetall', KEYS[1])
for i = 1, #all, 2 do
  local at, demand = string.match(all[i + 1], '^(%d+) (.*)$')
  if not at or #demand > ${LONGEST_DEMAND} or now - at > tonumber(ARGV[3]) then
    redis.call('hdel', KEYS[1], all[i])
  elseif all[i] ~= ARGV[1] then table.insert(others, demand) end
end
return others`;

export class SharedDemand {
  readonly #options: SharedDemandOptions;
  #others: ReadonlyMap<string, CallsByNamespace> = new Map();
  /** Clock `now` of the last successful exchange. */
  #exchangedAt: number;
  readonly #closing = new AbortController();

  constructor(options: SharedDemandOptions) {
    this.#options = options;
    this.#exchangedAt = options.clock.now();
    void this.#exchangeAll();
  }

  /** Calls a second that other processes need of an account, by the last exchange; none a minute later. */
  othersOf(account: string): CallsByNamespace {
    return (this.#isKnown ? this.#others.get(account) : undefined) ?? NONE;
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

  async #exchange(account: string, own: CallsByNamespace): Promise<[string, CallsByNamespace]> {
    const { redis, shard } = this.#options;
    const key = `b_${sharedNameOf(account)}_demands`;
    const others = await redis.eval(SCRIPT, [key], [shard, written(own), `${KEPT_MS}`]);
    return [account, sumOf(others)];
  }
}

const NONE: CallsByNamespace = new Map();

function written(own: CallsByNamespace): string {
  const most = [...own].sort(([, a], [, b]) => b - a).slice(0, MOST_NAMESPACES);
  return JSON.stringify(Object.fromEntries(most));
}

/** Adds up what the other shards wrote. Whatever is not a demand counts nothing. */
function sumOf(others: unknown): CallsByNamespace {
  const sums = new Map<string, number>();
  for (const text of Array.isArray(others) ? others.slice(0, MOST_SHARDS) : [])
    for (const [namespace, calls] of entriesOf(text).slice(0, MOST_NAMESPACES))
      if (isNamespace(namespace) && typeof calls === 'number' && calls > 0)
        sums.set(namespace, Math.min(MOST_CALLS, calls + (sums.get(namespace) ?? 0)));
  return sums;
}

function entriesOf(text: unknown): [string, unknown][] {
  if (typeof text !== 'string' || text.length > LONGEST_DEMAND) return [];
  try {
    return Object.entries(JSON.parse(text) ?? {});
  } catch {
    return [];
  }
}

function isNamespace(text: string): boolean {
  return /^[a-z0-9-]{1,63}$/.test(text);
}
