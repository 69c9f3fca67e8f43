// Credentials of one account are one row: their demand is added up, the budget is not.

import { expect } from 'chai';
import { accountUses } from '../../../../src/page/source/account-uses.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';

describe('the use of the accounts', () => {
  it('is one for all credentials of an account', () => {
    const clock = new FakeClock();
    const throttled = clock.now() - 5_000;
    const uses = accountUses(
      {
        demand: new Map([
          ['media/a', 1],
          ['media/b', 2],
          ['default', 4],
        ]),
        loads: new Map([
          ['media/a', 0.3],
          ['media/b', 0.3],
          ['default', 0.4],
        ]),
        scales: [
          { identity: 'media/a', factor: 1.25 },
          { identity: 'media/b', factor: 1 },
          { identity: 'media/a', factor: 2 },
        ],
      },
      {
        accountOf: (identity) => (identity === 'default' ? 'other' : 'shared'),
        callsPerSecond: (identity) => (identity === 'default' ? 10 : 50),
        lastThrottledAt: (identity) => (identity === 'default' ? throttled : undefined),
        backlog: () => [
          { identity: 'media/a', waiting: 3 },
          { identity: 'media/a', waiting: 4 },
          { identity: 'media/b', waiting: 5 },
          { identity: 'unknown', waiting: 9 },
        ],
      },
      clock,
    );
    expect(uses).to.deep.equal([
      {
        identities: ['media/a', 'media/b'],
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
        demand: 4,
        load: 0.4,
        stretch: 1,
        waiting: 0,
        throttledAt: clock.date().getTime() / 1_000 - 5,
      },
    ]);
  });
});
