/**
 * Runs the operator for one term of leadership: it calls the cloud, decides, and writes. All parts are
 * created for the term, so that nothing of a term outlives it: no queue, no spent budget, no status that
 * waits to be written. What was known comes from the stored statuses, as after a restart.
 */

import type { Clock } from './base/clock.ts';
import { LimitedLogger } from './base/limited-logger.ts';
import type { Logger } from './base/logger.ts';
import type { ObjectKey } from './base/object-key.ts';
import { LiveReader } from './cloud/cloud-reader.ts';
import { Sts } from './cloud/sts/sts.ts';
import { stsEndpointOfRegion } from './cloud/sts/sts-endpoint.ts';
import type { Config } from './config/options.ts';
import { ownNamespaces } from './config/own-namespaces.ts';
import { Controller } from './controller/controller.ts';
import type { AccessKey } from './credentials/credential.ts';
import { Credentials } from './credentials/credentials.ts';
import type { Rrsa } from './credentials/environment-credentials.ts';
import type { ClusterReference, Priority } from './job/model/cloud-port.ts';
import { scaledBy } from './job/schedule/interval-scale.ts';
import { Planner, type PlannerParts } from './job/schedule/planner.ts';
import type { JobSettings } from './job/schedule/settings.ts';
import { FactsStore } from './job/visit/facts-store.ts';
import { Publisher } from './job/visit/publisher.ts';
import { Reconciler } from './job/visit/reconciler.ts';
import type { KubeClient } from './kube/client/kube-client.ts';
import { KubeSecrets } from './kube/client/secrets.ts';
import type { Term } from './kube/election/election.ts';
import type { Store } from './kube/informer/store.ts';
import { KubeEvents } from './kube/writers/events.ts';
import { StatusWriter, WRITE_RESULTS } from './kube/writers/status-writer.ts';
import { accountUses } from './page/source/account-uses.ts';
import type { AccountUse } from './page/source/page-source.ts';
import { RedisConnection } from './redis/redis-connection.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** Parts that outlive a term. */
export interface LeaderParts {
  readonly config: Config;
  readonly settings: JobSettings;
  /** The operator's own credentials, if it has any. */
  readonly own: AccessKey | Rrsa | undefined;
  readonly client: KubeClient;
  readonly store: Store;
  readonly metrics: Metrics;
  /** Name of the pod of this process. */
  readonly instance: string;
  readonly userAgent: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How long pending statuses may still be written at a stop. */
const DRAIN_MS = 1_000;

/**
 * Connects the parts of a term: changes of the store, visits, and writes.
 *
 * @param working aborted when no more visits are wanted
 * @param writing aborted, later, when no more writes are wanted
 */
export type Flow = (
  rooms: Pick<LeaderRooms, 'controller' | 'reconciler' | 'writer'>,
  working: AbortSignal,
  writing: AbortSignal,
) => readonly [changes: unknown, visits: Promise<void>, writes: Promise<void>];

type LeaderRooms = ReturnType<typeof construct>;

export class Leader {
  readonly #parts: LeaderParts;
  readonly #term: Term;
  readonly #rooms: LeaderRooms;

  constructor(parts: LeaderParts, term: Term) {
    this.#parts = parts;
    this.#term = term;
    this.#rooms = construct({ ...parts, logger: new LimitedLogger(parts) }, term);
  }

  /** The facts of the objects. */
  get factsStore(): FactsStore {
    return this.#rooms.factsStore;
  }

  /** Factors by which intervals are longer: one for each namespace that uses a credential. */
  get intervalScales(): Iterable<readonly [identity: string, factor: number]> {
    return this.#rooms.planner.plan.scales.map(({ identity, factor }) => [identity, factor]);
  }

  /** Whether Redis shares the budgets now. Undefined: they are not to be shared. */
  get sharesBudgets(): boolean | undefined {
    const { redis, cloud } = this.#rooms;
    return redis?.isUp && cloud.sharesBudgets;
  }

  /** Calls a second that a credential's account may make now. */
  callsPerSecond(identity: string): number {
    return this.#rooms.cloud.callsPerSecond(identity);
  }

  /** Clock `now` when a call of a credential's account was last throttled. Undefined: none was. */
  lastThrottledAt(identity: string): number | undefined {
    return this.#rooms.cloud.lastThrottledAt(identity);
  }

  /** The demand of each credential's account as a part of what the account may call. */
  loads(): ReadonlyMap<string, number> {
    return this.#rooms.planner.plan.loads;
  }

  /** The clusters that are observed by their list, with the number of jobs in it. */
  *listedClusters(): Iterable<readonly [cluster: ClusterReference, jobs: number]> {
    const { cloud, planner } = this.#rooms;
    for (const listed of cloud.listed()) if (planner.plan.isBatched(listed[0])) yield listed;
  }

  /**
   * What is asked of each account in use, and what it gives.
   *
   * @param namespaces whose use is meant; undefined: all
   */
  accounts(namespaces: ReadonlySet<string> | undefined): AccountUse[] {
    return accountUses(this.#rooms.planner.plan, this.#rooms.cloud, this.#parts.clock, namespaces);
  }

  /** Calls a second that the intervals require, by credential. */
  demand(): ReadonlyMap<string, number> {
    return this.#rooms.planner.plan.demandByIdentity;
  }

  /** Number of requests that wait for a permit, by credential and priority. */
  backlog(): Iterable<{ identity: string; priority: Priority; waiting: number }> {
    return this.#rooms.cloud.backlog();
  }

  /**
   * Works until the term is over or `stop` is aborted. The end of the term stops all at once. After a stop,
   * pending statuses are written for up to a second.
   */
  async run(flow: Flow, stop: AbortSignal): Promise<void> {
    const { store } = this.#parts;
    const { controller, planner, cloud, sts, redis, publisher } = this.#rooms;
    const over = AbortSignal.any([this.#term.signal, stop]);
    const writing = new AbortController();
    // No call is made or awaited after this: every wait for a call ends.
    over.addEventListener('abort', () => [cloud, sts, redis].map((each) => each?.close()), { once: true });
    // Before the first visit: otherwise polls would be scheduled without a plan.
    const planned = planner.run(over);
    const [, visited] = flow(this.#rooms, over, writing.signal);
    for (const key of store.keys()) controller.add(key);
    await Promise.all([visited, planned]);
    store.subscribe(() => undefined);
    publisher.stop();
    if (!this.#term.signal.aborted) await this.#drain();
    writing.abort();
  }

  async #drain(): Promise<void> {
    const { clock, logger } = this.#parts;
    const { writer } = this.#rooms;
    const deadline = clock.now() + DRAIN_MS;
    while (writer.pending > 0 && clock.now() < deadline && this.#term.holds()) await clock.sleep(20);
    if (writer.pending > 0) logger.warn('stopped with statuses unwritten', { count: writer.pending });
  }
}

function construct(parts: LeaderParts, { holds }: Term) {
  const { settings, client, store, metrics, clock, logger } = parts;
  const sts = stsOf(parts, holds);
  const redis = redisOf(parts);
  // A plan from part of the objects would change soon, so the operator waits for the whole list; but a
  // namespace may never be listed.
  const began = clock.now();
  const isWhole = () => store.isListed || clock.now() - began > LISTING_MS;
  const cloud = cloudOf(parts, { sts, redis, isWhole }, holds);
  const observeWith = parts.config['observe-with'];
  const verdictOf: PlannerParts['verdictOf'] = (job) => factsStore.verdictOf(job);
  const planner = new Planner({ cloud, jobs: store, isWhole, settings, verdictOf, observeWith, clock });
  // An alert sees a first refusal only where the series was there before it.
  for (const result of WRITE_RESULTS) metrics.wrote(result, 0);
  const writer = new StatusWriter({
    client,
    store,
    onWrite: (result) => metrics.wrote(result),
    mayWrite: holds,
    clock,
    logger,
  });
  const events = new KubeEvents({
    client,
    instance: parts.instance,
    onDropped: () => metrics.droppedEvent(),
    mayWrite: holds,
    clock,
    logger,
  });
  const settingsOf = scaledBy((credential) => planner.plan.scaleOf(credential), settings);
  const factsStore = new FactsStore(clock, settingsOf);
  const publisher = new Publisher({ jobs: store, factsStore, writer, events, settingsOf, clock });
  const reconciler = new Reconciler({
    jobs: store,
    cloud,
    factsStore,
    publisher,
    settingsOf,
    batchHashOf: (cluster) => planner.plan.batchHashOf(cluster),
    reschedule: (key, at) => controller.reschedule(key, at),
    onPollLag: (seconds) => metrics.pollLagged(seconds),
    clock,
    logger,
  });
  const controller = new Controller<ObjectKey>({
    // The budget bounds the calls and the writer bounds the writes. A visit that only waits costs next to
    // nothing.
    concurrency: Number.POSITIVE_INFINITY,
    onReconciled: (outcome, seconds) => metrics.reconciled(outcome, seconds),
    clock,
    logger,
  });
  return { controller, reconciler, writer, cloud, sts, redis, publisher, factsStore, planner };
}

function stsOf(
  { config, metrics, userAgent, clock, logger }: LeaderParts,
  mayCall: () => boolean,
): Sts | undefined {
  const endpoint = config['sts-endpoint'] ?? stsEndpointOfRegion(config.region);
  if (endpoint === 'none') return undefined;
  return new Sts({ endpoint, mayCall, userAgent, clock, logger, observer: metrics });
}

/** Longest wait for the whole list: 100,000 objects are listed by then. */
const LISTING_MS = 60_000;

/** The connection to Redis, which exists only during a term. */
function redisOf({ config, clock, logger }: LeaderParts): RedisConnection | undefined {
  const url = config['redis-url'];
  return url === undefined ? undefined : new RedisConnection({ url, clock, logger });
}

interface CloudSurroundings {
  readonly sts: Sts | undefined;
  readonly redis: RedisConnection | undefined;
  readonly isWhole: () => boolean;
}

/** Creates the reader. Its budgets begin spent: another process may have called just before. */
function cloudOf(
  parts: LeaderParts,
  { sts, redis, isWhole }: CloudSurroundings,
  mayCall: () => boolean,
): LiveReader {
  const { config, own, client, metrics, userAgent, clock, logger } = parts;
  const credentials = new Credentials({
    own,
    ownFor: ownNamespaces(config),
    secrets: new KubeSecrets(client),
    allowedEndpoints: config['allowed-endpoints'],
    allowInsecure: config['insecure-endpoint'],
    sts,
    clock,
    logger,
  });
  return new LiveReader({
    credentials,
    sts,
    sharing: redis && { redis, shards: config['shard-count'], shard: config.shard },
    callsPerMinute: config['calls-per-minute'],
    mayCall,
    endpoint: config.endpoint,
    regionID: config.region,
    userAgent,
    clock,
    logger,
    observer: metrics,
    expectsMore: () => !isWhole(),
  });
}
