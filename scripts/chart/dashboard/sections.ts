/**
 * The panels of the dashboard: freshness first, then jobs, budgets, calls, and the operator.
 */
import type { Panel, Section, Threshold } from './panels.ts';
import { count, named, ofCredentials, ofObjects, own, perSecond, quantile } from './queries.ts';

const CALLS = 'suffix: calls/s';
const NO_OBJECTS = 'no series by object';
const LOAD: readonly Threshold[] = [
  [null, 'green'],
  [0.8, 'orange'],
  [1, 'red'],
];
const ANY_IS_BAD: readonly Threshold[] = [
  [null, 'green'],
  [1, 'red'],
];

/** Objects with an observation that are polled: Fresh is Unknown for all others. */
const POLLED = ofObjects('job_condition', 'type="Fresh"', 'status=~"True|False"');
const FRESH = ofObjects('job_condition', 'type="Fresh"', 'status="True"');
const AGES = `(time() - (${ofObjects('job_last_observation_timestamp_seconds')} and ignoring (type, status) ${POLLED}))`;

/** All objects: each has a Ready. */
const OBJECTS = ofObjects('job_condition', 'type="Ready"');

function wrong(type: string): string {
  return ofObjects('job_condition', `type="${type}"`, 'status="False"');
}

/** How long a condition of an object has been False, with the state and the credential of the object. */
function wrongFor(types: string, by: string): string {
  const since = ofObjects(
    'job_condition_last_transition_timestamp_seconds',
    `type=~"${types}"`,
    'status="False"',
  );
  // Of an object whose state or credential has changed a scraper may keep both for some minutes: the latest.
  const state = `(topk without (state, identity) (1, timestamp(${own('job_state')})) >= bool 0)`;
  const withState = `(time() - ${since}) * ignoring (type, status, state, identity) group_left (state, identity) ${state}`;
  return `max by (${by}) (${named(withState)})`;
}

/** 1 for each credential that objects of a namespace name. */
const USES = `count by (namespace, identity) (${named(ofObjects('job_state'))})`;

function ofUses(series: string): string {
  return `(${USES} > bool 0) * on (identity) group_left () ${series}`;
}

const FRESHNESS: readonly Panel[] = [
  {
    kind: 'stat',
    title: 'Fresh',
    description:
      'The part of the polled objects whose status is younger than its freshness window. Nothing in the others can be relied on. Objects that are suspended, or have no observation yet, do not count.',
    width: 4,
    unit: 'percentunit',
    decimals: 1,
    without: NO_OBJECTS,
    thresholds: [
      [null, 'red'],
      [0.99, 'orange'],
      [1, 'green'],
    ],
    queries: [{ expr: `(${count(FRESH, POLLED)}) / count(${POLLED})` }],
  },
  {
    kind: 'stat',
    title: 'Oldest observation',
    description:
      'The age of the oldest observation among the polled objects. It stays below interval × --freshness + 30 s of that object while it is fresh.',
    width: 4,
    unit: 's',
    decimals: 1,
    without: NO_OBJECTS,
    // No colour of a good or a bad age: it depends on the interval.
    thresholds: [[null, 'blue']],
    queries: [{ expr: `max(${AGES})` }],
  },
  {
    kind: 'stat',
    title: 'Not fresh',
    description:
      'Objects that are not observed any more: Fresh is False. The table below names them; the message of their condition says why.',
    width: 4,
    unit: 'none',
    without: NO_OBJECTS,
    thresholds: ANY_IS_BAD,
    queries: [{ expr: count(wrong('Fresh'), OBJECTS) }],
  },
  {
    kind: 'stat',
    title: 'Not as expected',
    description: 'Objects whose job runs and should not, or does not run and should: AsExpected is False.',
    width: 4,
    unit: 'none',
    without: NO_OBJECTS,
    thresholds: ANY_IS_BAD,
    queries: [{ expr: count(wrong('AsExpected'), OBJECTS) }],
  },
  {
    kind: 'stat',
    title: 'Not ready',
    description:
      'Objects whose job cannot be observed, or does not exist: Ready is False. The reason and the message of the condition say what to do.',
    width: 4,
    unit: 'none',
    without: NO_OBJECTS,
    thresholds: ANY_IS_BAD,
    queries: [{ expr: count(wrong('Ready'), OBJECTS) }],
  },
  {
    kind: 'stat',
    title: 'Series by object',
    description:
      'Above --per-object-metrics-limit objects there are no series by object: the panels about objects are then empty, and alerts about objects cannot fire. Raise the limit, or divide the objects among shards.',
    width: 4,
    unit: 'none',
    thresholds: [[null, 'green']],
    meanings: [
      [0, 'on', 'green'],
      [1, 'off', 'red'],
    ],
    queries: [{ expr: `max(${own('per_object_metrics_suppressed')})` }],
  },
  {
    kind: 'table',
    title: 'Not as expected',
    description:
      'Start or stop the job in Alibaba Cloud Live, or correct spec.expectedState. The alert EdgeTranscodeJobNotAsExpected fires after 2 min.',
    width: 12,
    unit: 'none',
    without: 'all as expected',
    columns: [
      { field: 'namespace', title: 'Namespace' },
      { field: 'name', title: 'Object' },
      { field: 'state', title: 'State' },
      { field: 'identity', title: 'Credential' },
      { field: 'Value', title: 'For', unit: 's' },
    ],
    queries: [{ expr: wrongFor('AsExpected', 'namespace, name, state, identity') }],
  },
  {
    kind: 'table',
    title: 'Not fresh or not ready',
    description:
      'kubectl describe shows the reason and the message of the condition, which say what to do. A credential that is refused shows as one row for each object that names it.',
    width: 12,
    unit: 'none',
    without: 'all fresh and ready',
    columns: [
      { field: 'namespace', title: 'Namespace' },
      { field: 'name', title: 'Object' },
      { field: 'type', title: 'Condition' },
      { field: 'identity', title: 'Credential' },
      { field: 'Value', title: 'For', unit: 's' },
    ],
    queries: [{ expr: wrongFor('Fresh|Ready', 'namespace, name, type, identity') }],
  },
  {
    kind: 'timeseries',
    title: 'Age of observations',
    description:
      'How long ago the polled objects were observed. The median is about half an interval. A maximum that rises is an object that is not observed any more.',
    width: 12,
    unit: 's',
    logarithmic: true,
    queries: [
      { expr: `max(${AGES})`, legend: 'oldest' },
      { expr: `quantile(0.99, ${AGES})`, legend: 'p99' },
      { expr: `quantile(0.5, ${AGES})`, legend: 'median' },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Objects with a problem',
    description: 'Objects by the condition that is False. An object can have several.',
    width: 12,
    unit: 'none',
    queries: [
      { expr: count(wrong('Fresh'), OBJECTS), legend: 'not fresh' },
      { expr: count(wrong('AsExpected'), OBJECTS), legend: 'not as expected' },
      { expr: count(wrong('Ready'), OBJECTS), legend: 'not ready' },
    ],
  },
];

const JOBS: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Jobs by state',
    description:
      'Objects by the state of their job, of all namespaces. This metric is also there without series by object.',
    width: 12,
    unit: 'none',
    stacked: true,
    queries: [{ expr: `sum by (state) (${own('jobs')})`, legend: '{{state}}' }],
  },
  {
    kind: 'table',
    title: 'Jobs that no object names',
    description:
      'Jobs in the list of a cluster, with and without an object. Only for clusters that are observed by their list (--observe-with).',
    width: 12,
    unit: 'none',
    without: 'no cluster is observed by its list',
    columns: [
      { field: 'identity', title: 'Credential' },
      { field: 'cluster', title: 'Cluster' },
      { field: 'Value #A', title: 'Without object' },
      { field: 'Value #B', title: 'With object' },
    ],
    queries: ['false', 'true'].map((referenced) => ({
      expr: `max by (identity, cluster) (${ofCredentials('cluster_jobs', `referenced="${referenced}"`)})`,
    })),
  },
];

const BUDGET: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Budget and demand by credential',
    description:
      'Budget: calls a second that the account allows; less for a while after throttling. Demand: calls a second that the intervals of the objects take. Credentials of one account share its budget: see the load.',
    width: 12,
    unit: CALLS,
    dashed: 'budget of ',
    queries: [
      { expr: `sum by (identity) (${ofCredentials('api_demand_calls_per_second')})`, legend: '{{identity}}' },
      {
        expr: `max by (identity) (${ofCredentials('api_budget_calls_per_second')})`,
        legend: 'budget of {{identity}}',
      },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Load of accounts',
    description:
      'The demand of the account of a credential, all its credentials and shards together, as a part of its budget. Above 100% intervals are stretched. The alert EdgeTranscodeDemandHigh fires above 80%.',
    width: 12,
    unit: 'percentunit',
    thresholds: LOAD,
    queries: [{ expr: `max by (identity) (${ofCredentials('api_load_ratio')})`, legend: '{{identity}}' }],
  },
  {
    kind: 'table',
    title: 'Budget and demand by namespace and credential',
    description:
      'The credentials that objects of a namespace name. Objects are those of the namespace; budget, demand, load and stretch are those of the credential, which other namespaces share only if it is the operator’s own (default).',
    width: 16,
    unit: 'none',
    without: NO_OBJECTS,
    columns: [
      { field: 'namespace', title: 'Namespace' },
      { field: 'identity', title: 'Credential' },
      { field: 'Value #A', title: 'Objects' },
      { field: 'Value #B', title: 'Demand', unit: CALLS },
      { field: 'Value #C', title: 'Budget', unit: CALLS },
      { field: 'Value #D', title: 'Load', unit: 'percentunit', thresholds: LOAD },
      { field: 'Value #E', title: 'Intervals ×' },
    ],
    queries: [
      { expr: USES },
      { expr: ofUses(`sum by (identity) (${own('api_demand_calls_per_second')})`) },
      { expr: ofUses(`max by (identity) (${own('api_budget_calls_per_second')})`) },
      { expr: ofUses(`max by (identity) (${own('api_load_ratio')})`) },
      { expr: ofUses(`max by (identity) (${own('interval_stretch_ratio')})`) },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Calls that wait for a permit',
    description:
      'Calls by priority: urgent (new, changed or requested), scheduled, retry. A backlog that stays means that the demand is above the budget.',
    width: 8,
    unit: 'none',
    queries: [{ expr: `sum by (priority) (${ofCredentials('api_backlog')})`, legend: '{{priority}}' }],
  },
];

const CLOUD: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Calls by code',
    description:
      'Calls of the cloud API by the code of the answer: OK, or the code of the vendor or of the network.',
    width: 8,
    unit: CALLS,
    stacked: true,
    queries: [{ expr: perSecond('api_requests_total', 'code'), legend: '{{code}}' }],
  },
  {
    kind: 'timeseries',
    title: 'Duration of calls',
    description: 'How long calls of the cloud API take, without the wait for a permit. They end after 10 s.',
    width: 8,
    unit: 's',
    queries: [
      { expr: quantile(0.99, 'api_request_duration_seconds'), legend: 'p99' },
      { expr: quantile(0.5, 'api_request_duration_seconds'), legend: 'p50' },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Wait for a permit (p99)',
    description: 'How long calls wait for a permit of the budget, by priority. Urgent ones should not wait.',
    width: 8,
    unit: 's',
    queries: [{ expr: quantile(0.99, 'api_wait_seconds', ['priority']), legend: '{{priority}}' }],
  },
];

const OPERATOR: readonly Panel[] = [
  {
    kind: 'timeseries',
    title: 'Poll lag',
    description:
      'How much later than scheduled polls are sent. A lag of an interval and more makes statuses old: compare the load of accounts.',
    width: 8,
    unit: 's',
    queries: [
      { expr: quantile(0.99, 'poll_lag_seconds'), legend: 'p99' },
      { expr: quantile(0.5, 'poll_lag_seconds'), legend: 'p50' },
    ],
  },
  {
    kind: 'timeseries',
    title: 'Status writes by result',
    description:
      'Writes of statuses to the API server. `failed` and `rejected` should be 0; `conflict` and `gone` are usual.',
    width: 8,
    unit: 'suffix: writes/s',
    stacked: true,
    queries: [{ expr: perSecond('status_writes_total', 'result'), legend: '{{result}}' }],
  },
  {
    kind: 'timeseries',
    title: 'Silence of the watch',
    description:
      'The time since the API server last brought a change, a page or a bookmark. Bookmarks come about once a minute; the alert EdgeTranscodeWatchSilent fires after 10 min.',
    width: 8,
    unit: 's',
    thresholds: [
      [null, 'green'],
      [600, 'red'],
    ],
    queries: [
      {
        expr: `max by (pod, instance) (time() - ${own('watch_last_progress_timestamp_seconds')})`,
        legend: '{{pod}} {{instance}}',
      },
    ],
  },
  {
    kind: 'state-timeline',
    title: 'Leader',
    description:
      'Which process leads. Without a leader no job is observed: EdgeTranscodeNoLeader fires after 1 min.',
    width: 16,
    unit: 'none',
    meanings: [
      [0, 'standby', 'blue'],
      [1, 'leads', 'green'],
    ],
    queries: [{ expr: `max by (pod, instance) (${own('leading')})`, legend: '{{pod}} {{instance}}' }],
  },
  {
    kind: 'stat',
    title: 'Leaders',
    description:
      'Processes that lead, in the shard that has the fewest. Without one, no job of the shard is observed.',
    width: 4,
    unit: 'none',
    thresholds: [
      [null, 'red'],
      [1, 'green'],
    ],
    queries: [{ expr: `min(sum without (instance, pod, node) (${own('leading')}))` }],
  },
  {
    kind: 'stat',
    title: 'Shared budget',
    description:
      'Whether shards share budgets through Redis. If not, each spends a fixed part, and cannot use what others leave.',
    width: 4,
    unit: 'none',
    without: 'no Redis',
    meanings: [
      [0, 'not shared', 'red'],
      [1, 'shared', 'green'],
    ],
    queries: [{ expr: `min(${own('shared_budget')})` }],
  },
];

export const SECTIONS: readonly Section[] = [
  { title: 'Freshness', panels: FRESHNESS },
  { title: 'Jobs', panels: JOBS },
  { title: 'Budget', panels: BUDGET },
  { title: 'Cloud API', panels: CLOUD },
  { title: 'Operator', panels: OPERATOR },
];
