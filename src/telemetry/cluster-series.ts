/**
 * The samples of the clusters that are observed by their list: how many of the jobs in it an object names.
 * Users choose the names of clusters, so these series have a limit: with more clusters, those of a credential
 * are shown as one, `other`.
 */
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import { canonicalID, clusterKey, identityOf, referenceOf } from '../job/model/reference.ts';
import { joined, OTHER, shownAs, sum } from './credential-series.ts';
import type { MetricsSources } from './metrics-sources.ts';
import type { Sample } from './sampled-gauge.ts';

type Sources = Pick<MetricsSources, 'jobs' | 'listedClusters' | 'isUnlisted'>;

/** One listed cluster, while the objects that name its jobs are counted. */
interface Counted {
  readonly identity: string;
  readonly cluster: string;
  /** Jobs in the list. */
  readonly listed: number;
  /** Jobs in the list that an object names. */
  readonly referenced: Set<string>;
}

export class ClusterSeries {
  readonly #sources: Sources;
  readonly #limit: number;

  /** @param limit most clusters, and most credentials, that have series of their own */
  constructor(sources: Sources, limit: number) {
    this.#sources = sources;
    this.#limit = limit;
  }

  /**
   * Jobs in the lists, with and without a reference. Yields nothing for each object that it counts, so that
   * other work runs in between.
   */
  *jobs(): Iterable<readonly Sample[]> {
    const clusters = new Map<string, Counted>();
    for (const [about, listed] of this.#sources.listedClusters()) {
      const identity = identityOf(about.credential);
      const counted = { identity, cluster: about.clusterID, listed, referenced: new Set<string>() };
      clusters.set(clusterKey(about), counted);
    }
    if (clusters.size === 0) return;
    // A copy: objects come and go while they are counted.
    for (const job of [...this.#sources.jobs()]) {
      const { jobID, ...cluster } = referenceOf(job);
      if (this.#mayBeListed(job)) clusters.get(clusterKey(cluster))?.referenced.add(canonicalID(jobID));
      yield [];
    }
    yield* this.#samples([...clusters.values()]);
  }

  #mayBeListed(job: EdgeTranscodeJob): boolean {
    return job.status.state !== 'NotFound' && !this.#sources.isUnlisted(job);
  }

  *#samples(clusters: readonly Counted[]): Iterable<readonly Sample[]> {
    const show = shownAs(
      clusters.map(({ identity }) => identity),
      this.#limit,
    );
    const isFew = clusters.length <= this.#limit;
    for (const [identity, own] of Map.groupBy(clusters, (each) => show(each.identity))) {
      const named = own.map((each) => ({ ...each, cluster: isFew ? each.cluster : OTHER }));
      const jobs = named.map(({ cluster, listed }) => [cluster, listed] as const);
      // The list is older than the objects: a job may be named before the list is read that has it.
      const withReference = named.map(
        ({ cluster, listed, referenced }) => [cluster, Math.min(listed, referenced.size)] as const,
      );
      const known = joined(withReference, sum);
      for (const [cluster, all] of joined(jobs, sum)) {
        const count = known.get(cluster) ?? 0;
        yield [
          [{ identity, cluster, referenced: 'true' }, count],
          [{ identity, cluster, referenced: 'false' }, all - count],
        ];
      }
    }
  }
}
