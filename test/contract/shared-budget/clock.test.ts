/**
 * One budget spent by several processes whose wall clock is stepped: Redis compares their times.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { shiftWallClock } from '../../world/wall-clock.ts';
import { full, most, SETTLED_MS, useSpenders } from './spenders.ts';

describe('a budget shared through Redis by processes with a wrong clock', function () {
  this.timeout(60_000);
  const scene = useSpenders();

  it('is spent as before when the wall clock of the processes was an hour ahead for a moment', async () => {
    await scene.shared();
    for (const spender of scene.spenders) spender.want(20);
    await delay(SETTLED_MS);
    const setRight = shiftWallClock(() => 3_600_000);
    // Four bursts are taken meanwhile.
    await delay(800);
    setRight();
    await delay(SETTLED_MS);
    await scene.shared();
    await delay(SETTLED_MS);
    expect(await scene.callsIn(4_000)).to.be.within(0.9 * full(4_000), most(4_000));
    scene.expectNeverAbove();
  });
});
