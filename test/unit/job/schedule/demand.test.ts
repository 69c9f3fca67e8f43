// How many jobs are polled at which intervals, by cluster.

import { expect } from 'chai';
import type { ClusterDemand } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { type DemandParts, demandOf } from '../../../../src/job/schedule/demand.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aJob, CLUSTER_ID, JOB_ID, type JobBuilder } from '../../kit/samples/a-job.ts';

function demandsOf(jobs: readonly JobBuilder[], more: Partial<DemandParts> = {}): ClusterDemand[] {
  const built = jobs.map((job) => job.build());
  return demandOf(built, { settings: SETTINGS, mayUse: () => true, verdictOf: () => undefined, ...more });
}

function demand(jobs: readonly JobBuilder[], more: Partial<DemandParts> = {}) {
  return demandsOf(jobs, more).map(({ targets, namespaces: _, ...about }) => {
    return { ...about, targets: [...targets] };
  });
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

  it('counts objects on one target once, whichever case its ID has, at the shortest of their intervals', () => {
    const other = aJob().named('d').about(JOB_ID.toUpperCase());
    const jobs = [aJob().named('a').every('30s'), aJob().named('b').every('10s'), aJob().named('c'), other];
    expect(demand(jobs)[0]?.targets).to.deep.equal([[10_000, 1]]);
  });

  it('counts a target of three namespaces at the shortest interval, whichever object comes first', () => {
    const intervals = ['30s', '5s', '10s'];
    const jobs = intervals.map((interval, index) => aJob().named('x', `n${index}`).every(interval));
    const [first, second, third] = jobs as [JobBuilder, JobBuilder, JobBuilder];
    for (const order of [jobs, [second, first, third], [first, third, second]])
      expect(demand(order)[0]?.targets).to.deep.equal([[5_000, 1]]);
  });

  it('goes by the desired interval, not below the minimum', () => {
    const jobs = [aJob().every('5s')];
    expect(demand(jobs, { settings: { ...SETTINGS, minIntervalMs: 10_000 } })[0]?.targets).to.deep.equal([
      [10_000, 1],
    ]);
  });

  it('leaves out objects that may not use the keys they name, and does not count them for others', () => {
    const jobs = [aJob().every('30s'), aJob().named('theirs', 'other').every('5s')];
    const mayUse: DemandParts['mayUse'] = ({ namespace }) => namespace === 'media';
    expect(demand(jobs, { mayUse }).map(({ targets }) => targets)).to.deep.equal([[[30_000, 1]]]);
  });

  it('counts an object at the pace of the answer that it got', () => {
    const jobs = [aJob().named('a').about('a').every('5s'), aJob().named('b').about('b').every('10m')];
    const targets = (kind: FailureKind) => demand(jobs, { verdictOf: () => ({ kind }) })[0]?.targets;
    for (const kind of ['JobNotFound', 'PermissionDenied', 'OperationDenied'] as const)
      expect(targets(kind)).to.deep.equal([
        [300_000, 1],
        [600_000, 1],
      ]);
    expect(targets('InvalidReference')).to.deep.equal([[3_600_000, 2]]);
    for (const kind of ['AuthenticationFailed', 'CredentialsNotFound'] as const)
      expect(targets(kind)).to.deep.equal([]);
  });

  it('counts an object about a job that was just missed at the pace of its confirmation', () => {
    const jobs = [aJob().named('a').about('a').every('5s'), aJob().named('b').about('b').every('10m')];
    const verdictOf = () => ({ kind: 'JobNotFound', isRecent: true }) as const;
    expect(demand(jobs, { verdictOf })[0]?.targets).to.deep.equal([
      [5_000, 1],
      [20_000, 1],
    ]);
  });

  it('counts for the namespace of the object', () => {
    const jobs = [
      aJob().named('a').about('a').every('10s'),
      aJob().named('b').about('b').every('5s'),
      aJob().named('c', 'news').about('c').every('20s'),
    ];
    expect([...(demandsOf(jobs)[0]?.namespaces ?? [])]).to.deep.equal([
      ['media', 0.1 + 0.2],
      ['news', 0.05],
    ]);
  });

  it('divides the calls for a job among the namespaces that need them', () => {
    const at = (namespace: string, interval: string) => aJob().named('x', namespace).every(interval);
    const parts = (...jobs: JobBuilder[]) => Object.fromEntries(demandsOf(jobs)[0]?.namespaces ?? []);
    expect(parts(at('a', '10s'), at('b', '10s'))).to.deep.equal({ a: 0.05, b: 0.05 });
    expect(parts(at('a', '5s'), at('b', '10s'))).to.deep.equal({ a: 0.15000000000000002, b: 0.05 });
    expect(parts(at('a', '10s'), at('b', '5s'), aJob().named('y', 'b').every('20s'))).to.deep.equal({
      a: 0.05,
      b: 0.15000000000000002,
    });
  });

  it('is zero for objects that are not polled', () => {
    const [only] = demand([aJob().suspended(), aJob().invalid('no')]);
    expect(only).to.include({ clusterID: CLUSTER_ID });
    expect(only?.targets).to.deep.equal([]);
  });
});
