/**
 * Every cluster that is asked about, by credential. Which requests of a cluster may share a sweep is the plan's decision.
 */
import type { Logger } from '../../base/logger.ts';
import type {
  Answer,
  CloudPlan,
  ClusterReference,
  Listing,
  ObserveOptions,
  Reference,
} from '../../job/model/cloud-port.ts';
import { clusterKey } from '../../job/model/reference.ts';
import { Cluster, type ClusterParts } from './cluster.ts';
import { ListRefusals } from './list-refusals.ts';
import type { SweepParts } from './sweep.ts';

export class Clusters {
  readonly #parts: ClusterParts;
  readonly #refusals: ListRefusals;
  readonly #clusters = new Map<string, Cluster>();
  #plan: CloudPlan;

  constructor(parts: SweepParts, { plan, logger }: { readonly plan: CloudPlan; readonly logger: Logger }) {
    const refusals = new ListRefusals(parts.clock, logger);
    this.#plan = plan;
    this.#refusals = refusals;
    this.#parts = {
      ...parts,
      mayList: ({ about }) => refusals.mayList(about),
      onRefused: ({ about }, { failure }) => refusals.refused(about, failure),
      onListed: ({ about }) => refusals.listed(about),
    };
  }

  /** @param onAnswer called once */
  observe(reference: Reference, options: ObserveOptions, onAnswer: (answer: Answer) => void): void {
    this.#of(reference).observe(reference, options, onAnswer);
  }

  listingOf(cluster: ClusterReference): Listing {
    const pages = this.#clusters.get(clusterKey(cluster))?.pages;
    return { ...(pages !== undefined && { pages }), refused: !this.#refusals.mayList(cluster) };
  }

  /** Goes by a new plan. A cluster that no object names is dropped once it is idle. */
  apply(plan: CloudPlan): void {
    this.#plan = plan;
    for (const [key, cluster] of this.#clusters) {
      cluster.sweeping = plan.sweepingOf(cluster.about);
      if (cluster.isIdle && !plan.includes(cluster.about)) this.#clusters.delete(key);
    }
  }

  /** Ends all requests with this answer. */
  close(answer: Answer): void {
    for (const cluster of this.#clusters.values()) cluster.close(answer);
  }

  #of(reference: Reference): Cluster {
    const key = clusterKey(reference);
    const known = this.#clusters.get(key);
    if (known) return known;
    const { credential, clusterID, regionID } = reference;
    const about = { credential, clusterID, ...(regionID !== undefined && { regionID }) };
    const cluster = new Cluster(this.#parts, about, this.#plan.sweepingOf(about));
    this.#clusters.set(key, cluster);
    return cluster;
  }
}
