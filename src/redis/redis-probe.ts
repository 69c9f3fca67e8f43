/**
 * Checks that a Redis can do all that sharing needs. Its user may hold some commands and not others, and a
 * proxy may take some scripts and not others: a Redis that answers one command can still refuse every permit.
 */
import type { Redis } from 'ioredis';

/**
 * bottleneck uses the clocks of its clients. A difference of 0.5 s is 0.8% of a minute, and the budget has 2%
 * in reserve.
 */
export const CLOCKS_APART_MS = 500;

const PREFIX = 'b_edgetranscode_probe';
const KEYS = [PREFIX, `${PREFIX}_hash`, `${PREFIX}_sorted`, `${PREFIX}_renamed`];
/** The channel of the probe, which a user needs the right to as to those of the limiters. */
const CHANNEL = PREFIX;

/**
 * Runs each command that the scripts of bottleneck, `SharedDemand` and `SharedLimiter` run, and returns the
 * time and what was refused. It writes, as a replica that only reads gives no permits. Keys are in variables,
 * as in the scripts of bottleneck: some proxies refuse that.
 */
export const PROBE = `
local refused = {}
local function try(command, ...)
  local answer = redis.pcall(command, ...)
  if type(answer) == 'table' and answer.err then
    table.insert(refused, command)
    table.insert(refused, answer.err)
  end
end
local text, hash, sorted, renamed = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
try('set', text, '1', 'px', ARGV[1])
try('exists', text)
try('hset', hash, 'a', 1)
try('hsetnx', hash, 'a', 1)
try('hmset', hash, 'b', 1)
try('hget', hash, 'a')
try('hmget', hash, 'a')
try('hgetall', hash)
try('hkeys', hash)
try('hlen', hash)
try('hstrlen', hash, 'a')
try('hincrby', hash, 'a', 1)
try('hdel', hash, 'b')
try('zadd', sorted, 1, 'a')
try('zincrby', sorted, 1, 'a')
try('zscore', sorted, 'a')
try('zrange', sorted, 0, 0)
try('zrangebyscore', sorted, 0, 1)
try('zrem', sorted, 'a')
try('zremrangebyscore', sorted, 0, 1)
try('pexpire', hash, ARGV[1])
try('rename', text, renamed)
try('del', renamed)
try('publish', ARGV[2], '')
return {redis.call('time'), refused}`;
const KEPT_MS = '60000';

/** Most commands that a reason names. */
const MOST_NAMED = 3;

/** Prepares a connection for `problemOf`. @throws when Redis refuses to subscribe, or the script */
export async function prepareProbe(client: Redis, subscriber: Redis): Promise<void> {
  // As bottleneck runs its scripts: the first time by EVAL, then by EVALSHA.
  client.defineCommand('edgetranscodeProbe', { lua: PROBE, numberOfKeys: KEYS.length });
  // bottleneck ignores a refused subscription.
  await subscriber.subscribe(CHANNEL);
  await run(client);
}

/**
 * Returns why the database that the URL names cannot be used; undefined: it can. When it is refused, ioredis
 * uses database 0.
 *
 * @throws when Redis does not answer in time
 */
export async function databaseProblem(client: Redis): Promise<string | undefined> {
  const { db = 0 } = client.options;
  if (db === 0) return undefined;
  return client.select(db).then(
    () => undefined,
    (error: Error) => {
      // Only an answer of Redis begins with a code.
      if (codeOf(error.message) === undefined) throw error;
      return refusal(['select', error.message]);
    },
  );
}

/**
 * Returns why the Redis cannot be used, without anything secret; undefined: it can.
 *
 * @throws when Redis refuses the script, or does not answer in time
 */
export async function problemOf(client: Redis): Promise<string | undefined> {
  const before = Date.now();
  const [[seconds, microseconds], refused] = await run(client);
  const apart = Number(seconds) * 1_000 + Number(microseconds) / 1_000 - (before + Date.now()) / 2;
  if (refused.length > 0) return refusal(refused);
  if (Math.abs(apart) > CLOCKS_APART_MS)
    return 'its clock differs from the clock of this process by more than 0.5 s';
  return undefined;
}

/** The time of Redis, and by turns a refused command and the error. */
type Report = readonly [time: readonly [string, string], refused: readonly string[]];

function run(client: Redis): Promise<Report> {
  const { edgetranscodeProbe: probe } = client as unknown as {
    edgetranscodeProbe(...keysAndValues: string[]): Promise<Report>;
  };
  return probe.call(client, ...KEYS, KEPT_MS, CHANNEL);
}

function refusal(refused: readonly string[]): string {
  const commands = refused.filter((_, index) => index % 2 === 0);
  const [named, more] = [commands.slice(0, MOST_NAMED).join(', '), commands.length - MOST_NAMED];
  return `it refuses ${named}${more > 0 ? ` and ${more} more commands` : ''} (${codeOf(refused[1]) ?? 'ERR'})`;
}

/**
 * The code of an error of Redis, such as NOPERM, OOM or READONLY. Never more of the text. Redis 6 puts the
 * line of the script before it, and then says NOPERM in words.
 */
export function codeOf(message: unknown): string | undefined {
  const text = String(message).replace(/^(ERR Error running script[^@]*)?(@user_script: ?\d+: ?)+/, '');
  if (text.startsWith("The user executing the script can't")) return 'NOPERM';
  return /^-?([A-Z]{3,20})\b/.exec(text)?.[1];
}
