// The slope of a row of samples, and whether it is flat.

import { expect } from 'chai';
import fc from 'fast-check';
import {
  isFlat,
  lowestOfEach,
  type Point,
  quantileOf,
  type Trend,
  trendOf,
} from '../../../../scripts/soak/trend.ts';
import { holds } from '../../kit/for-any.ts';

const FLATNESS = { share: 0.05, least: 3 };

function line(values: readonly number[]): Point[] {
  return values.map((value, index) => ({ seconds: index * 10, value }));
}

describe('trendOf', () => {
  it('has the slope and the level of any straight line', () => {
    const number = fc.integer({ min: -1_000, max: 1_000 });
    holds(
      fc.property(number, number, fc.integer({ min: 2, max: 50 }), (start, step, count) => {
        const values = Array.from({ length: count }, (_, index) => start + step * index);
        const trend = trendOf(line(values)) as Trend;
        expect(trend.slopePerHour).to.be.closeTo(step * 360, 1e-6);
        expect(trend.growth).to.be.closeTo(step * (count - 1), 1e-6);
        expect(trend.level).to.be.closeTo(start + (step * (count - 1)) / 2, 1e-6);
      }),
      100,
    );
  });

  it('is not led astray by a saw that returns to its height', () => {
    const saw = line(Array.from({ length: 360 }, (_, index) => 100 + (index % 6)));
    expect(Math.abs((trendOf(saw) as Trend).growth)).to.be.below(0.5);
  });

  it('has no slope for one instant', () => {
    expect(trendOf([])).to.equal(undefined);
    expect(trendOf(line([5]))).to.equal(undefined);
  });
});

describe('isFlat', () => {
  const flat = (values: readonly number[]) => isFlat(trendOf(line(values)) as Trend, FLATNESS);

  it('is false for what grows by more than its share', () => {
    expect(flat([100, 103, 104, 107])).to.equal(false);
    expect(flat([1_000, 1_010, 1_020, 1_040])).to.equal(true);
  });

  it('is true for little growth, whatever the level is', () => {
    expect(flat([3, 4, 5, 6])).to.equal(true);
    expect(flat([3, 5, 7, 9])).to.equal(false);
  });

  it('is true for what falls', () => {
    expect(flat([500, 300, 200, 100])).to.equal(true);
  });
});

describe('lowestOfEach', () => {
  it('takes the lowest value of each stretch', () => {
    const points = line([9, 3, 7, 8, 6, 5]);
    expect(lowestOfEach(30, points).map(({ value }) => value)).to.deep.equal([3, 5]);
  });

  it('shows growth below a heap that grows until it is collected', () => {
    const heap = Array.from({ length: 60 }, (_, index) => 100 + (index % 6) * 10 + Math.floor(index / 6));
    const lowest = lowestOfEach(60, line(heap));
    expect(lowest.map(({ value }) => value)).to.deep.equal([
      100, 101, 102, 103, 104, 105, 106, 107, 108, 109,
    ]);
  });
});

describe('quantileOf', () => {
  it('is the value that this part does not exceed', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([quantileOf(0.99, values), quantileOf(0.5, values), quantileOf(1, values)]).to.deep.equal([
      99, 50, 100,
    ]);
    expect(quantileOf(0.99, [])).to.be.NaN;
  });
});
