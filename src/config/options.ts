/**
 * Every option once: flag, default, bounds, unit and text. `--help` and the validation come from this table;
 * tests hold docs/reference.md to it.
 */
import { SHARD_LABEL } from '../api/edge-transcode-job.ts';
import { ENDPOINT_PATTERN } from '../base/endpoint.ts';
import { STREAM_URL_MODES } from '../job/model/stream-url.ts';
import * as parse from './parsers.ts';

/**
 * The values of each choice. The rooms that implement a choice declare the same type again, so that a value
 * which one of them lacks does not compile in `app.ts`.
 */
const OBSERVE_WITH = ['auto', 'get', 'list'] as const;
const CREDENTIAL_SOURCES = ['auto', 'rrsa', 'access-key'] as const;
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
const LOG_FORMATS = ['json', 'pretty'] as const;

export interface Option<T> {
  /** The text that is parsed when the option is not given; undefined: the option then has no value. */
  readonly default: string | undefined;
  /** Stands for the value in `--help`. */
  readonly value: string;
  /** What the option does, with bounds and unit. */
  readonly text: string;
  /** @throws an Error whose message completes “--flag: …” */
  readonly parse: (text: string) => T;
}

export const OPTIONS = {
  kubeconfig: option({
    value: 'PATH',
    text: 'the kubeconfig to use; default: in-cluster, else KUBECONFIG, else ~/.kube/config',
    parse: parse.path,
  }),
  namespaces: option({
    value: 'LIST',
    text: 'comma-separated namespaces to watch, each with a Role of its own; default: all, with a ClusterRole',
    parse: parse.list(parse.NAMESPACE, 'a namespace'),
  }),
  interval: option({
    default: '60s',
    value: 'DURATION',
    text: 'how often objects without spec.interval are observed; 5s to 24h',
    parse: parse.duration('5s', '24h'),
  }),
  'min-interval': option({
    default: '5s',
    value: 'DURATION',
    text: 'a shorter spec.interval is raised to this, and status.effectiveInterval says so; 5s to 24h',
    parse: parse.duration('5s', '24h'),
  }),
  freshness: option({
    default: '3',
    value: 'NUMBER',
    text: 'a status stays fresh for this many effective intervals plus 30s; 2 to 100',
    parse: parse.number(2, 100),
  }),
  endpoint: option({
    value: 'ENDPOINT',
    text: 'host, host:port or URL, for every credential without an endpoint of its own; default: by region; http:// for loopback only',
    parse: parse.endpoint,
  }),
  'insecure-endpoint': option({
    default: 'false',
    value: 'true|false',
    text: 'lets --endpoint, --sts-endpoint and Secrets name plain HTTP anywhere',
    parse: parse.boolean,
  }),
  'sts-endpoint': option({
    value: 'ENDPOINT|none',
    text: 'the endpoint of STS, written as --endpoint; default: sts.REGION.aliyuncs.com with the region of --region; none: never call STS, so no roles and no account lookup',
    parse: parse.endpointOrNone,
  }),
  region: option({
    default: 'cn-shanghai',
    value: 'REGION',
    text: 'the region of objects and Secrets that name none',
    parse: parse.region,
  }),
  'calls-per-minute': option({
    default: '3000',
    value: 'NUMBER',
    text: "the budget of each account, in which every call counts; 1 to 6000, the account's quota, which other tools spend too",
    parse: parse.integer(1, 6_000),
  }),
  'observe-with': option({
    default: 'auto',
    value: OBSERVE_WITH.join('|'),
    text: 'get: one call for each job; list: one call for up to 100 jobs of a cluster; auto: list where get would not fit the budget',
    parse: parse.oneOf(OBSERVE_WITH),
  }),
  credentials: option({
    default: 'auto',
    value: CREDENTIAL_SOURCES.join('|'),
    text: "the operator's own credentials: a role of its service account (rrsa), or an access key or STS token (access-key); auto: the one that the environment has, RRSA first",
    parse: parse.oneOf(CREDENTIAL_SOURCES),
  }),
  'default-credentials-namespaces': option({
    value: 'LIST',
    text: "comma-separated namespaces whose objects may use the operator's own credentials; * for all; default: none, or all with --kubeconfig",
    parse: parse.list(parse.NAMESPACE_OR_ALL, 'a namespace or *'),
  }),
  'allowed-endpoints': option({
    default: '*.aliyuncs.com',
    value: 'LIST',
    text: "comma-separated hosts, host:port or *.domain, one of which a Secret's endpoint must match; * for all",
    parse: parse.list(ENDPOINT_PATTERN, 'a host, host:port, *.domain or *'),
  }),
  'stream-urls': option({
    default: 'redact',
    value: STREAM_URL_MODES.join('|'),
    text: 'how a status shows stream URLs, which can hold a push or play secret. redact: scheme, host, plain segments of the path, plain names of parameters; short: scheme, host and the first segment; full: all; omit: no URLs',
    parse: parse.oneOf(STREAM_URL_MODES),
  }),
  'leader-elect': option({
    default: 'false',
    value: 'true|false',
    text: 'act only while holding a Lease: of several processes one acts, the others are standbys',
    parse: parse.boolean,
  }),
  'lease-namespace': option({
    value: 'NAMESPACE',
    text: 'where the Lease is; default: the namespace of the pod, or of the context of the kubeconfig',
    parse: parse.namespace,
  }),
  'lease-name': option({
    default: 'edge-transcode-job-operator',
    value: 'NAME',
    text: 'the Lease that the replicas of one operator share; with --shard, a dash and the name of the shard follow',
    parse: parse.objectName,
  }),
  'lease-duration': option({
    default: '15s',
    value: 'DURATION',
    text: 'how long a standby waits for a silent leader; 1s to 10m',
    parse: parse.duration('1s', '10m'),
  }),
  'renew-deadline': option({
    default: '10s',
    value: 'DURATION',
    text: 'a leader that could not renew its Lease for this long stops acting; below --lease-duration',
    parse: parse.duration('500ms', '10m'),
  }),
  'retry-period': option({
    default: '2s',
    value: 'DURATION',
    text: 'how soon a failed request for the Lease is repeated; below --renew-deadline. The leader renews after a third of --renew-deadline, or after this if it is longer',
    parse: parse.duration('100ms', '10m'),
  }),
  shard: option({
    value: 'NAME',
    text: `serve only the objects whose label ${SHARD_LABEL} is this; default: those without the label`,
    parse: parse.shardName,
  }),
  'shard-count': option({
    default: '1',
    value: 'NUMBER',
    text: 'how many operators share the budgets through --redis-url; while Redis is away, each spends its part, the budget divided by this; 1 to 100',
    parse: parse.integer(1, 100),
  }),
  'redis-url': option({
    value: 'URL',
    text: "redis:// or rediss://, with the password if there is one: shares the accounts' budgets among the operators of --shard-count",
    parse: parse.redisUrl,
  }),
  'http-address': option({
    default: ':8080',
    value: '[HOST]:PORT',
    text: 'where /metrics, /livez and /readyz are served; port 0 picks a free port and logs it',
    parse: parse.listenAddress,
  }),
  'page-address': option({
    value: '[HOST]:PORT',
    text: 'where a read-only status page is served, which has no login; port 0 picks a free port and logs it; default: nowhere',
    parse: parse.listenAddress,
  }),
  'page-namespaces': option({
    value: 'LIST',
    text: 'comma-separated namespaces whose objects the status page shows; default: all that are watched',
    parse: parse.list(parse.NAMESPACE, 'a namespace'),
  }),
  'per-object-metrics-limit': option({
    default: '10000',
    value: 'NUMBER',
    text: 'with more objects than this, there are aggregate metrics only; with more credentials, all Secrets share one series; 0: never metrics per object or Secret',
    parse: parse.integer(0, 1_000_000),
  }),
  'log-level': option({
    default: 'info',
    value: LOG_LEVELS.join('|'),
    text: 'the least severe level that is logged',
    parse: parse.oneOf(LOG_LEVELS),
  }),
  'log-format': option({
    default: 'json',
    value: LOG_FORMATS.join('|'),
    text: 'one JSON object a line, or text for a terminal',
    parse: parse.oneOf(LOG_FORMATS),
  }),
} as const;

export type Flag = keyof typeof OPTIONS;

/** The value of each flag; undefined only where the option has no default. */
export type Config = {
  readonly [F in Flag]: (typeof OPTIONS)[F] extends { default: string }
    ? ReturnType<(typeof OPTIONS)[F]['parse']>
    : ReturnType<(typeof OPTIONS)[F]['parse']> | undefined;
};

function option<T, D extends string | undefined = undefined>(
  given: Omit<Option<T>, 'default'> & { readonly default?: D },
): Option<T> & { readonly default: D } {
  return { ...given, default: given.default as D };
}
