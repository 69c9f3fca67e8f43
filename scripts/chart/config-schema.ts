/**
 * The section `config` of the chart's values, made of the operator's own table of options: names in
 * camelCase, and a JSON schema of what each accepts.
 */
import { type Flag, OPTIONS, type Option } from '../../src/config/options.ts';
import type { Accepts, Described } from '../../src/config/parsers.ts';

/**
 * Options that are not in `config`, each with the path of the value that sets it. Undefined: the chart
 * decides, or a pod has one right value.
 */
const SET_ELSEWHERE: { readonly [F in Flag]?: string | undefined } = {
  kubeconfig: undefined,
  namespaces: 'watchNamespaces',
  credentials: undefined,
  'leader-elect': undefined,
  'lease-namespace': undefined,
  'lease-name': undefined,
  'lease-duration': 'leaderElection.leaseDuration',
  'renew-deadline': 'leaderElection.renewDeadline',
  'retry-period': 'leaderElection.retryPeriod',
  shard: 'shard.name',
  'shard-count': 'shard.count',
  'redis-url': undefined,
  'http-address': undefined,
  'page-address': undefined,
  'page-namespaces': 'page.namespaces',
};

export interface ConfigValue {
  readonly flag: Flag;
  /** Its name in values.yaml, such as `callsPerMinute`. */
  readonly name: string;
  /** The operator's default; undefined: none. */
  readonly default: string | undefined;
  readonly text: string;
  /** JSON schema of the value. */
  readonly schema: object;
}

/** Returns the options that `config` has, in the order of the table. */
export function configValues(): ConfigValue[] {
  const flags = (Object.keys(OPTIONS) as Flag[]).filter((flag) => !(flag in SET_ELSEWHERE));
  return flags.map((flag) => {
    const { default: byDefault, text } = OPTIONS[flag] as Option<unknown>;
    const schema = schemaOf(acceptsOf(flag));
    // The chart takes a YAML list and joins it.
    const textOfValue = text.replace(/^comma-separated /, '');
    return { flag, name: camelCase(flag), default: byDefault, text: textOfValue, schema };
  });
}

/** Returns the path of the value that sets the option, such as `config.interval`; undefined: none does. */
export function pathOf(flag: Flag): string | undefined {
  return flag in SET_ELSEWHERE ? SET_ELSEWHERE[flag] : `config.${camelCase(flag)}`;
}

/** Returns what the operator's parser of the option says that it accepts. */
export function acceptsOf(flag: Flag): Accepts | undefined {
  return (OPTIONS[flag].parse as Partial<Described<unknown>>).accepts;
}

/** Returns the JSON schemas of the values that set options outside of `config`, by path. */
export function schemasElsewhere(): [path: string, schema: object][] {
  return (Object.keys(SET_ELSEWHERE) as Flag[]).flatMap((flag) => {
    const path = pathOf(flag);
    const schema = schemaOf(acceptsOf(flag));
    if (path === undefined) return [];
    // Their defaults in values.yaml are empty: the operator's own default then holds.
    return [
      [path, 'type' in schema && schema.type !== 'string' ? schema : { anyOf: [{ const: '' }, schema] }],
    ];
  });
}

/** Returns the JSON schema of `config`. It refers to `#/$defs/duration`. */
export function configSchema(): object {
  const properties = configValues().map(({ name, text, schema }) => [name, { description: text, ...schema }]);
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) };
}

function schemaOf(accepts: Accepts | undefined): object {
  if (accepts === undefined) return { type: 'string', minLength: 1 };
  switch (accepts.kind) {
    case 'duration':
      return { $ref: '#/$defs/duration' };
    case 'boolean':
      return { type: 'boolean' };
    case 'list':
      return { type: 'array', uniqueItems: true, items: { type: 'string', pattern: accepts.items.source } };
    case 'text':
      return { type: 'string', pattern: accepts.pattern.source, maxLength: accepts.longest };
    case 'choice':
      return { enum: accepts.values };
    default:
      return { type: accepts.kind, minimum: accepts.least, maximum: accepts.most };
  }
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
