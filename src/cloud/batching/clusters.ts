/**
 * Every cluster that is asked about, by credential, and which of them are swept: those for which that takes fewer calls, in accounts
 * that could not be kept observed otherwise.
 */
import type { Logger } from '../../base/logger.ts';
import type {
  Answer,
  ClusterDemand,
  CredentialReference,
  ObserveOptions,
  Reference,
} from '../../job/model/cloud-port.ts';
import { identityOf } from '../../job/model/reference.ts';
import type { Budget } from '../budget/budget.ts';
import { Cluster, type ClusterParts, type Sweeping } from './cluster.ts';
import { AT_FIRST, type Choice, choose, countOf, getCost, sweepCost } from '../../job/schedule/list-cost.ts';
import { ListRefusals } from './list-refusals.ts';
import { PAGE_SIZE } from './page-call.ts';
import type { SweepParts } from './sweep.ts';

/** `auto`: by List where Get would not fit the budget. */
export type ObserveWith = 'auto' | 'get' | 'list';

export interface ClustersOptions {
  readonly observeWith: ObserveWith;
  /** What all objects' intervals ask for; undefined: not known yet. It takes a while where they are many, so it is asked rarely. */
  readonly demand: () => readonly ClusterDemand[] | undefined;
  /** What a credential's account would carry with so many calls a second, 1 being all that it may. */
  readonly loadOf: (identity: string, calls: number) => number;
  readonly logger: Logger;
}

const LOOK_EVERY_MS = 10_000;

/** Enough of the digits for anybody, and none of the noise of floating point. */
const DIGITS = 9;

export class Clusters {
  readonly #options: ClustersOptions;
  readonly #parts: ClusterParts;
  readonly #clusters = new Map<string, Cluster>();
  /** By account, or by credential until it has a budget. */
  readonly #choices = new Map<Budget | string, Choice>();
  #demands: readonly ClusterDemand[] = [];
  /** The credentials of all objects. */
  #identities: ReadonlySet<string> = new Set();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: SweepParts, options: ClustersOptions) {
    this.#options = options;
    const refusals = new ListRefusals(parts.clock, options.logger);
    this.#parts = {
      ...parts,
      mayList: ({ about }) => refusals.mayList(about),
      onRefused: ({ about }, { failure }) => refusals.refused(about, failure),
      onListed: ({ about }) => refusals.listed(about),
    };
  }

  /** @param onAnswer called once */
  observe(reference: Reference, options: ObserveOptions, onAnswer: (answer: Answer) => void): void {
    this.#look();
    this.#of(reference).observe(reference, options, onAnswer);
  }

  /** Calls a second that the objects' intervals ask for, by credential: pages, where clusters are swept. */
  demand(): Map<string, number> {
    this.#look();
    const sums = new Map<string, number>();
    for (const demand of this.#demands) {
      const identity = identityOf(demand.credential);
      const cluster = this.#of(demand);
      const calls = cluster.isBatched
        ? sweepCost(demand.targets, pagesOf(cluster, demand))
        : getCost(demand.targets);
      sums.set(identity, (sums.get(identity) ?? 0) + calls);
    }
    for (const [identity, calls] of sums) sums.set(identity, Number(calls.toPrecision(DIGITS)));
    return sums;
  }

  /** Whether an object names this credential, as far as that is known. */
  names(identity: string): boolean {
    return this.#identities.has(identity);
  }

  /** Ends everybody with this answer. */
  close(answer: Answer): void {
    for (const cluster of this.#clusters.values()) cluster.close(answer);
  }

  #of(about: Omit<Reference, 'jobID'>): Cluster {
    const name = nameOf(about);
    const known = this.#clusters.get(name);
    if (known) return known;
    const { credential, clusterID, regionID } = about;
    const cluster = new Cluster(
      this.#parts,
      { credential, clusterID, ...(regionID !== undefined && { regionID }) },
      this.#sweepingOf(this.#options.observeWith === 'list'),
    );
    this.#clusters.set(name, cluster);
    return cluster;
  }

  #look(): void {
    const now = this.#parts.clock.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    const demands = this.#options.demand();
    if (!demands) return;
    this.#lookedAt = now;
    this.#demands = demands;
    this.#identities = new Set(demands.map(({ credential }) => identityOf(credential)));
    this.#choose(now);
    for (const demand of demands) this.#decide(this.#of(demand), demand);
    const wanted = new Set(demands.map(nameOf));
    for (const [name, cluster] of this.#clusters)
      if (!wanted.has(name) && cluster.isIdle) this.#clusters.delete(name);
  }

  /** For each account, by what its credentials ask for together. */
  #choose(now: number): void {
    const sums = new Map<Budget | string, { identity: string; calls: number; before: Choice }>();
    for (const { credential, targets } of this.#demands) {
      const account = this.#accountOf(credential);
      const { calls = 0, before = this.#choiceOf(credential) } = sums.get(account) ?? {};
      sums.set(account, { identity: identityOf(credential), calls: calls + getCost(targets), before });
    }
    this.#choices.clear();
    for (const [account, { identity, calls, before }] of sums)
      this.#choices.set(account, choose(before, this.#options.loadOf(identity, calls), now));
  }

  #decide(cluster: Cluster, demand: ClusterDemand): void {
    const { observeWith } = this.#options;
    const lists = observeWith === 'list' || this.#choiceOf(demand.credential).lists;
    const pays = sweepCost(demand.targets, pagesOf(cluster, demand)) < getCost(demand.targets);
    cluster.sweeping = this.#sweepingOf(lists);
    cluster.isBatched = cluster.sweeping === 'all' && pays && this.#parts.mayList(cluster);
  }

  #choiceOf(credential: CredentialReference): Choice {
    const known = this.#choices.get(this.#accountOf(credential));
    return known ?? this.#choices.get(identityOf(credential)) ?? AT_FIRST;
  }

  #accountOf(credential: CredentialReference): Budget | string {
    const identity = identityOf(credential);
    return this.#parts.sessions.find(identity)?.budget ?? identity;
  }

  #sweepingOf(lists: boolean): Sweeping {
    const { observeWith } = this.#options;
    if (observeWith === 'get') return 'none';
    return lists ? 'all' : 'urgent';
  }
}

function nameOf({ credential, clusterID, regionID = '' }: Omit<Reference, 'jobID'>): string {
  return `${identityOf(credential)} ${regionID} ${clusterID}`;
}

/** Until a sweep has told: as few as there can be. */
function pagesOf({ pages }: Cluster, { targets }: ClusterDemand): number {
  return pages ?? Math.max(1, Math.ceil(countOf(targets) / PAGE_SIZE));
}
