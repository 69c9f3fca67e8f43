/**
 * The composition root: constructs the parts that live as long as the process, connects, starts and stops
 * them. It decides nothing.
 */

import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { labelSelectorOf, leaseNameOf } from './api/shard.ts';
import { systemClock, wallTimeOf } from './base/clock.ts';
import type { Logger } from './base/logger.ts';
import type { Config } from './config/options.ts';
import type { AccessKey } from './credentials/credential.ts';
import type { Rrsa } from './credentials/environment-credentials.ts';
import { type HttpServer, startHttpServer } from './http/http-server.ts';
import { SharedRendering } from './http/shared-rendering.ts';
import type { JobSettings } from './job/schedule/settings.ts';
import { needsVisit } from './job/visit/triggers.ts';
import type { KubeConfigSource } from './kube/client/kube-config.ts';
import { connectKube, connectLease } from './kube/connect.ts';
import { ALWAYS_LEADING, type Election, type Lead } from './kube/election/election.ts';
import { LeaderElection } from './kube/election/leader-election.ts';
import { Store } from './kube/informer/store.ts';
import { missingLists, sourcesOf, Watchers } from './kube/informer/watchers.ts';
import { type Flow, Leader, type LeaderParts } from './leader-term.ts';
import { Page } from './page/page.ts';
import { answerEndpoint, type Endpoints } from './telemetry/endpoints.ts';
import { Metrics } from './telemetry/metrics.ts';

export interface AppOptions {
  readonly config: Config;
  readonly version: string;
  readonly logger: Logger;
  /** The operator's own credentials; undefined: it has none. */
  readonly own: AccessKey | Rrsa | undefined;
  /** Environment variables of the process, where no option names a kubeconfig. */
  readonly environment: KubeConfigSource['environment'];
}

export class App {
  readonly #options: AppOptions;
  readonly #rooms: ReturnType<typeof construct>;
  /** Undefined while another process leads. */
  #leader: Leader | undefined;

  /** @throws an Error that says what is wrong with the kubeconfig */
  constructor(options: AppOptions) {
    this.#options = options;
    this.#rooms = construct(options);
    this.#watchMetrics();
  }

  /** Works until `signal` is aborted, and ends in order within 3 s of it. */
  async run(signal: AbortSignal): Promise<void> {
    const { watchers, store, election } = this.#rooms;
    const servers = [await this.#serve(), await this.#servePage()];
    // The data path; the numbers are the steps of docs/architecture.md.
    await Promise.all([
      // 1, 2: list and watch → the newest version of each object
      watchers.run((event, source) => store.take(event, source), signal),
      election.run(
        this.#lead(signal, ({ controller, reconciler, writer }, working, writing) => [
          // 3, 4: a change that needs a visit → the object's key
          store.subscribe((key, change) => needsVisit(change) && controller.add(key)),
          // 5 to 7, 9: ask, apply the answer, decide → the time of the next visit
          controller.run((key, work) => reconciler.visit(key, work), working),
          // 8: a status that says something new → the API server → back into the store
          writer.run(writing),
        ]),
        signal,
      ),
    ]);
    for (const server of servers) server?.close();
  }

  #lead(stop: AbortSignal, flow: Flow): Lead {
    return async (term) => {
      this.#leader = new Leader(this.#rooms.leaderParts, term);
      await this.#leader.run(flow, stop);
      this.#leader = undefined;
    };
  }

  async #serve(): Promise<HttpServer> {
    const { config, logger } = this.#options;
    const { metrics, watchers } = this.#rooms;
    const rendering = new SharedRendering(() => metrics.render(), systemClock);
    const endpoints: Endpoints = {
      metrics: () => rendering.get(),
      live: () => (watchers.isStuck ? 'the watch has made no attempt for 10 minutes' : undefined),
      ready: () => this.#notReady(),
    };
    const server = await startHttpServer({
      ...config['http-address'],
      answer: (target) => answerEndpoint(endpoints, target),
    }).catch((cause: Error) => {
      throw new Error(`--http-address cannot be listened on: ${cause.message}`);
    });
    logger.info('serving metrics and probes', { port: server.port });
    return server;
  }

  /** The status page, if it is switched on. */
  async #servePage(): Promise<HttpServer | undefined> {
    const { config, version, logger } = this.#options;
    const { store, watchers, election } = this.#rooms;
    const address = config['page-address'];
    if (!address) return undefined;
    const page = new Page({
      source: {
        jobs: () => store.values(),
        observedAt: (job) => this.#leader?.factsStore.find(job)?.observed?.time,
        awaited: () => store.awaited,
        watchProgressedAt: () => wallSeconds(watchers.progressedAt),
        isLeading: () => election.isLeading,
        leader: () => election.leader,
        accounts: (namespaces) => this.#leader?.accounts(namespaces),
      },
      namespaces: config['page-namespaces'],
      intervalMs: config.interval,
      shard: config.shard,
      version,
      clock: systemClock,
    });
    const answer = (target: string) => page.answer(target);
    const server = await startHttpServer({ ...address, answer, isForBrowsers: true }).catch(
      (cause: Error) => {
        throw new Error(`--page-address cannot be listened on: ${cause.message}`);
      },
    );
    logger.info('serving the status page', { port: server.port });
    return server;
  }

  #notReady(): string | undefined {
    const { sources, store, watchers, election } = this.#rooms;
    const missing = missingLists(sources, store.awaited, watchers.refused);
    if (missing !== undefined) return missing;
    if (!election.isSettled) return 'the leader is not known yet';
    return undefined;
  }

  /** A standby exports no object, or each object would be counted once per process. */
  #watchMetrics(): void {
    const { metrics, store, watchers, election } = this.#rooms;
    const jobs = () => (this.#leader ? store.values() : []);
    metrics.watch({
      jobs,
      jobCount: () => (this.#leader ? store.size : 0),
      observedAt: (job) => this.#leader?.factsStore.find(job)?.observed?.time,
      backlog: () => this.#leader?.backlog() ?? [],
      demand: () => this.#leader?.demand() ?? new Map(),
      budgetOf: (identity) => this.#leader?.callsPerSecond(identity) ?? 0,
      loads: () => this.#leader?.loads() ?? new Map(),
      lastThrottledAt: (identity) => wallSeconds(this.#leader?.lastThrottledAt(identity)),
      listedClusters: () => this.#leader?.listedClusters() ?? [],
      isUnlisted: (job) => this.#leader?.factsStore.find(job)?.unlisted ?? false,
      stretches: () => this.#leader?.intervalScales ?? [],
      watchProgressedAt: () => wallSeconds(watchers.progressedAt),
      refusedNamespaces: () => watchers.refused,
      sharesBudgets: () => this.#leader?.sharesBudgets,
      isLeading: () => election.isLeading,
    });
  }
}

/** Constructs the parts that live as long as the process. `Leader` constructs the others for each term. */
function construct({ config, version, logger, own, environment }: AppOptions) {
  const clock = systemClock;
  const instance = hostname();
  // A restarted container has the same host name, and is another process.
  const identity = `${instance}_${randomBytes(4).toString('hex')}`;
  const userAgent = `edge-transcode-job-operator/${version} (${identity})`;
  const settings: JobSettings = {
    intervalMs: config.interval,
    minIntervalMs: config['min-interval'],
    freshness: config.freshness,
    intervalScale: 1,
    streamUrls: config['stream-urls'],
  };
  const { shard } = config;
  const metrics = new Metrics({ version, shard, perObjectLimit: config['per-object-metrics-limit'] });
  const kubeconfig = { path: config.kubeconfig, environment };
  const kube = connectKube(kubeconfig, userAgent);
  logger.info('starting', { version, identity, server: kube.server });
  const sources = sourcesOf(config.namespaces);
  const store = new Store(sources, shard);
  const watchers = new Watchers({
    sources,
    labelSelector: labelSelectorOf(shard),
    lister: kube.client,
    watch: kube.watch,
    clock,
    logger,
  });
  const election = electionOf(config, { identity, kubeconfig, userAgent, logger });
  const shared = { config, settings, own, store, metrics, instance, userAgent, clock, logger };
  const leaderParts: LeaderParts = { ...shared, client: kube.client };
  return { sources, watchers, store, metrics, election, leaderParts };
}

/** Unix seconds of a reading of the clock's `now`. */
function wallSeconds<At extends number | undefined>(at: At): At {
  return (at === undefined ? at : wallTimeOf(systemClock, at) / 1_000) as At;
}

interface Self {
  readonly identity: string;
  readonly kubeconfig: KubeConfigSource;
  readonly userAgent: string;
  readonly logger: Logger;
}

function electionOf(config: Config, { identity, kubeconfig, userAgent, logger }: Self): Election {
  if (!config['leader-elect']) return ALWAYS_LEADING;
  const timing = { renewDeadlineMs: config['renew-deadline'], retryMs: config['retry-period'] };
  const leases = connectLease(kubeconfig, {
    namespace: config['lease-namespace'],
    name: leaseNameOf(config['lease-name'], config.shard),
    userAgent,
    durationMs: config['lease-duration'],
    // Allows two attempts within the deadline, in case one gets no answer.
    deadlineMs: timing.renewDeadlineMs / 2,
    clock: systemClock,
  });
  return new LeaderElection({ leases, identity, ...timing, clock: systemClock, logger });
}
