import { expect } from 'chai';
import { usesOf } from '../../../src/companion/budget.ts';
import { aJob, JOB_ID } from '../kit/samples/a-job.ts';

const OPTIONS = { intervalMs: 60_000, atLeastMs: 300_000 };
const OTHER_ID = 'ffffffffffffffffffffffffffff0001';

describe('the budget of kubectl etj', () => {
  it('counts calls a minute by credential and namespace, the most first', () => {
    const jobs = [
      aJob().named('a', 'media').about(JOB_ID).build(),
      aJob().named('b', 'media').about(OTHER_ID).every('10s').withSecret('key').build(),
      aJob().named('c', 'media').about(JOB_ID).suspended().every('5s').build(),
      aJob().named('d', 'media').about('1').invalid('spec.clusterID is missing').build(),
    ];
    expect(usesOf(jobs, OPTIONS)).to.deep.equal([
      { identity: 'media/key', namespace: 'media', objects: 1, calls: 6, saved: 5.8 },
      { identity: 'default', namespace: 'media', objects: 1, calls: 1, saved: 0.8 },
    ]);
  });

  it('counts a job that two namespaces mean once, in equal parts', () => {
    const jobs = ['media', 'news'].map((namespace) => aJob().named('a', namespace).about(JOB_ID).build());
    expect(usesOf(jobs, OPTIONS).map(({ namespace, calls }) => [namespace, calls])).to.deep.equal([
      ['media', 0.5],
      ['news', 0.5],
    ]);
  });

  it('saves nothing where intervals are longer already', () => {
    expect(usesOf([aJob().every('1h').build()], OPTIONS)[0]?.saved).to.equal(0);
  });
});
