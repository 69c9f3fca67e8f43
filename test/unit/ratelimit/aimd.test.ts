// The share of its budget that an account may use after the cloud has throttled it.

import { expect } from 'chai';
import { shareAt, throttled, UNTHROTTLED } from '../../../src/ratelimit/aimd.ts';

const T = 1_000_000;

describe('the share of a budget', () => {
  it('is 1 until a throttling', () => {
    expect(shareAt(UNTHROTTLED, T)).to.equal(1);
  });

  it('is halved by each throttling, and never falls below 1/32', () => {
    let rate = UNTHROTTLED;
    const shares = [1, 2, 3, 4, 5, 6, 7].map(() => {
      rate = throttled(rate, T);
      return 1 / rate.share;
    });
    expect(shares).to.deep.equal([2, 4, 8, 16, 32, 32, 32]);
  });

  it('grows back by a twentieth every 10 s, and not before', () => {
    const rate = throttled(UNTHROTTLED, T);
    const shares = [0, 9_999, 10_000, 19_999, 20_000, 99_999, 100_000, 900_000].map((later) =>
      Number(shareAt(rate, T + later).toFixed(2)),
    );
    expect(shares).to.deep.equal([0.5, 0.5, 0.55, 0.55, 0.6, 0.95, 1, 1]);
  });

  it('is halved from its present value', () => {
    expect(throttled(throttled(UNTHROTTLED, T), T + 60_000).share).to.be.closeTo(0.4, 1e-9);
  });
});
