/**
 * One budget spent by several processes while Redis takes their connections and does not answer.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { full, most, NOTICED_MS, SETTLED_MS, SHARDS, until, useSpenders } from './spenders.ts';

describe('a budget shared through a Redis that hangs', function () {
  this.timeout(60_000);
  const scene = useSpenders();

  it('is spent in parts while Redis hangs, and whole again afterwards', async () => {
    await scene.shared();
    for (const spender of scene.spenders) spender.want(20);
    await delay(SETTLED_MS);
    scene.redis.process.kill('SIGSTOP');
    await until(() => scene.spenders.every(({ redis }) => !redis.isUp), NOTICED_MS);
    const each = await Promise.all(scene.spenders.map((spender) => scene.callsIn(6_000, [spender])));
    scene.redis.process.kill('SIGCONT');
    for (const calls of each)
      expect(calls).to.be.within(0.8 * (full(6_000) / SHARDS), most(6_000) / SHARDS + 1);
    await scene.shared();
    await delay(SETTLED_MS);
    expect(await scene.callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
    scene.expectNeverAbove();
    for (const { logged } of scene.spenders)
      expect(logged).to.deep.equal(['info', 'warn it does not answer', 'info']);
  });
});
