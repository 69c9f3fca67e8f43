/**
 * What the objects of other processes ask of the accounts whose budgets are shared. Each process tells in Redis what its own ask for, and
 * is told the sum of the others, every few seconds. What is not told again is forgotten, and the whole key by Redis itself.
 */
import type { Clock, Timer } from '../../base/clock.ts';
import type { RedisConnection } from './redis-connection.ts';
import { sharedNameOf } from './shared-name.ts';

export interface SharedDemandOptions {
  readonly redis: Pick<RedisConnection, 'eval'>;
  /** How many processes share each budget. */
  readonly shards: number;
  /** What tells this process from the others, and not from the one that leads after it. */
  readonly shard: string;
  /** Calls a second that this process's objects ask for, by what all who share an account call it. */
  readonly own: () => ReadonlyMap<string, number>;
  readonly clock: Clock;
}

const TELL_EVERY_MS = 5_000;

/** Longer than two leaders of a shard need to hand over, and than Redis may be away without anybody's intervals changing. */
const KEPT_MS = 60_000;

/** Field: shard; value: `calls when`, by the clock of Redis. */
const SCRIPT = `
local time = redis.call('time')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('hset', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. string.format('%.0f', now))
redis.call('pexpire', KEYS[1], ARGV[3])
local others = 0
local told = redis.call('hgetall', KEYS[1])
for i = 1, #told, 2 do
  local calls, at = string.match(told[i + 1], '(%S+) (%S+)')
  if now - at > tonumber(ARGV[3]) then redis.call('hdel', KEYS[1], told[i])
  elseif told[i] ~= ARGV[1] then others = others + calls end
end
return tostring(others)`;

export class SharedDemand {
  readonly #options: SharedDemandOptions;
  #others: ReadonlyMap<string, number> = new Map();
  /** Clock `now`. */
  #heardAt: number;
  #next: Timer;
  #closed = false;

  constructor(options: SharedDemandOptions) {
    this.#options = options;
    this.#heardAt = options.clock.now();
    this.#next = this.#later();
  }

  /** Calls a second that the others' objects ask of an account; as last heard, for a minute. */
  othersOf(account: string): number {
    return this.#isKnown ? (this.#others.get(account) ?? 0) : 0;
  }

  /** Of each budget, what is for those whose demand is known: all of it, or this process's part when Redis has long been away. */
  get share(): number {
    return this.#isKnown ? 1 : 1 / this.#options.shards;
  }

  close(): void {
    this.#closed = true;
    this.#next.cancel();
  }

  get #isKnown(): boolean {
    return this.#options.clock.now() - this.#heardAt <= KEPT_MS;
  }

  #later(): Timer {
    return this.#options.clock.after(TELL_EVERY_MS, () => void this.#tell());
  }

  async #tell(): Promise<void> {
    const { clock, own } = this.#options;
    try {
      const told = await Promise.all([...own()].map((each) => this.#exchange(...each)));
      this.#others = new Map(told);
      // Of nothing, nothing is heard; but nothing depends on it either.
      this.#heardAt = clock.now();
    } catch {
      // Away, which the connection logs: what was heard last holds for a while.
    }
    if (!this.#closed) this.#next = this.#later();
  }

  async #exchange(account: string, calls: number): Promise<[account: string, others: number]> {
    const { redis, shard } = this.#options;
    const key = `b_${sharedNameOf(account)}_demand`;
    return [account, Number(await redis.eval(SCRIPT, [key], [shard, `${calls}`, `${KEPT_MS}`]))];
  }
}
