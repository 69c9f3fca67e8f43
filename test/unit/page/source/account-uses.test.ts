// Credentials of one account are one row: their demand is added up, the budget is not.

import { expect } from 'chai';
import { accountUses, type Budgets, type Demands } from '../../../../src/page/source/account-uses.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';

const PLAN: Demands = {
  demandByIdentity: new Map([
    ['media/a', 1],
    ['media/refused', 0],
    ['news/b', 2],
    ['default', 7],
  ]),
  namespaceDemands: [
    { identity: 'media/a', namespace: 'media', calls: 1 },
    { identity: 'news/b', namespace: 'news', calls: 2 },
    { identity: 'default', namespace: 'media', calls: 4 },
    { identity: 'default', namespace: 'news', calls: 3 },
  ],
  loads: new Map([
    ['media/a', 0.3],
    ['news/b', 0.3],
    ['default', 0.7],
  ]),
  scales: [
    { identity: 'media/a', namespace: 'media', factor: 1.25 },
    { identity: 'news/b', namespace: 'news', factor: 2 },
    { identity: 'default', namespace: 'media', factor: 1 },
    { identity: 'default', namespace: 'news', factor: 3 },
  ],
};

describe('the use of the accounts', () => {
  let clock: FakeClock;
  let budgets: Budgets;
  beforeEach(() => {
    clock = new FakeClock();
    const throttled = clock.now() - 5_000;
    budgets = {
      accountOf: (identity) => (identity === 'default' ? 'other' : 'shared'),
      callsPerSecond: (identity) => (identity === 'default' ? 10 : 50),
      lastThrottledAt: (identity) => (identity === 'default' ? throttled : undefined),
      backlog: () => [
        { identity: 'media/a', waiting: 3 },
        { identity: 'media/a', waiting: 4 },
        { identity: 'news/b', waiting: 5 },
        { identity: 'default', waiting: 6 },
        { identity: 'unknown', waiting: 9 },
      ],
    };
  });

  it('is one for all credentials of an account', () => {
    expect(accountUses(PLAN, budgets, clock)).to.deep.equal([
      {
        identities: ['media/a', 'media/refused', 'news/b'],
        budget: 50,
        demand: 3,
        load: 0.3,
        stretch: 2,
        waiting: 12,
        throttledAt: undefined,
      },
      {
        identities: ['default'],
        budget: 10,
        demand: 7,
        load: 0.7,
        stretch: 3,
        waiting: 6,
        throttledAt: clock.date().getTime() / 1_000 - 5,
      },
    ]);
  });

  it('shows nothing of namespaces that are not shown, and no sum with theirs', () => {
    const [shared, other, ...more] = accountUses(PLAN, budgets, clock, new Set(['media']));
    expect(shared).to.deep.include({ identities: ['media/a', 'media/refused'], demand: 1, load: 1 / 50 });
    expect(shared).to.deep.include({ stretch: 1.25, waiting: 7 });
    expect(other).to.deep.include({ identities: ['default'], demand: 4, load: 4 / 10 });
    expect(other).to.deep.include({ stretch: 1, waiting: undefined });
    expect(more).to.deep.equal([]);
    const [own, ...none] = accountUses(PLAN, budgets, clock, new Set(['sports']));
    expect(own).to.deep.include({ identities: ['default'], demand: 0, load: 0, waiting: undefined });
    expect(none).to.deep.equal([]);
  });
});
