// How many jobs are polled at which intervals, by cluster.

import { expect } from 'chai';
import { demandOf } from '../../../../src/job/schedule/demand.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aJob, CLUSTER_ID, type JobBuilder } from '../../kit/samples/a-job.ts';

function demand(jobs: readonly JobBuilder[], settings = SETTINGS) {
  const built = jobs.map((job) => job.build());
  return demandOf(built, settings).map(({ targets, ...about }) => ({ ...about, targets: [...targets] }));
}

describe('the demand', () => {
  it('counts the targets at each interval, by credential, cluster and region', () => {
    const jobs = [
      aJob().about('one').every('10s'),
      aJob().about('two').every('10s'),
      aJob().about('three').every('5s'),
      aJob().about('one').withSecret('account').every('20s'),
      aJob().about('one', 'other-cluster'),
      aJob().about('one').inRegion('eu-central-1'),
    ];
    expect(demand(jobs)).to.deep.equal([
      {
        credential: { namespace: 'media' },
        clusterID: CLUSTER_ID,
        targets: [
          [10_000, 2],
          [5_000, 1],
        ],
      },
      { credential: { namespace: 'media', name: 'account' }, clusterID: CLUSTER_ID, targets: [[20_000, 1]] },
      { credential: { namespace: 'media' }, clusterID: 'other-cluster', targets: [[60_000, 1]] },
      {
        credential: { namespace: 'media' },
        clusterID: CLUSTER_ID,
        regionID: 'eu-central-1',
        targets: [[60_000, 1]],
      },
    ]);
  });

  it('counts objects on one target once, at the shortest of their intervals', () => {
    const jobs = [aJob().named('a').every('30s'), aJob().named('b').every('10s'), aJob().named('c')];
    expect(demand(jobs)[0]?.targets).to.deep.equal([[10_000, 1]]);
  });

  it('goes by the desired interval, not below the minimum', () => {
    const jobs = [aJob().every('5s')];
    expect(demand(jobs, { ...SETTINGS, minIntervalMs: 10_000 })[0]?.targets).to.deep.equal([[10_000, 1]]);
  });

  it('leaves out objects that may not use the keys they name, and does not count them for others', () => {
    const mine = aJob().every('30s').build();
    const theirs = { ...aJob().every('5s').build(), namespace: 'other' };
    const demands = demandOf([mine, theirs], SETTINGS, ({ namespace }) => namespace === 'media');
    expect(demands.map(({ targets }) => [...targets])).to.deep.equal([[[30_000, 1]]]);
  });

  it('is zero for objects that are not polled', () => {
    const [only] = demand([aJob().suspended(), aJob().invalid('no')]);
    expect(only).to.include({ clusterID: CLUSTER_ID });
    expect(only?.targets).to.deep.equal([]);
  });
});
