/**
 * How all objects are polled: Get or List for each account, which clusters are polled together, and by how
 * much the intervals of each namespace are longer. A plan is computed from the demand and from the previous
 * plan; then it never changes.
 */
import type {
  CloudPlan,
  CloudPlanning,
  ClusterDemand,
  ClusterReference,
  CredentialReference,
  NamespaceDemand,
  Sweeping,
} from '../model/cloud-port.ts';
import { clusterHash, clusterKey, identityOf } from '../model/reference.ts';
import { factorOf, type IntervalScale, largerScale, nextScale, shareOf, UNSCALED } from './interval-scale.ts';
import { AT_FIRST, type Choice, choose, countOf, getCost, type ObserveWith, sweepCost } from './list-cost.ts';

/** What a plan reads of the cloud. */
export type CloudState = Omit<CloudPlanning, 'apply'>;

interface ClusterPlan {
  readonly sweeping: Sweeping;
  /** Set when its targets are polled together: the hash that decides their common instants. */
  readonly hash: string | undefined;
}

/** What a plan consists of. */
interface Parts {
  readonly namespaceDemands: readonly NamespaceDemand[];
  /** Get or List of each credential. */
  readonly choices: ReadonlyMap<string, Choice>;
  /** The scale of each credential and namespace. */
  readonly scales: ReadonlyMap<string, IntervalScale>;
  /** The load of each credential that needs calls. */
  readonly loads: ReadonlyMap<string, number>;
  readonly clusters: ReadonlyMap<string, ClusterPlan>;
}

/** Nine digits: enough for any reader, without the noise of adding floating-point numbers. */
const DIGITS = 9;

export class PollingPlan implements CloudPlan {
  readonly #observeWith: ObserveWith;
  readonly #parts: Parts;
  /** Mostly false: then no scale has to be looked up, which each poll would do seven times. */
  readonly #isScaled: boolean;

  private constructor(observeWith: ObserveWith, parts: Parts) {
    this.#observeWith = observeWith;
    this.#parts = parts;
    this.#isScaled = [...parts.scales.values()].some((scale) => factorOf(scale) !== 1);
  }

  /** The plan that holds until the demand is known. */
  static first(observeWith: ObserveWith): PollingPlan {
    const parts = {
      namespaceDemands: [],
      choices: new Map(),
      scales: new Map(),
      loads: new Map(),
      clusters: new Map(),
    };
    return new PollingPlan(observeWith, parts);
  }

  /** The plan that replaces this one. */
  next(demands: readonly ClusterDemand[], cloud: CloudState, now: number): PollingPlan {
    const choices = this.#choose(demands, cloud, now);
    const clusters = new Map(
      demands.map((demand) => [clusterKey(demand), this.#planCluster(demand, choices, cloud)]),
    );
    const needed = byNamespace(demands, (demand) => {
      const isBatched = clusters.get(clusterKey(demand))?.hash !== undefined;
      return isBatched ? sweepCost(demand.targets, pagesOf(demand, cloud)) : getCost(demand.targets);
    });
    const { scales, loads } = this.#scale(needed, cloud, now);
    return new PollingPlan(this.#observeWith, { namespaceDemands: needed, choices, scales, loads, clusters });
  }

  sweepingOf(cluster: ClusterReference): Sweeping {
    return this.#parts.clusters.get(clusterKey(cluster))?.sweeping ?? this.#sweeping(AT_FIRST);
  }

  includes(cluster: ClusterReference): boolean {
    return this.#parts.clusters.has(clusterKey(cluster));
  }

  names(identity: string): boolean {
    return this.#parts.choices.has(identity);
  }

  get namespaceDemands(): readonly NamespaceDemand[] {
    return this.#parts.namespaceDemands;
  }

  /** Calls per second that the objects of each credential need. */
  get demandByIdentity(): ReadonlyMap<string, number> {
    const sums = new Map(Array.from(this.#parts.choices.keys(), (identity) => [identity, 0]));
    for (const { identity, calls } of this.namespaceDemands)
      sums.set(identity, (sums.get(identity) ?? 0) + calls);
    return rounded(sums);
  }

  /**
   * The demand of each credential's account, of all its credentials and all processes whose demand is known,
   * as a part of what the account may call.
   */
  get loads(): ReadonlyMap<string, number> {
    return rounded(this.#parts.loads);
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
    return this.#parts.clusters.get(clusterKey(cluster))?.hash;
  }

  /** Returns the factor, at least 1, by which the intervals of a namespace's objects are longer. */
  scaleOf(credential: CredentialReference): number {
    if (!this.#isScaled) return 1;
    return factorOf(this.#scaleOf(identityOf(credential), credential.namespace));
  }

  /** The factor of each namespace, by the credential that its objects name. */
  get scales(): readonly { identity: string; namespace: string; factor: number }[] {
    return this.namespaceDemands.map(({ identity, namespace }) => {
      return { identity, namespace, factor: factorOf(this.#scaleOf(identity, namespace)) };
    });
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

  /** Chooses Get or List for each account, for all its credentials alike. */
  #choose(demands: readonly ClusterDemand[], cloud: CloudState, now: number): Map<string, Choice> {
    const gets = new Map<string, number>();
    for (const { credential, targets } of demands) {
      const identity = identityOf(credential);
      gets.set(identity, (gets.get(identity) ?? 0) + getCost(targets));
    }
    const choices = new Map<string, Choice>();
    for (const [account, identities] of Map.groupBy(gets.keys(), (each) => cloud.accountOf(each))) {
      const own = sumOf(identities.map((identity) => gets.get(identity) ?? 0));
      const load = (own + sumOf(cloud.othersDemandOf(account).values())) / cloud.capacity;
      const before = identities.map((each) => this.#parts.choices.get(each) ?? AT_FIRST).reduce(later);
      for (const identity of identities) choices.set(identity, choose(before, load, now));
    }
    return choices;
  }

  /** Scales the intervals of each namespace to its share of the account, with all credentials alike. */
  #scale(
    needed: readonly NamespaceDemand[],
    cloud: CloudState,
    now: number,
  ): Pick<Parts, 'scales' | 'loads'> {
    const scales = new Map<string, IntervalScale>();
    const loads = new Map<string, number>();
    for (const [account, own] of Map.groupBy(needed, ({ identity }) => cloud.accountOf(identity))) {
      const sums = new Map(cloud.othersDemandOf(account));
      for (const { namespace, calls } of own) sums.set(namespace, (sums.get(namespace) ?? 0) + calls);
      const share = shareOf(sums, cloud.capacity);
      const load = sumOf(sums.values()) / cloud.capacity;
      for (const { identity } of own) loads.set(identity, load);
      for (const [namespace, parts] of Map.groupBy(own, (each) => each.namespace)) {
        const before = parts.map(({ identity }) => this.#scaleOf(identity, namespace)).reduce(largerScale);
        const scale = nextScale(before, sums.get(namespace) ?? 0, share, now);
        for (const { identity } of parts) scales.set(scaleKey(identity, namespace), scale);
      }
    }
    return { scales, loads };
  }

  #scaleOf(identity: string, namespace: string): IntervalScale {
    return this.#parts.scales.get(scaleKey(identity, namespace)) ?? UNSCALED;
  }
}

function scaleKey(identity: string, namespace: string): string {
  return `${namespace} ${identity}`;
}

/**
 * Adds up the calls per second of the clusters by credential and namespace. The calls of a cluster that is
 * polled together are divided as its Gets would be: they are fewer, so no namespace counts for more.
 */
function byNamespace(
  demands: readonly ClusterDemand[],
  callsOf: (demand: ClusterDemand) => number,
): NamespaceDemand[] {
  const needed: NamespaceDemand[] = [];
  for (const [identity, clusters] of Map.groupBy(demands, ({ credential }) => identityOf(credential))) {
    const sums = new Map<string, number>();
    for (const demand of clusters) {
      const gets = getCost(demand.targets);
      const part = gets === 0 ? 0 : callsOf(demand) / gets;
      for (const [namespace, calls] of demand.namespaces)
        sums.set(namespace, (sums.get(namespace) ?? 0) + calls * part);
    }
    for (const [namespace, calls] of rounded(sums)) needed.push({ identity, namespace, calls });
  }
  return needed;
}

function rounded(sums: ReadonlyMap<string, number>): Map<string, number> {
  return new Map(Array.from(sums, ([key, sum]) => [key, Number(sum.toPrecision(DIGITS))]));
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
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
