// What the objects' intervals ask of each credential.

import { expect } from 'chai';
import { demandOf } from '../../../src/job/demand.ts';
import { aJob } from '../kit/a-job.ts';
import { SETTINGS } from '../kit/an-operator.ts';

describe('the demand', () => {
  it('is the sum of calls a second, for each credential', () => {
    const jobs = [aJob().every('10s'), aJob().every('5s'), aJob().every('20s').withSecret('account')];
    const demand = demandOf(
      jobs.map((job) => job.build()),
      SETTINGS,
    );
    expect([...demand]).to.deep.equal([
      ['default', 0.1 + 0.2],
      ['media/account', 0.05],
    ]);
  });

  it('is by the interval in force', () => {
    const demand = demandOf([aJob().every('5s').build()], { ...SETTINGS, minIntervalMs: 10_000 });
    expect(demand.get('default')).to.equal(0.1);
  });

  it('is nothing for those that are not asked about', () => {
    const demand = demandOf([aJob().suspended().build(), aJob().invalid('no').build()], SETTINGS);
    expect([...demand]).to.deep.equal([['default', 0]]);
  });
});
