// How the calls of a budget are spread over the minute.

import { expect } from 'chai';
import { fullCallsPerSecond, pacing } from '../../../src/ratelimit/call-rate.ts';

describe('the pacing of a budget', () => {
  it('gives up 2% of the calls, and lets the rest go in bursts 0.3 s apart', () => {
    const { minTimeMs, burst, reserve, ahead } = pacing(6_000);
    expect({ burst, reserve, ahead }).to.deep.equal({ burst: 30, reserve: 12, ahead: 1 });
    expect(60_000 / minTimeMs).to.be.closeTo(5_880, 1e-9);
    expect(burst * minTimeMs).to.be.closeTo(306, 1);
  });

  it('gives up half of a tiny budget, and lets its calls go one by one', () => {
    for (const calls of [1, 2, 3])
      expect(pacing(calls), `${calls}`).to.deep.equal({
        minTimeMs: 60_000 / Math.max(calls - 2, calls / 2),
        burst: 1,
        reserve: 0,
        ahead: 1,
      });
  });

  it('divides bursts and reserve among processes, which await two bursts each', () => {
    expect(pacing(6_000, 2)).to.include({ burst: 15, reserve: 6, ahead: 2 });
    expect(pacing(6_000, 4)).to.include({ burst: 7, reserve: 3, ahead: 2 });
  });

  it('lets permits come one by one where a part of a burst is below 2, with 20 that may be late in all', () => {
    expect(pacing(6_000, 20)).to.include({ burst: 1, reserve: 0, ahead: 1 });
    expect(pacing(6_000, 16)).to.include({ burst: 1, reserve: 0, ahead: 1 });
    expect(pacing(1_000, 4)).to.include({ burst: 1, reserve: 0, ahead: 2 });
    expect(pacing(1_000, 1)).to.include({ burst: 5, reserve: 2, ahead: 1 });
    expect(pacing(300, 1)).to.include({ burst: 1, reserve: 0, ahead: 3 });
    expect(pacing(700, 1)).to.include({ burst: 3, reserve: 1 });
    expect(pacing(500, 2)).to.include({ burst: 1, reserve: 0, ahead: 2 });
    expect(pacing(3_000, 10)).to.include({ burst: 1, reserve: 0, ahead: 2 });
  });

  it('has the same rate however many processes share it', () => {
    for (const processes of [1, 3, 50])
      expect(pacing(6_000, processes).minTimeMs).to.equal(pacing(6_000).minTimeMs);
    expect(fullCallsPerSecond(6_000)).to.be.closeTo(98, 1e-9);
  });
});
