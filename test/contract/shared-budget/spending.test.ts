/**
 * One budget spent by several processes through a real Redis: never more than the budget, and all of it if
 * one process needs it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../../src/base/clock.ts';
import { full, most, SETTLED_MS, SHARDS, type Spender, until, useSpenders } from './spenders.ts';

describe('a budget shared through Redis', function () {
  this.timeout(60_000);
  const scene = useSpenders();

  it('is used up by one process if the others need nothing', async () => {
    await scene.shared();
    scene.spenders[0]?.want(40);
    await delay(SETTLED_MS);
    expect(await scene.callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
  });

  it('is used up, and not exceeded, by processes that all need it, restarts included', async () => {
    await scene.shared();
    for (const [index, spender] of scene.spenders.entries()) spender.want(10 * (index + 1));
    await delay(SETTLED_MS);
    expect(await scene.callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
    for (const { times } of scene.spenders) expect(times.length).to.be.above(0);
    // As after a kill: the process that follows asks Redis for what it takes.
    for (const killed of scene.spenders.slice(0, SHARDS)) {
      killed.close();
      scene.spender(scene.account).want(20);
      await delay(700);
    }
    scene.expectNeverAbove();
  });

  it('is separate from the budget of another account', async () => {
    const other = scene.spender('another account');
    await scene.shared();
    for (const spender of scene.spenders) spender.want(20);
    const from = systemClock.now();
    const callsOf = (spenders: readonly Spender[]) => spenders.flatMap(({ times }) => times).length;
    // One budget never allows that many, whatever the load of the machine.
    const isMoreThanOneBudget = () => callsOf(scene.spenders) > most(systemClock.now() - from);
    await until(isMoreThanOneBudget, 30_000);
    for (const spenders of [scene.spenders.slice(0, SHARDS), [other]])
      expect(callsOf(spenders)).to.be.within(1, most(systemClock.now() - from));
  });
});
