/**
 * One budget spent by processes whose user of Redis has the rights that docs/scaling.md names, loses one, or
 * finds the keys of another program.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { sharedNameOf } from '../../../src/redis/redis-connection.ts';
import { useRedisUser } from './redis-user.ts';
import { full, most, NOTICED_MS, SETTLED_MS, SHARDS, until, useSpenders } from './spenders.ts';

describe('a budget shared through Redis by a user with few rights', function () {
  this.timeout(60_000);
  const scene = useSpenders();
  const user = useRedisUser(scene);

  it('is shared with the rights that docs/scaling.md names', async () => {
    const docs = readFileSync(new URL('../../../docs/scaling.md', import.meta.url), 'utf8');
    const [, rights = ''] = /^ACL SETUSER edgetranscode on >PASSWORD (.*)$/m.exec(docs) ?? [];
    await user.allow(...rights.split(' '));
    const spender = user.spender();
    await until(() => spender.redis.isUp, NOTICED_MS);
    spender.want(20);
    await delay(SETTLED_MS);
    expect(await scene.callsIn(4_000, [spender])).to.be.within(0.9 * full(4_000), most(4_000));
    expect(spender.logged).to.deep.equal(['info']);
  });

  it('counts as not shared, with a line in the log, while the keys of its account are of another type', async () => {
    await user.allowAllBut();
    const key = `b_${sharedNameOf('an account')}_job_expirations`;
    await user.owner.set(key, 'of another program');
    const spender = user.spender();
    spender.want(20);
    await until(() => spender.logged.length > 1, 2 * NOTICED_MS);
    expect(spender.logged).to.deep.equal(['info', 'warn WRONGTYPE']);
    expect([spender.redis.isUp, spender.budget.isShared]).to.deep.equal([true, false]);
    await user.owner.del(key);
    await until(() => spender.budget.isShared, 2 * NOTICED_MS);
  });

  it('is spent in parts, and is shared again once the user may do all', async () => {
    await user.allowAllBut();
    const spender = user.spender();
    await until(() => spender.redis.isUp, NOTICED_MS);
    spender.want(20);
    await delay(SETTLED_MS);
    await user.allowAllBut('-hmset');
    await until(() => !spender.redis.isUp, NOTICED_MS);
    const calls = await scene.callsIn(6_000, [spender]);
    expect(calls).to.be.within(0.8 * (full(6_000) / SHARDS), most(6_000) / SHARDS + 1);
    await user.allowAllBut();
    await until(() => spender.redis.isUp, 2 * NOTICED_MS);
    await until(() => spender.logged.length > 2, 2 * NOTICED_MS);
    expect(spender.logged).to.deep.equal(['info', 'warn it refuses hmset (NOPERM)', 'info']);
  });
});
