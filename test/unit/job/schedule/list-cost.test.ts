// The calls that Get and List take, and when an account changes between them.

import { expect } from 'chai';
import { AT_FIRST, choose, getCost, sweepCost } from '../../../../src/job/schedule/list-cost.ts';

const MINUTE_MS = 60_000;

describe('the cost of a cluster', () => {
  it('is one call per target and interval by Get, without the noise of many small numbers', () => {
    expect(getCost(new Map([[10_000, 10_000]]))).to.equal(1_000);
    expect(
      getCost(
        new Map([
          [10_000, 1],
          [5_000, 1],
        ]),
      ),
    ).to.equal(0.1 + 0.2);
  });

  it('is its pages per interval by List, but no more than the targets that are due', () => {
    expect(sweepCost(new Map([[10_000, 2_500]]), 25)).to.equal(2.5);
    expect(sweepCost(new Map([[10_000, 5]]), 25)).to.equal(0.5);
  });

  it('counts which targets are due at which instants when intervals differ', () => {
    const targets = new Map([
      [60_000, 100],
      [10_000, 2],
    ]);
    // In a minute: five times the two that are due every 10 s, and once as many as there are pages.
    expect(sweepCost(targets, 3)).to.be.closeTo((5 * 2 + 3) / 60, 1e-9);
    expect(sweepCost(targets, 1_000)).to.be.closeTo(getCost(targets), 1e-9);
  });

  it('is zero without targets', () => {
    expect(sweepCost(new Map(), 25)).to.equal(0);
    expect(getCost(new Map())).to.equal(0);
  });
});

describe('the choice of an account', () => {
  it('changes to List above 80% of its budget', () => {
    expect(choose(AT_FIRST, 0.8, 0).lists).to.equal(false);
    expect(choose(AT_FIRST, 0.81, 0)).to.deep.equal({ lists: true, at: 0 });
  });

  it('changes back to Get below 50%', () => {
    const lists = { lists: true, at: 0 };
    expect(choose(lists, 0.5, 10 * MINUTE_MS)).to.equal(lists);
    expect(choose(lists, 0.49, 10 * MINUTE_MS)).to.deep.equal({ lists: false, at: 10 * MINUTE_MS });
  });

  it('holds for ten minutes', () => {
    const lists = { lists: true, at: 0 };
    expect(choose(lists, 0, 10 * MINUTE_MS - 1)).to.equal(lists);
    expect(choose({ lists: false, at: 0 }, 9, 10 * MINUTE_MS - 1).lists).to.equal(false);
  });
});
