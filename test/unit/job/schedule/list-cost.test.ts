// What Get and List cost, and when an account goes from one to the other.

import { expect } from 'chai';
import { AT_FIRST, choose, getCost, sweepCost } from '../../../../src/job/schedule/list-cost.ts';

const MINUTE_MS = 60_000;

describe('the cost of a cluster', () => {
  it('is a call for each target and interval by Get, without the noise of many small numbers', () => {
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

  it('is its pages for each interval by List, but no more than targets are due', () => {
    expect(sweepCost(new Map([[10_000, 2_500]]), 25)).to.equal(2.5);
    expect(sweepCost(new Map([[10_000, 5]]), 25)).to.equal(0.5);
  });

  it('of several intervals counts who is due at which instants', () => {
    const targets = new Map([
      [60_000, 100],
      [10_000, 2],
    ]);
    // In a minute: five times the two that are due every 10 s, and once as many as there are pages.
    expect(sweepCost(targets, 3)).to.be.closeTo((5 * 2 + 3) / 60, 1e-9);
    expect(sweepCost(targets, 1_000)).to.be.closeTo(getCost(targets), 1e-9);
  });

  it('is nothing for nothing', () => {
    expect(sweepCost(new Map(), 25)).to.equal(0);
    expect(getCost(new Map())).to.equal(0);
  });
});

describe('an account that may choose', () => {
  it('begins to list above 80% of its budget', () => {
    expect(choose(AT_FIRST, 0.8, 0).lists).to.equal(false);
    expect(choose(AT_FIRST, 0.81, 0)).to.deep.equal({ lists: true, at: 0 });
  });

  it('goes back below 50%', () => {
    const lists = { lists: true, at: 0 };
    expect(choose(lists, 0.5, 10 * MINUTE_MS)).to.equal(lists);
    expect(choose(lists, 0.49, 10 * MINUTE_MS)).to.deep.equal({ lists: false, at: 10 * MINUTE_MS });
  });

  it('stays with its choice for ten minutes', () => {
    const lists = { lists: true, at: 0 };
    expect(choose(lists, 0, 10 * MINUTE_MS - 1)).to.equal(lists);
    expect(choose({ lists: false, at: 0 }, 9, 10 * MINUTE_MS - 1).lists).to.equal(false);
  });
});
