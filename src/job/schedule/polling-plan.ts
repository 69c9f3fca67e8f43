/**
 * How all objects are polled: Get or List for each account, which clusters are polled together, and the
 * interval scale of each credential. A plan is computed from the demand and from the previous plan; then it
 * never changes.
 */
import type {
  CloudPlan,
  CloudPlanning,
  ClusterDemand,
  ClusterReference,
  Sweeping,
} from '../model/cloud-port.ts';
import { clusterHash, clusterKey, identityOf } from '../model/reference.ts';
import { factorOf, type IntervalScale, largerScale, nextScale, UNSCALED } from './interval-scale.ts';
import { AT_FIRST, type Choice, choose, countOf, getCost, type ObserveWith, sweepCost } from './list-cost.ts';

/** What a plan reads of the cloud. */
export type CloudState = Omit<CloudPlanning, 'apply'>;

interface CredentialPlan {
  /** Calls per second that its objects need. */
  readonly calls: number;
  readonly choice: Choice;
  readonly scale: IntervalScale;
}

interface ClusterPlan {
  readonly sweeping: Sweeping;
  /** Set when its targets are polled together: the hash that decides their common instants. */
  readonly hash: string | undefined;
}

/** Nine digits: enough for any reader, without the noise of adding floating-point numbers. */
const DIGITS = 9;

export class PollingPlan implements CloudPlan {
  readonly #observeWith: ObserveWith;
  readonly #credentials: ReadonlyMap<string, CredentialPlan>;
  readonly #clusters: ReadonlyMap<string, ClusterPlan>;
  readonly demand: ReadonlyMap<string, number>;

  private constructor(
    observeWith: ObserveWith,
    credentials: ReadonlyMap<string, CredentialPlan>,
    clusters: ReadonlyMap<string, ClusterPlan>,
  ) {
    this.#observeWith = observeWith;
    this.#credentials = credentials;
    this.#clusters = clusters;
    this.demand = new Map(Array.from(credentials, ([identity, { calls }]) => [identity, calls]));
  }

  /** The plan that holds until the demand is known. */
  static first(observeWith: ObserveWith): PollingPlan {
    return new PollingPlan(observeWith, new Map(), new Map());
  }

  /** The plan that replaces this one. */
  next(demands: readonly ClusterDemand[], cloud: CloudState, now: number): PollingPlan {
    const gets = callsByIdentity(demands, ({ targets }) => getCost(targets));
    const choices = byAccount(gets, cloud, (identities, load) =>
      choose(identities.map((each) => this.#choiceOf(each)).reduce(later), load, now),
    );
    const clusters = new Map(
      demands.map((demand) => [clusterKey(demand), this.#planCluster(demand, choices, cloud)]),
    );
    const calls = callsByIdentity(demands, (demand) =>
      clusters.get(clusterKey(demand))?.hash === undefined
        ? getCost(demand.targets)
        : sweepCost(demand.targets, pagesOf(demand, cloud)),
    );
    const scales = byAccount(calls, cloud, (identities, load) =>
      nextScale(identities.map((each) => this.#scaleOf(each)).reduce(largerScale), load, now),
    );
    const credentials = new Map(
      Array.from(calls, ([identity, sum]) => {
        const choice = choices.get(identity) ?? AT_FIRST;
        return [identity, { calls: sum, choice, scale: scales.get(identity) ?? UNSCALED }];
      }),
    );
    return new PollingPlan(this.#observeWith, credentials, clusters);
  }

  sweepingOf(cluster: ClusterReference): Sweeping {
    return this.#clusters.get(clusterKey(cluster))?.sweeping ?? this.#sweeping(AT_FIRST);
  }

  includes(cluster: ClusterReference): boolean {
    return this.#clusters.has(clusterKey(cluster));
  }

  names(identity: string): boolean {
    return this.#credentials.has(identity);
  }

  /** Whether the cluster's targets are polled at the same instants, so that they share sweeps of its list. */
  isBatched(cluster: ClusterReference): boolean {
    return this.batchHashOf(cluster) !== undefined;
  }

  /**
   * Returns the hash that decides the common poll instants of a batched cluster; undefined when it is not
   * batched.
   */
  batchHashOf(cluster: ClusterReference): string | undefined {
    return this.#clusters.get(clusterKey(cluster))?.hash;
  }

  /** Returns the factor, at least 1, by which the intervals of a credential's objects are longer. */
  scaleOf(identity: string): number {
    return factorOf(this.#scaleOf(identity));
  }

  /** The factor of each credential that an object names. */
  get scales(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.#credentials, ([identity, { scale }]) => [identity, factorOf(scale)]));
  }

  #planCluster(demand: ClusterDemand, choices: ReadonlyMap<string, Choice>, cloud: CloudState): ClusterPlan {
    const sweeping = this.#sweeping(choices.get(identityOf(demand.credential)) ?? AT_FIRST);
    const isCheaper = sweepCost(demand.targets, pagesOf(demand, cloud)) < getCost(demand.targets);
    const isBatched = sweeping === 'all' && isCheaper && !cloud.listingOf(demand).refused;
    return { sweeping, hash: isBatched ? clusterHash(demand) : undefined };
  }

  #sweeping({ lists }: Choice): Sweeping {
    if (this.#observeWith === 'get') return 'none';
    return lists || this.#observeWith === 'list' ? 'all' : 'urgent';
  }

  #choiceOf(identity: string): Choice {
    return this.#credentials.get(identity)?.choice ?? AT_FIRST;
  }

  #scaleOf(identity: string): IntervalScale {
    return this.#credentials.get(identity)?.scale ?? UNSCALED;
  }
}

/** Adds up the calls per second of the clusters of each credential. */
function callsByIdentity(
  demands: readonly ClusterDemand[],
  callsOf: (demand: ClusterDemand) => number,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const demand of demands) {
    const identity = identityOf(demand.credential);
    sums.set(identity, (sums.get(identity) ?? 0) + callsOf(demand));
  }
  for (const [identity, calls] of sums) sums.set(identity, Number(calls.toPrecision(DIGITS)));
  return sums;
}

/**
 * Computes one value for each account and gives it to all credentials of the account. The load is what the
 * account's objects need, those of other processes included, divided by what the account may make.
 */
function byAccount<T>(
  calls: ReadonlyMap<string, number>,
  cloud: CloudState,
  compute: (identities: readonly string[], load: number) => T,
): Map<string, T> {
  const accounts = Map.groupBy(calls.keys(), (identity) => cloud.accountOf(identity));
  const values = new Map<string, T>();
  for (const [account, identities] of accounts) {
    const own = identities.reduce((sum, identity) => sum + (calls.get(identity) ?? 0), 0);
    const value = compute(identities, (own + cloud.othersDemandOf(account)) / cloud.capacity);
    for (const identity of identities) values.set(identity, value);
  }
  return values;
}

/**
 * Returns the choice made last, which may not change yet. It holds for all credentials that turn out to share
 * an account.
 */
function later(a: Choice, b: Choice): Choice {
  return b.at > a.at ? b : a;
}

/**
 * Returns the pages of the cluster's list; before the first sweep, the fewest pages that can hold the
 * targets.
 */
function pagesOf(demand: ClusterDemand, cloud: CloudState): number {
  return cloud.listingOf(demand).pages ?? Math.max(1, Math.ceil(countOf(demand.targets) / cloud.jobsPerPage));
}
