/**
 * One budget spent by several processes while the user of Redis lacks a command that sharing needs: the
 * connection works, and yet no permit would come.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { sharedNameOf } from '../../src/redis/redis-connection.ts';
import { full, most, SETTLED_MS, SHARDS, type Spender, until, useSpenders } from './spenders.ts';

/** A refusal is noticed within this: a probe goes every second. */
const NOTICED_MS = 3_000;
const USER = 'op';
const PASSWORD = 'another-password';

describe('a budget shared through a Redis that refuses what sharing needs', function () {
  this.timeout(60_000);
  const scene = useSpenders();
  let owner: Redis;
  beforeEach(() => {
    owner = new Redis(scene.redis.url);
  });
  afterEach(() => owner.disconnect());

  /** Replaces the user: it may do all but what the rules say. */
  async function allowAllBut(...rules: string[]): Promise<void> {
    const all = ['reset', 'on', `>${PASSWORD}`, 'allkeys', 'allchannels', '+@all'];
    await owner.call('ACL', 'SETUSER', USER, ...all, ...rules);
  }

  function spenderOfUser(database = ''): Spender {
    return scene.spender(
      'an account',
      `redis://${USER}:${PASSWORD}@127.0.0.1:${scene.redis.port}${database}`,
    );
  }

  function reasons({ logger }: Spender): unknown[] {
    return logger.lines.map(({ level, fields }) => `${level} ${fields.why ?? ''}`.trim());
  }

  for (const [rule, why] of [
    ['-hmset', 'it refuses hmset (NOPERM)'],
    ['-zremrangebyscore', 'it refuses zremrangebyscore (NOPERM)'],
    ['-@sortedset', 'it refuses zadd, zincrby, zscore and 4 more commands (NOPERM)'],
    ['-publish', 'it refuses publish (NOPERM)'],
    ['-subscribe', 'NOPERM'],
    ['resetchannels', 'NOPERM'],
    ['-evalsha', 'NOPERM'],
  ] as const)
    it(`counts as away with the rule ${rule}, and the log says once why`, async () => {
      await allowAllBut(rule);
      const spender = spenderOfUser();
      await until(() => spender.logger.lines.length > 0, NOTICED_MS);
      // Long enough for further attempts.
      await delay(2_500);
      expect(reasons(spender)).to.deep.equal([`warn ${why}`]);
      expect(spender.redis.isUp).to.equal(false);
    });

  for (const [rules, database, why] of [
    [[], '/99', 'it refuses select (ERR)'],
    [['-select'], '/1', 'it refuses select (NOPERM)'],
  ] as const)
    it(`counts as away with the rules ${rules} and the database ${database}, and uses no other one`, async () => {
      await allowAllBut(...rules);
      const spender = spenderOfUser(database);
      await until(() => spender.logger.lines.length > 0, NOTICED_MS);
      expect(reasons(spender)).to.deep.equal([`warn ${why}`]);
    });

  it('is shared with the rights that docs/scaling.md names', async () => {
    const docs = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8');
    const [, rights = ''] = /^ACL SETUSER edgetranscode on >PASSWORD (.*)$/m.exec(docs) ?? [];
    await owner.call('ACL', 'SETUSER', USER, 'reset', 'on', `>${PASSWORD}`, ...rights.split(' '));
    const spender = spenderOfUser();
    await until(() => spender.redis.isUp, NOTICED_MS);
    spender.want(20);
    await delay(SETTLED_MS);
    expect(await scene.callsIn(4_000, [spender])).to.be.within(0.9 * full(4_000), most(4_000));
    expect(reasons(spender)).to.deep.equal(['info']);
  });

  it('counts as not shared, with a line in the log, while the keys of its account are of another type', async () => {
    await allowAllBut();
    const key = `b_${sharedNameOf('an account')}_job_expirations`;
    await owner.set(key, 'of another program');
    const spender = spenderOfUser();
    spender.want(20);
    await until(() => reasons(spender).length > 1, 2 * NOTICED_MS);
    expect(reasons(spender)).to.deep.equal(['info', 'warn WRONGTYPE']);
    expect([spender.redis.isUp, spender.budget.isShared]).to.deep.equal([true, false]);
    await owner.del(key);
    await until(() => spender.budget.isShared, 2 * NOTICED_MS);
  });

  it('is spent in parts, and is shared again once the user may do all', async () => {
    await allowAllBut();
    const spender = spenderOfUser();
    await until(() => spender.redis.isUp, NOTICED_MS);
    spender.want(20);
    await delay(SETTLED_MS);
    await allowAllBut('-hmset');
    await until(() => !spender.redis.isUp, NOTICED_MS);
    const calls = await scene.callsIn(6_000, [spender]);
    expect(calls).to.be.within(0.8 * (full(6_000) / SHARDS), most(6_000) / SHARDS + 1);
    await allowAllBut();
    await until(() => spender.redis.isUp, 2 * NOTICED_MS);
    await until(() => reasons(spender).length > 2, 2 * NOTICED_MS);
    expect(reasons(spender)).to.deep.equal(['info', 'warn it refuses hmset (NOPERM)', 'info']);
  });
});
