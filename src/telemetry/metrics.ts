/**
 * Prometheus metrics. Events are counted as they happen. States (objects, conditions, backlog) are read at
 * each scrape, so that the series of an object disappear with the object.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { CONDITION_TYPES } from '../api/conditions.ts';
import { type EdgeTranscodeJob, STATES } from '../api/edge-transcode-job.ts';
import { nameOf } from '../base/object-key.ts';

/** Sources that are read at each scrape. */
export interface MetricsSources {
  /** All objects, as stored. */
  jobs(): Iterable<EdgeTranscodeJob>;
  /** Number of objects. */
  jobCount(): number;
  /** Time of the object's last observation, Unix seconds; undefined: never. */
  observedAt(job: EdgeTranscodeJob): number | undefined;
  /** Calls that wait for a permit. */
  backlog(): Iterable<{ identity: string; priority: string; waiting: number }>;
  /** Calls per second that the objects' intervals require, by credential. */
  demand(): ReadonlyMap<string, number>;
  /** Calls per second that a credential's account may make now. */
  budgetOf(identity: string): number;
  /** Factor by which the intervals of each credential's objects are stretched; 1: not at all. */
  stretches(): Iterable<readonly [identity: string, factor: number]>;
  /** Time of the last page, event or bookmark, Unix seconds. */
  watchProgressedAt(): number;
  /**
   * Whether budgets are shared with other processes now; undefined: they never are, or this process spends
   * none.
   */
  sharesBudgets(): boolean | undefined;
  /** Whether this process leads; otherwise it is a standby. */
  isLeading(): boolean;
}

export interface MetricsOptions {
  readonly version: string;
  /** Label of every series. */
  readonly shard?: string | undefined;
  /** Most objects that have series of their own; with more there are only aggregates. */
  readonly perObjectLimit: number;
}

/** Buckets, s: an immediate answer to a wait of minutes. */
const SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * Most error codes with series of their own. The vendor and the network have a few dozen; an endpoint that
 * makes codes up must not fill the memory of Prometheus.
 */
const MOST_CODES = 100;

export class Metrics {
  readonly registry = new Registry();
  readonly #requests = this.#counter('api_requests_total', 'Calls of the cloud API', ['operation', 'code']);
  /** Codes that have series of their own. */
  readonly #codes = new Set<string>();
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

  constructor({ version, shard }: MetricsOptions) {
    if (shard !== undefined) this.registry.setDefaultLabels({ shard });
    collectDefaultMetrics({ register: this.registry });
    this.#gauge('build_info', 'The running version; always 1', ['version'], (gauge) =>
      gauge.set({ version }, 1),
    );
  }

  called(operation: string, code: string, seconds: number): void {
    if (this.#codes.size < MOST_CODES) this.#codes.add(code);
    this.#requests.inc({ operation, code: this.#codes.has(code) ? code : 'other' });
    this.#requestSeconds.observe({ operation }, seconds);
  }

  waited(priority: string, seconds: number): void {
    this.#waitSeconds.observe({ priority }, seconds);
  }

  pollLagged(seconds: number): void {
    this.#pollLag.observe(seconds);
  }

  wrote(result: string): void {
    this.#writes.inc({ result });
  }

  droppedEvent(): void {
    this.#eventsDropped.inc();
  }

  reconciled(outcome: string, seconds: number): void {
    this.#reconciles.inc({ outcome });
    this.#reconcileSeconds.observe(seconds);
  }

  /** Registers the sources that are read at each scrape. */
  watch(sources: MetricsSources, { perObjectLimit }: MetricsOptions): void {
    this.#watchTraffic(sources);
    this.#watchAggregates(sources, perObjectLimit);
    const visible = () => (sources.jobCount() <= perObjectLimit ? sources.jobs() : []);
    this.#watchObjects(visible, sources);
  }

  #watchTraffic(sources: MetricsSources): void {
    this.#gauge(
      'api_backlog',
      'Calls waiting for a permit of the budget',
      ['identity', 'priority'],
      (gauge) => {
        for (const { identity, priority, waiting } of sources.backlog())
          gauge.set({ identity, priority }, waiting);
      },
    );
    const help = "Calls per second that the objects' intervals require";
    this.#gauge('api_demand_calls_per_second', help, ['identity'], (gauge) => {
      for (const [identity, calls] of sources.demand()) gauge.set({ identity }, calls);
    });
    this.#gauge('api_budget_calls_per_second', 'Calls per second that are allowed', ['identity'], (gauge) => {
      for (const identity of sources.demand().keys()) gauge.set({ identity }, sources.budgetOf(identity));
    });
    const stretch =
      'Factor by which intervals are longer than requested, because the budget allows no more calls';
    this.#gauge('interval_stretch_ratio', stretch, ['identity'], (gauge) => {
      for (const [identity, factor] of sources.stretches()) gauge.set({ identity }, factor);
    });
    const progress = 'When the watch last brought a page, an event or a bookmark';
    this.#gauge('watch_last_progress_timestamp_seconds', progress, [], (gauge) =>
      gauge.set(sources.watchProgressedAt()),
    );
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

  #watchAggregates(sources: MetricsSources, perObjectLimit: number): void {
    this.#gauge('jobs', 'Objects by state', ['state'], (gauge) => {
      const counts = new Map<string, number>(STATES.map((state) => [state, 0]));
      for (const {
        status: { state = 'Unknown' },
      } of sources.jobs())
        counts.set(state, (counts.get(state) ?? 0) + 1);
      for (const [state, count] of counts) gauge.set({ state }, count);
    });
    const help = 'Whether there are too many objects for series of their own (--per-object-metrics-limit)';
    this.#gauge('per_object_metrics_suppressed', help, [], (gauge) =>
      gauge.set(sources.jobCount() > perObjectLimit ? 1 : 0),
    );
  }

  #watchObjects(visible: () => Iterable<EdgeTranscodeJob>, sources: MetricsSources): void {
    const condition = 'The current status of each condition; always 1';
    this.#gauge('job_condition', condition, ['namespace', 'name', 'type', 'status'], (gauge) => {
      for (const { key, namespace, status } of visible())
        for (const { type, status: is } of status.conditions ?? [])
          if (CONDITION_TYPES.includes(type))
            gauge.set({ namespace, name: nameOf(key), type, status: is }, 1);
    });
    this.#gauge('job_state', 'The current state; always 1', ['namespace', 'name', 'state'], (gauge) => {
      for (const { key, namespace, status } of visible())
        gauge.set({ namespace, name: nameOf(key), state: status.state ?? 'Unknown' }, 1);
    });
    const observed = 'When the job was last observed';
    this.#gauge('job_last_observation_timestamp_seconds', observed, ['namespace', 'name'], (gauge) => {
      for (const job of visible()) {
        const at = sources.observedAt(job);
        if (at !== undefined) gauge.set({ namespace: job.namespace, name: nameOf(job.key) }, at);
      }
    });
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
}
