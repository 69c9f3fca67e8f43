// How many jobs of a listed cluster an object names.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../src/api/edge-transcode-job.ts';
import type { ClusterReference } from '../../../src/job/model/cloud-port.ts';
import { ClusterSeries } from '../../../src/telemetry/cluster-series.ts';
import { aJob } from '../kit/samples/a-job.ts';

const OWN = { namespace: 'media' };

describe('the series of listed clusters', () => {
  let jobs: EdgeTranscodeJob[];
  let listed: (readonly [ClusterReference, number])[];
  let unlisted: Set<string>;
  beforeEach(() => {
    jobs = [];
    listed = [[{ credential: OWN, clusterID: 'c1' }, 10]];
    unlisted = new Set();
  });

  function samples(limit = 10): string[] {
    const sources = {
      jobs: () => jobs,
      listedClusters: () => listed,
      isUnlisted: ({ spec }: EdgeTranscodeJob) => unlisted.has(spec.jobID),
    };
    return Array.from(new ClusterSeries(sources, limit).jobs()).flatMap((item) =>
      item.map(
        ([{ identity, cluster, referenced }, value]) => `${identity} ${cluster} ${referenced}: ${value}`,
      ),
    );
  }

  const about = (jobID: string, clusterID = 'c1') => aJob().named(jobID).about(jobID, clusterID);

  it('count a job once, however many objects name it and in which case', () => {
    jobs = [about('a').build(), about('A').named('again', 'news').build(), about('b').suspended().build()];
    expect(samples()).to.deep.equal(['default c1 true: 2', 'default c1 false: 8']);
  });

  it('do not count jobs of other clusters, regions and credentials', () => {
    jobs = [
      about('a', 'c2').build(),
      about('b').inRegion('cn-beijing').build(),
      about('c').withSecret('key').build(),
    ];
    expect(samples()).to.deep.equal(['default c1 true: 0', 'default c1 false: 10']);
  });

  it('do not count jobs that the list lacks', () => {
    jobs = [about('a').storing({ state: 'NotFound' }).build(), about('b').build(), about('c').build()];
    unlisted.add('b');
    expect(samples()).to.deep.equal(['default c1 true: 1', 'default c1 false: 9']);
  });

  it('are never negative: a list may be older than the objects', () => {
    listed = [[{ credential: OWN, clusterID: 'c1' }, 1]];
    jobs = [about('a').build(), about('b').build()];
    expect(samples()).to.deep.equal(['default c1 true: 1', 'default c1 false: 0']);
  });

  it('are none, and look at no object, while no cluster is listed', () => {
    listed = [];
    jobs = [about('a').build()];
    const read: string[] = [];
    const sources = {
      jobs: () => {
        read.push('jobs');
        return jobs;
      },
      listedClusters: () => [],
      isUnlisted: () => false,
    };
    expect([...new ClusterSeries(sources, 10).jobs()]).to.deep.equal([]);
    expect(read).to.deep.equal([]);
  });

  it('are one series for each cluster, also where two regions list it', () => {
    listed = [
      [{ credential: OWN, clusterID: 'c1' }, 10],
      [{ credential: OWN, clusterID: 'c1', regionID: 'cn-beijing' }, 5],
    ];
    jobs = [about('a').build(), about('b').inRegion('cn-beijing').build()];
    expect(samples()).to.deep.equal(['default c1 true: 2', 'default c1 false: 13']);
  });

  describe('above the limit', () => {
    beforeEach(() => {
      listed = ['a', 'b', 'c'].map((name, index) => [
        { credential: { namespace: 'media', name }, clusterID: `c${index}` },
        10,
      ]);
    });

    it('are one for each credential, and one for all Secrets', () => {
      listed.push([{ credential: OWN, clusterID: 'c9' }, 4]);
      jobs = [about('a', 'c0').withSecret('a').build()];
      expect(samples(2)).to.deep.equal([
        'other other true: 1',
        'other other false: 29',
        'default other true: 0',
        'default other false: 4',
      ]);
    });

    it('name no cluster when the limit is 0', () => {
      expect(samples(0)).to.deep.equal(['other other true: 0', 'other other false: 30']);
    });
  });
});
