/**
 * One budget spent by several processes while the user of Redis lacks a command that sharing needs: the
 * connection works, and yet no permit would come.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { useRedisUser } from './redis-user.ts';
import { NOTICED_MS, until, useSpenders } from './spenders.ts';

describe('a budget shared through a Redis that refuses what sharing needs', function () {
  this.timeout(60_000);
  const scene = useSpenders();
  const user = useRedisUser(scene);

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
      await user.allowAllBut(rule);
      const spender = user.spender();
      await until(() => spender.logger.lines.length > 0, NOTICED_MS);
      // Long enough for further attempts.
      await delay(2_500);
      expect(spender.logged).to.deep.equal([`warn ${why}`]);
      expect(spender.redis.isUp).to.equal(false);
    });

  for (const [rules, database, why] of [
    [[], '/99', 'it refuses select (ERR)'],
    [['-select'], '/1', 'it refuses select (NOPERM)'],
  ] as const)
    it(`counts as away with the rules ${rules} and the database ${database}, and uses no other one`, async () => {
      await user.allowAllBut(...rules);
      const spender = user.spender(database);
      await until(() => spender.logger.lines.length > 0, NOTICED_MS);
      expect(spender.logged).to.deep.equal([`warn ${why}`]);
    });
});
