/**
 * Reads the options from flags, environment variables and defaults, and validates each value and all values
 * together. It returns all mistakes at once.
 */
import { parseArgs } from 'node:util';
import { leaseNameOf } from '../api/shard.ts';
import { formatDuration } from '../base/duration.ts';
import { type Config, type Flag, OPTIONS, type Option } from './options.ts';
import { LONGEST_OBJECT_NAME } from './parsers.ts';
import { isPlainHttp } from './warnings.ts';

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

/** Reads all options. A flag beats its environment variable, which beats the default. */
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
    'Exit codes: 0 stopped on request, 1 failed, 2 bad options.',
  ].join('\n');
}

function readFlags(args: readonly string[]): { values: Map<Flag, string>; errors: string[] } {
  const options = Object.fromEntries(
    FLAGS.map((flag) => [flag, { type: isSwitch(flag) ? 'boolean' : 'string' } as const]),
  );
  const { tokens } = parseArgs({
    // It would take each letter behind a single dash for an option. No value begins with a dash.
    args: args.map((each) => (/^-[^-]/.test(each) ? ` ${each}` : each)),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<Flag, string>();
  const errors: string[] = [];
  for (const token of tokens) {
    // The argument is not repeated: it may be a secret that lost its flag.
    if (token.kind === 'positional')
      errors.push(`argument ${token.index + 1} is not an option; write --option=value`);
    if (token.kind !== 'option') continue;
    const flag = FLAGS.find((known) => known === token.name);
    const value = token.value ?? (flag && isSwitch(flag) ? 'true' : undefined);
    if (!flag) errors.push(`${nameIn(token.rawName)}: no such option; --help lists them`);
    else if (value === undefined)
      errors.push(`--${flag}: needs a value, as in --${flag}=${OPTIONS[flag].value}`);
    else values.set(flag, value);
  }
  return { values, errors };
}

/** Cuts what is not part of a name: a value that lost its `=` may be a URL with a password. */
function nameIn(argument: string): string {
  return /^[\w-]{0,64}/.exec(argument)?.[0] ?? '';
}

/** Whether the flag alone, without a value, means true. */
function isSwitch(flag: Flag): boolean {
  return OPTIONS[flag].value === 'true|false';
}

/** Returns the mistakes that only show when several valid values are read together. */
function contradictions(config: Partial<Config>): string[] {
  const { interval, 'min-interval': least, 'insecure-endpoint': allowInsecure } = config;
  const errors: string[] = [];
  if (interval !== undefined && least !== undefined && interval < least)
    errors.push(
      `--interval: ${formatDuration(interval)} is below the ${formatDuration(least)} of --min-interval`,
    );
  for (const flag of ['endpoint', 'sts-endpoint'] as const)
    if (isPlainHttp(config[flag]) && allowInsecure === false)
      errors.push(
        `--${flag}: plain HTTP is for loopback only; use https, or --insecure-endpoint if you must`,
      );
  if (config['redis-url'] !== undefined && config['shard-count'] === 1)
    errors.push('--redis-url: needs --shard-count, the number of operators that share the budgets');
  return [...errors, ...nameContradictions(config), ...leaseContradictions(config)];
}

function nameContradictions({ shard, 'lease-name': name }: Partial<Config>): string[] {
  if (name === undefined || leaseNameOf(name, shard).length <= LONGEST_OBJECT_NAME) return [];
  return [`--lease-name: with --shard it is longer than ${LONGEST_OBJECT_NAME} characters`];
}

/** A leader has to stop before another begins, and to try more than once before it stops. */
function leaseContradictions(config: Partial<Config>): string[] {
  const ascending = ['retry-period', 'renew-deadline', 'lease-duration'] as const;
  return ascending.slice(1).flatMap((longer, index) => {
    const shorter = ascending[index] as (typeof ascending)[number];
    const [short, long] = [config[shorter], config[longer]];
    if (short === undefined || long === undefined || short < long) return [];
    return `--${shorter}: ${formatDuration(short)} is not below the ${formatDuration(long)} of --${longer}`;
  });
}

/**
 * Variables that are likely misspelt. Kubernetes sets `…_SERVICE_…` and `…_PORT…` for a Service with a
 * similar name.
 */
function unknownVariables(environment: Environment): string[] {
  const known = new Set(FLAGS.map(environmentVariable));
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !known.has(name) && !/_(SERVICE|PORT)(_|$)/.test(name))
    .map((name) => `${name} is not an option; --help lists the options and their variables`);
}
