/**
 * The composition root: constructs every room, connects them, starts and stops them. It decides nothing.
 */
import { hostname } from 'node:os';
import { systemClock } from './base/clock.ts';
import type { Logger } from './base/logger.ts';
import type { ObjectKey } from './base/object-key.ts';
import type { AccessKey } from './cloud/alibaba-client.ts';
import { fullCallsPerSecond } from './cloud/budget.ts';
import { Credentials } from './cloud/credentials.ts';
import { LiveReader } from './cloud/reader.ts';
import type { Config } from './config.ts';
import { Controller } from './controller/controller.ts';
import { demandOf } from './job/demand.ts';
import { Memory } from './job/memory.ts';
import { Publisher } from './job/publisher.ts';
import { Reconciler } from './job/reconciler.ts';
import type { JobSettings } from './job/settings.ts';
import { pressuresOf, Stretches, stretchedBy } from './job/stretch.ts';
import { needsVisit } from './job/triggers.ts';
import { connectKube } from './kube/connect.ts';
import { KubeEvents } from './kube/events.ts';
import { KubeSecrets } from './kube/secrets.ts';
import { StatusWriter } from './kube/status-writer.ts';
import { type Source, Store } from './kube/store.ts';
import { sourcesOf, Watchers } from './kube/watchers.ts';
import { type HttpServer, startHttpServer } from './telemetry/http-server.ts';
import { Metrics } from './telemetry/metrics.ts';

export interface AppOptions {
  readonly config: Config;
  readonly version: string;
  readonly logger: Logger;
  /** The operator's own key, if it has one. */
  readonly accessKey: AccessKey | undefined;
}

/** The statuses in hand get this long to be written after SIGTERM. */
const DRAIN_MS = 1_000;

/** A watcher that has neither heard anything nor tried for this long is stuck; an API server that is away keeps it trying. */
const STUCK_AFTER_MS = 10 * 60_000;

export class App {
  readonly #options: AppOptions;
  readonly #rooms: ReturnType<typeof construct>;

  /** @throws an Error that says what is wrong with the kubeconfig */
  constructor(options: AppOptions) {
    this.#options = options;
    this.#rooms = construct(options);
  }

  /** Works until `signal` is aborted, and ends in order within 2 s of it. */
  async run(signal: AbortSignal): Promise<void> {
    const { watchers, store, controller, reconciler, writer } = this.#rooms;
    const writing = new AbortController();
    const server = await this.#serve();
    // The way of the data; the numbers are the steps of docs/architecture.md.
    const [followed] = [
      watchers.run((event, source) => store.take(event, source), signal), // 1, 2: list and watch → the newest of each
      store.tell((key, change) => needsVisit(change) && controller.add(key)), // 3, 4: what needs a visit → its key
      controller.run((key, withdrawn) => reconciler.visit(key, withdrawn), signal), // 5 to 7, 9: ask, absorb, decide → when again
      writer.run(writing.signal), // 8: a status that says something new → the API server → back into the store
    ];
    await followed;
    await this.#stop(writing);
    server.close();
  }

  async #serve(): Promise<HttpServer> {
    const { config, logger } = this.#options;
    const { metrics, watchers, store } = this.#rooms;
    const server = await startHttpServer({
      ...config['http-address'],
      metrics: async () => ({
        contentType: metrics.registry.contentType,
        text: await metrics.registry.metrics(),
      }),
      live: () =>
        systemClock.now() - Math.max(watchers.triedAt, watchers.progressedAt) > STUCK_AFTER_MS
          ? 'the watch makes no attempts any more'
          : undefined,
      ready: () => (store.isListed ? undefined : notListed(store.awaited)),
    }).catch((cause: Error) => {
      throw new Error(`--http-address cannot be listened on: ${cause.message}`);
    });
    logger.info('serving metrics and probes', { port: server.port });
    return server;
  }

  /** No call is made or awaited any more; what was decided is written if it can be within the time. */
  async #stop(writing: AbortController): Promise<void> {
    const { cloud, publisher, writer } = this.#rooms;
    cloud.close();
    publisher.stop();
    const deadline = systemClock.now() + DRAIN_MS;
    while (writer.pending > 0 && systemClock.now() < deadline) await systemClock.sleep(20);
    writing.abort();
    if (writer.pending > 0)
      this.#options.logger.warn('stopped with statuses unwritten', { count: writer.pending });
  }
}

/** Every room, with what it needs of the others; `App.run` lets the data flow. */
function construct({ config, version, logger, accessKey }: AppOptions) {
  const clock = systemClock;
  const instance = hostname();
  const userAgent = `edge-transcode-job-operator/${version} (${instance})`;
  const settings: JobSettings = {
    intervalMs: config.interval,
    minIntervalMs: config['min-interval'],
    freshness: config.freshness,
    stretch: 1,
    streamUrls: config['stream-urls'],
  };
  const metricsOptions = { version, perObjectLimit: config['per-object-metrics-limit'] };
  const metrics = new Metrics(metricsOptions);
  const kube = connectKube(config.kubeconfig, userAgent);
  logger.info('starting', { version, server: kube.server });

  const credentials = new Credentials({
    own: accessKey,
    ownFor: config['default-credentials-namespaces'],
    secrets: new KubeSecrets(kube.client),
    allowedEndpoints: config['allowed-endpoints'],
    allowInsecure: config['insecure-endpoint'],
    clock,
  });
  const cloud = new LiveReader({
    credentials,
    callsPerMinute: config['calls-per-minute'],
    endpoint: config.endpoint,
    regionID: config.region,
    userAgent,
    clock,
    logger,
    observer: metrics,
  });
  const sources = sourcesOf(config.namespaces);
  const store = new Store(sources);
  const capacity = fullCallsPerSecond(config['calls-per-minute']);
  const stretches = new Stretches({
    // Of what is listed only in part, little would be said today and more tomorrow.
    pressures: () => (store.isListed ? pressuresOf(demandOf(store.values(), settings), capacity) : new Map()),
    clock,
  });
  const settingsOf = stretchedBy(stretches, settings);
  const controller = new Controller<ObjectKey>({
    // The budget bounds the calls and the writer bounds the writes; a visit that only waits costs next to nothing.
    concurrency: Number.POSITIVE_INFINITY,
    onReconciled: (outcome, seconds) => metrics.reconciled(outcome, seconds),
    clock,
    logger,
  });
  const writer = new StatusWriter({
    client: kube.client,
    store,
    onWrite: (result) => metrics.wrote(result),
    clock,
    logger,
  });
  const events = new KubeEvents({
    client: kube.client,
    instance,
    onDropped: () => metrics.droppedEvent(),
    clock,
    logger,
  });
  const memory = new Memory(clock, settingsOf);
  const publisher = new Publisher({ jobs: store, memory, writer, events, settingsOf, clock });
  const reconciler = new Reconciler({
    jobs: store,
    cloud,
    memory,
    publisher,
    settingsOf,
    onPollLag: (seconds) => metrics.pollLagged(seconds),
    clock,
    logger,
  });
  const watchers = new Watchers({ sources, lister: kube.client, watch: kube.watch, clock, logger });
  metrics.watch(
    {
      jobs: () => store.values(),
      observedAt: (job) => unixSeconds(memory.recall(job).observed?.at),
      backlog: () => cloud.backlog(),
      demand: () => demandOf(store.values(), settings),
      budgetOf: (identity) => cloud.callsPerSecond(identity),
      stretches: () => stretches,
      watchProgressedAt: () => watchers.progressedAt / 1_000,
    },
    metricsOptions,
  );
  return { watchers, store, controller, reconciler, writer, cloud, publisher, metrics };
}

function notListed(sources: readonly Source[]): string {
  const where = sources[0] === undefined ? '' : ` of ${sources.join(', ')}`;
  return `the first list of EdgeTranscodeJobs${where} is not in yet`;
}

function unixSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000;
}
