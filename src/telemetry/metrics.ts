/**
 * Prometheus metrics. Events are counted as they happen. States (objects, conditions, backlog) are read at
 * each rendering, so that the series of an object disappear with the object.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { STATES } from '../api/edge-transcode-job.ts';
import { printable } from '../base/foreign-text.ts';
import { ClusterSeries } from './cluster-series.ts';
import { CredentialSeries } from './credential-series.ts';
import type { Rendering } from './endpoints.ts';
import type { MetricsSources } from './metrics-sources.ts';
import { ObjectSeries } from './object-series.ts';
import { type Labels, type ReadSamples, renderSamples } from './sampled-gauge.ts';

export interface MetricsOptions {
  readonly version: string;
  /** Label of every series. */
  readonly shard?: string | undefined;
  /**
   * Most objects, and most credentials, that have series of their own. With more objects there are only
   * aggregates; with more credentials, all Secrets are shown as one.
   */
  readonly perObjectLimit: number;
}

const HOUR_MS = 3_600_000;

/** Buckets, s: an immediate answer to a wait of minutes. */
const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Most error codes with series of their own. The vendor and the network have a few dozen; an endpoint that
 * makes codes up must not fill the memory of Prometheus.
 */
const MOST_CODES = 100;

/** Codes that always have series of their own: made-up ones must not take their places. */
const COMMON_CODES = [
  ...['OK', 'JobNotFound', 'OperationDenied', 'Forbidden.RAM', 'NoPermission', 'ServiceUnavailable'],
  ...['InternalError', 'Throttling', 'Throttling.User', 'Throttling.Api', 'SignatureDoesNotMatch'],
  ...['InvalidAccessKeyId.NotFound', 'InvalidAccessKeyId.Inactive', 'InvalidSecurityToken.Expired'],
  ...['InvalidTimeStamp.Expired', 'SignatureNonceUsed', 'InvalidParameter', 'EntityNotExist.Role'],
  ...['UnexpectedResponse', 'DeadlineExceeded', 'TooManyAnswers', 'HTTP502', 'HTTP503', 'HTTP504'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH'],
];

export class Metrics {
  readonly registry = new Registry();
  /** Labels of every series. */
  readonly #common: Labels;
  readonly #perObjectLimit: number;
  /** The samples of gauges that the registry knows, but whose samples it does not hold. */
  readonly #samples = new Map<string, ReadSamples>();
  readonly #requests = this.#counter('api_requests_total', 'Calls of the cloud API', ['operation', 'code']);
  /** Codes that have series of their own. */
  readonly #codes = new Set<string>(COMMON_CODES);
  readonly #requestSeconds = this.#histogram(
    'api_request_duration_seconds',
    'How long a call of the cloud API took',
    ['operation'],
  );
  readonly #waitSeconds = this.#histogram(
    'api_wait_seconds',
    'How long a call waited for a permit of the budget',
    ['priority'],
  );
  readonly #pollLag = this.#histogram(
    'poll_lag_seconds',
    'How much later than scheduled a poll was sent',
    [],
  );
  readonly #writes = this.#counter('status_writes_total', 'Status writes', ['result']);
  readonly #eventsDropped = this.#counter(
    'events_dropped_total',
    'Events not written: too many, or refused',
    [],
  );
  readonly #reconciles = this.#counter('reconciles_total', 'Reconciliations', ['outcome']);
  readonly #reconcileSeconds = this.#histogram(
    'reconcile_duration_seconds',
    'How long a reconciliation took',
    [],
  );

  constructor({ version, shard, perObjectLimit }: MetricsOptions) {
    this.#perObjectLimit = perObjectLimit;
    this.#common = shard === undefined ? {} : { shard };
    this.registry.setDefaultLabels(this.#common);
    this.#collectDefaults();
    this.#gauge('build_info', 'The running version; always 1', ['version'], (gauge) =>
      gauge.set({ version }, 1),
    );
  }

  /**
   * Registers the metrics of the process and of Node.js, without the quantiles of the event loop's lag:
   * Node.js measures these by a timer of 10 ms, which would wake the process a hundred times a second. The
   * lag at the scrape stays.
   */
  #collectDefaults(): void {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: HOUR_MS });
    for (const { name } of this.registry.getMetricsAsArray())
      if (/^nodejs_eventloop_lag_\w+_seconds$/.test(name)) this.registry.removeSingleMetric(name);
  }

  /** @param endpoint codes that a tenant's endpoint makes up take no place of the vendor's */
  called(
    operation: string,
    givenCode: string,
    seconds: number,
    endpoint: 'known' | 'tenant' = 'known',
  ): void {
    const code = printable(givenCode);
    if (endpoint === 'known' && this.#codes.size < MOST_CODES) this.#codes.add(code);
    this.#requests.inc({ operation, code: this.#codes.has(code) ? code : 'other' });
    this.#requestSeconds.observe({ operation }, seconds);
  }

  waited(priority: string, seconds: number): void {
    this.#waitSeconds.observe({ priority }, seconds);
  }

  pollLagged(seconds: number): void {
    this.#pollLag.observe(seconds);
  }

  wrote(result: string, times = 1): void {
    this.#writes.inc({ result }, times);
  }

  droppedEvent(): void {
    this.#eventsDropped.inc();
  }

  reconciled(outcome: string, seconds: number): void {
    this.#reconciles.inc({ outcome });
    this.#reconcileSeconds.observe(seconds);
  }

  /** Renders all series in Prometheus' text format. Other work runs in between, however many there are. */
  async render(): Promise<Rendering> {
    const parts: Buffer[] = [];
    for (const { name } of this.registry.getMetricsAsArray()) {
      parts.push(Buffer.from(`${await this.registry.getSingleMetricAsString(name)}\n`));
      await nextTurn();
      const samples = this.#samples.get(name)?.() ?? [];
      for await (const slice of renderSamples(name, samples, this.#common)) parts.push(Buffer.from(slice));
    }
    return { contentType: this.registry.contentType, body: Buffer.concat(parts) };
  }

  /** Registers the sources that are read at each rendering. */
  watch(sources: MetricsSources): void {
    this.#watchCredentials(new CredentialSeries(sources, this.#perObjectLimit));
    this.#watchClusters(new ClusterSeries(sources, this.#perObjectLimit));
    this.#watchProcess(sources);
    const objects = new ObjectSeries(sources, this.#perObjectLimit);
    this.#watchAggregates(sources, objects);
    this.#watchObjects(objects);
  }

  #watchCredentials(series: CredentialSeries): void {
    const waiting = 'Calls waiting for a permit of the budget';
    this.#sampledGauge('api_backlog', waiting, ['identity', 'priority'], () => series.backlog());
    const demand = "Calls per second that the objects' intervals require";
    this.#sampledGauge('api_demand_calls_per_second', demand, ['identity'], () => series.demand());
    const budget = 'Calls per second that are allowed';
    this.#sampledGauge('api_budget_calls_per_second', budget, ['identity'], () => series.budget());
    const stretch =
      'Factor by which intervals are longer than requested, because the budget allows no more calls';
    this.#sampledGauge('interval_stretch_ratio', stretch, ['identity'], () => series.stretch());
    const load = "Demand of the credential's account, as a part of its budget";
    this.#sampledGauge('api_load_ratio', load, ['identity'], () => series.load());
    const throttled = "When the cloud last throttled a call of the credential's account";
    this.#sampledGauge('api_last_throttled_timestamp_seconds', throttled, ['identity'], () =>
      series.lastThrottling(),
    );
    const jobs = 'Objects that name the credential, by the reason of Ready';
    this.#sampledGauge('identity_jobs', jobs, ['identity', 'reason'], () => series.jobs());
  }

  #watchClusters(series: ClusterSeries): void {
    const jobs = "Jobs in a cluster's list, with and without an object that names them";
    const labels = ['identity', 'cluster', 'referenced'];
    this.#sampledGauge('cluster_jobs', jobs, labels, () => series.jobs());
  }

  #watchProcess(sources: MetricsSources): void {
    const progress = 'When the watch last brought a page, an event or a bookmark';
    this.#gauge('watch_last_progress_timestamp_seconds', progress, [], (gauge) =>
      gauge.set(sources.watchProgressedAt()),
    );
    const refused = 'Namespaces of --namespaces that the API server refuses to list or watch; always 1';
    this.#gauge('watch_refused', refused, ['namespace'], (gauge) => {
      for (const namespace of sources.refusedNamespaces()) gauge.set({ namespace }, 1);
    });
    const shared =
      'Whether budgets are shared through Redis (1), or this process spends a fixed part of each (0)';
    this.#gauge('shared_budget', shared, [], (gauge) => {
      const shares = sources.sharesBudgets();
      if (shares === undefined) gauge.remove();
      else gauge.set(shares ? 1 : 0);
    });
    const leading = 'Whether this process leads (1) or is a standby (0)';
    this.#gauge('leading', leading, [], (gauge) => gauge.set(sources.isLeading() ? 1 : 0));
  }

  #watchAggregates(sources: MetricsSources, objects: ObjectSeries): void {
    this.#gauge('jobs', 'Objects by state', ['state'], (gauge) => {
      const counts = new Map<string, number>(STATES.map((state) => [state, 0]));
      for (const {
        status: { state = 'Unknown' },
      } of sources.jobs())
        counts.set(state, (counts.get(state) ?? 0) + 1);
      for (const [state, count] of counts) gauge.set({ state: printable(state) }, count);
    });
    const help = 'Whether there are too many objects for series of their own (--per-object-metrics-limit)';
    this.#gauge('per_object_metrics_suppressed', help, [], (gauge) =>
      gauge.set(objects.areSuppressed ? 1 : 0),
    );
  }

  #watchObjects(series: ObjectSeries): void {
    const condition = 'The current status of each condition; always 1';
    const names = ['namespace', 'name'];
    this.#sampledGauge('job_condition', condition, [...names, 'type', 'status'], () => series.conditions());
    const transition = 'When each condition took its present status';
    this.#sampledGauge(
      'job_condition_last_transition_timestamp_seconds',
      transition,
      [...names, 'type', 'status'],
      () => series.transitions(),
    );
    const state = 'The current state, and the credential that the object names; always 1';
    this.#sampledGauge('job_state', state, [...names, 'state', 'identity'], () => series.states());
    const observed = 'When the job was last observed';
    this.#sampledGauge('job_last_observation_timestamp_seconds', observed, names, () =>
      series.observationTimes(),
    );
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name: `edgetranscode_${name}`, help, labelNames, registers: [this.registry] });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Histogram<Label> {
    const registers = [this.registry];
    return new Histogram({ name: `edgetranscode_${name}`, help, labelNames, buckets: SECONDS, registers });
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    set: (gauge: Gauge<Label>) => void,
  ): void {
    new Gauge({
      name: `edgetranscode_${name}`,
      help,
      labelNames,
      registers: [this.registry],
      collect() {
        this.reset();
        set(this);
      },
    });
  }

  /** The registry gives its place, its text and its labels; `render` adds the samples. */
  #sampledGauge(name: string, help: string, labelNames: readonly string[], read: ReadSamples): void {
    const gauge = { name: `edgetranscode_${name}`, help, labelNames };
    new Gauge({ ...gauge, registers: [this.registry] });
    this.#samples.set(gauge.name, read);
  }
}
