// The delay after the n-th failure in a row.

import { expect } from 'chai';
import { backoffDelay } from '../../../src/base/backoff.ts';

const BACKOFF = { baseMs: 1_000, maxMs: 10_000 };

describe('backoffDelay', () => {
  it('doubles with each failure, up to the longest delay', () => {
    const longest = [1, 2, 3, 4, 5, 6].map((attempt) => backoffDelay(BACKOFF, attempt, () => 1));
    expect(longest).to.deep.equal([1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
  });

  it('is half fixed and half random, so that clients retry neither immediately nor together', () => {
    expect(backoffDelay(BACKOFF, 3, () => 0)).to.equal(2_000);
    expect(backoffDelay(BACKOFF, 3, () => 0.5)).to.equal(3_000);
  });

  it('treats an attempt below 1 as the first', () => {
    expect(backoffDelay(BACKOFF, 0, () => 1)).to.equal(1_000);
    expect(backoffDelay(BACKOFF, -5, () => 1)).to.equal(1_000);
  });

  it('stays at the longest delay after any number of failures', () => {
    expect(backoffDelay(BACKOFF, 1e9, () => 1)).to.equal(10_000);
    expect(backoffDelay({ baseMs: 1_000, maxMs: Number.MAX_VALUE }, 1e9, () => 1)).to.be.finite;
  });

  it('is random by default', () => {
    const delays = new Set(Array.from({ length: 20 }, () => backoffDelay(BACKOFF, 1)));
    expect(delays.size).to.be.greaterThan(1);
    for (const delay of delays) expect(delay).to.be.within(500, 1_000);
  });
});
