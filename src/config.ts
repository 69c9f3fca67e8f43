/**
 * Every option once: flag, environment variable, default, bounds, unit and text. `--help`, the reference and the validation come
 * from this table or are held to it by tests. All mistakes are told at once.
 */
import { parseArgs } from 'node:util';
import { SHARD_LABEL } from './api/edge-transcode-job.ts';
import { formatDuration } from './base/duration.ts';
import { OBSERVE_WITH } from './cloud/clusters.ts';
import { type Endpoint, isEndpointPattern, isLoopback } from './cloud/endpoints.ts';
import { CREDENTIAL_SOURCES } from './cloud/environment-credentials.ts';
import { STREAM_URL_MODES } from './job/stream-url.ts';
import { leaseNameOf } from './kube/shard.ts';
import * as parse from './option-values.ts';
import { LOG_FORMATS, LOG_LEVELS } from './telemetry/logger.ts';

export interface Option<T> {
  /** What is given when the option is not; undefined where there is no text for it. */
  readonly default: string | undefined;
  /** Stands for the value in `--help`. */
  readonly value: string;
  /** What it does, with bounds and unit. */
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
    parse: parse.list(parse.isNamespace, 'a namespace'),
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
    text: 'a status is fresh for this many effective intervals, and 30s; 2 to 100',
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
    text: 'as --endpoint, for STS; default: sts.REGION.aliyuncs.com, with the region of --region; none: STS is never called, so no roles and no account lookup',
    parse: parse.endpointOrNone,
  }),
  region: option({
    default: 'cn-shanghai',
    value: 'REGION',
    text: 'for objects and Secrets without one',
    parse: parse.region,
  }),
  'calls-per-minute': option({
    default: '3000',
    value: 'NUMBER',
    text: "the budget of each account, every call counted; 1 to 6000, the account's quota, which other tools spend too",
    parse: parse.integer(1, 6_000),
  }),
  'observe-with': option({
    default: 'auto',
    value: OBSERVE_WITH.join('|'),
    text: 'ask for each job by itself (get), for up to 100 of a cluster at once (list), or by list where get would not fit the budget',
    parse: parse.oneOf(OBSERVE_WITH),
  }),
  credentials: option({
    default: 'auto',
    value: CREDENTIAL_SOURCES.join('|'),
    text: "the operator's own: a role by its service account (RRSA), or an access key or STS token; auto: what the environment has, RRSA first",
    parse: parse.oneOf(CREDENTIAL_SOURCES),
  }),
  'default-credentials-namespaces': option({
    default: '*',
    value: 'LIST',
    text: "comma-separated namespaces whose objects may use the operator's own credentials; * for all",
    parse: parse.list(parse.isNamespaceOrAll, 'a namespace or *'),
  }),
  'allowed-endpoints': option({
    default: '*.aliyuncs.com',
    value: 'LIST',
    text: "comma-separated hosts, host:port or *.domain, one of which a Secret's endpoint must match; * for all",
    parse: parse.list(isEndpointPattern, 'a host, host:port, *.domain or *'),
  }),
  'stream-urls': option({
    default: 'redact-query',
    value: STREAM_URL_MODES.join('|'),
    text: 'how statuses show stream URLs, whose query can hold a push or play secret',
    parse: parse.oneOf(STREAM_URL_MODES),
  }),
  'leader-elect': option({
    default: 'false',
    value: 'true|false',
    text: 'act only while holding a Lease, so that of several processes one acts and the others stand by',
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
    text: 'the Lease that all who stand in for each other share; with --shard its name follows, after a dash',
    parse: parse.objectName,
  }),
  'lease-duration': option({
    default: '15s',
    value: 'DURATION',
    text: 'how long others wait for a leader that is silent; 1s to 10m',
    parse: parse.duration('1s', '10m'),
  }),
  'renew-deadline': option({
    default: '10s',
    value: 'DURATION',
    text: 'a leader that could not renew for this long stops acting; below --lease-duration',
    parse: parse.duration('500ms', '10m'),
  }),
  'retry-period': option({
    default: '2s',
    value: 'DURATION',
    text: 'how often the Lease is renewed, and a failed request tried again; below --renew-deadline',
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
    text: 'how many operators share the budgets by --redis-url: while Redis is away, each goes on with this part of them; 1 to 100',
    parse: parse.integer(1, 100),
  }),
  'redis-url': option({
    value: 'URL',
    text: "redis:// or rediss://, with a password if it has one: shares the accounts' budgets among the operators of --shard-count",
    parse: parse.redisUrl,
  }),
  'http-address': option({
    default: ':8080',
    value: '[HOST]:PORT',
    text: 'serves /metrics, /livez and /readyz; port 0 picks a free one and logs it',
    parse: parse.listenAddress,
  }),
  'per-object-metrics-limit': option({
    default: '10000',
    value: 'NUMBER',
    text: 'with more objects there are aggregate metrics only; 0: never per object',
    parse: parse.integer(0, 1_000_000),
  }),
  'log-level': option({
    default: 'info',
    value: LOG_LEVELS.join('|'),
    text: 'what is logged',
    parse: parse.oneOf(LOG_LEVELS),
  }),
  'log-format': option({
    default: 'json',
    value: LOG_FORMATS.join('|'),
    text: 'how it is logged',
    parse: parse.oneOf(LOG_FORMATS),
  }),
} as const;

export type Flag = keyof typeof OPTIONS;

/** A value for each flag; undefined only where the option has no default. */
export type Config = {
  readonly [F in Flag]: (typeof OPTIONS)[F] extends { default: string }
    ? ReturnType<(typeof OPTIONS)[F]['parse']>
    : ReturnType<(typeof OPTIONS)[F]['parse']> | undefined;
};

export type ConfigResult =
  | { readonly config: Config; readonly warnings: readonly string[] }
  | { readonly errors: readonly string[] };

export type Environment = Readonly<Record<string, string | undefined>>;

/** `--calls-per-minute` is also `EDGETRANSCODE_CALLS_PER_MINUTE`. */
export function environmentVariable(flag: string): string {
  return `${PREFIX}${flag.replaceAll('-', '_').toUpperCase()}`;
}

const PREFIX = 'EDGETRANSCODE_';
const FLAGS = Object.keys(OPTIONS) as Flag[];

/** A flag beats its environment variable, which beats the default. */
export function readConfig(args: readonly string[], environment: Environment): ConfigResult {
  const given = readFlags(args);
  const errors = [...given.errors];
  const values: Partial<Record<Flag, unknown>> = {};
  for (const flag of FLAGS) {
    const { default: byDefault, parse } = OPTIONS[flag] as Option<unknown>;
    const variable = environmentVariable(flag);
    const fromFlag = given.values.get(flag);
    const text = fromFlag ?? (environment[variable] || byDefault);
    if (text === undefined) continue;
    const source = fromFlag === undefined && environment[variable] ? variable : `--${flag}`;
    try {
      values[flag] = parse(text);
    } catch (error) {
      errors.push(`${source}: ${(error as Error).message}`);
    }
  }
  errors.push(...contradictions(values as Partial<Config>));
  return errors.length > 0
    ? { errors }
    : { config: values as Config, warnings: unknownVariables(environment) };
}

export function helpText(): string {
  const rows = FLAGS.map((flag) => {
    const { value, text, default: byDefault } = OPTIONS[flag] as Option<unknown>;
    return `  --${flag}=${value}\n        ${text}${byDefault === undefined ? '' : ` (default ${byDefault})`}\n`;
  });
  return [
    'Observes edge transcoding jobs of Alibaba Cloud Live for EdgeTranscodeJob objects.\n',
    'Usage: node main.js [--option=value …]\n',
    ...rows,
    '  --help, --version\n',
    `Each option is also an environment variable, ${environmentVariable('calls-per-minute')} for --calls-per-minute; a flag beats it.`,
    "The operator's own credentials: ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and, for an STS token, ALIBABA_CLOUD_SECURITY_TOKEN;",
    'or, for RRSA, ALIBABA_CLOUD_ROLE_ARN, ALIBABA_CLOUD_OIDC_PROVIDER_ARN and ALIBABA_CLOUD_OIDC_TOKEN_FILE.',
    'Exit codes: 0 stopped as asked, 1 failed, 2 bad options.',
  ].join('\n');
}

function readFlags(args: readonly string[]): { values: Map<Flag, string>; errors: string[] } {
  const options = Object.fromEntries(
    FLAGS.map((flag) => [flag, { type: isSwitch(flag) ? 'boolean' : 'string' } as const]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<Flag, string>();
  const errors: string[] = [];
  for (const token of tokens) {
    // Not repeated: it may be a secret that somebody meant to hand over.
    if (token.kind === 'positional')
      errors.push(`argument ${token.index + 1} is no option; write --option=value`);
    if (token.kind !== 'option') continue;
    const flag = FLAGS.find((known) => known === token.name);
    const value = token.value ?? (flag && isSwitch(flag) ? 'true' : undefined);
    if (!flag) errors.push(`${token.rawName}: no such option; --help lists them`);
    else if (value === undefined)
      errors.push(`--${flag}: needs a value, as in --${flag}=${OPTIONS[flag].value}`);
    else values.set(flag, value);
  }
  return { values, errors };
}

/** Given without a value, it is true. */
function isSwitch(flag: Flag): boolean {
  return OPTIONS[flag].value === 'true|false';
}

/** Among those values that are good by themselves. */
function contradictions(config: Partial<Config>): string[] {
  const { interval, 'min-interval': least, 'insecure-endpoint': allowInsecure } = config;
  const errors: string[] = [];
  if (interval !== undefined && least !== undefined && interval < least)
    errors.push(
      `--interval: ${formatDuration(interval)} is below the ${formatDuration(least)} of --min-interval`,
    );
  for (const flag of ['endpoint', 'sts-endpoint'] as const)
    if (isExposed(config[flag]) && allowInsecure === false)
      errors.push(
        `--${flag}: plain HTTP is for loopback only; use https, or --insecure-endpoint if you must`,
      );
  if (config['redis-url'] !== undefined && config['shard-count'] === 1)
    errors.push('--redis-url: needs --shard-count, the number of operators that share the budgets');
  return [...errors, ...nameContradictions(config), ...leaseContradictions(config)];
}

function nameContradictions({ shard, 'lease-name': name }: Partial<Config>): string[] {
  if (name === undefined || leaseNameOf(name, shard).length <= parse.LONGEST_OBJECT_NAME) return [];
  return [`--lease-name: with --shard it is longer than ${parse.LONGEST_OBJECT_NAME} characters`];
}

/** A leader must have stopped before others begin, and must have tried more than once before it stops. */
function leaseContradictions(config: Partial<Config>): string[] {
  const ascending = ['retry-period', 'renew-deadline', 'lease-duration'] as const;
  return ascending.slice(1).flatMap((longer, index) => {
    const shorter = ascending[index] as (typeof ascending)[number];
    const [short, long] = [config[shorter], config[longer]];
    if (short === undefined || long === undefined || short < long) return [];
    return `--${shorter}: ${formatDuration(short)} is not below the ${formatDuration(long)} of --${longer}`;
  });
}

function isExposed(endpoint: Endpoint | 'none' | undefined): boolean {
  return typeof endpoint === 'object' && endpoint.protocol === 'http' && !isLoopback(endpoint);
}

/** Likely misspelt; Kubernetes itself sets `…_SERVICE_…` and `…_PORT…` for a Service of a like name. */
function unknownVariables(environment: Environment): string[] {
  const known = new Set(FLAGS.map(environmentVariable));
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name) && !/_(SERVICE|PORT)(_|$)/.test(name))
    .map((name) => `${name} is no option of this operator`);
}

function option<T, D extends string | undefined = undefined>(
  given: Omit<Option<T>, 'default'> & { readonly default?: D },
): Option<T> & { readonly default: D } {
  return { ...given, default: given.default as D };
}
