/**
 * The section `config` of the chart's values, made of the operator's own table of options: names in
 * camelCase, and a JSON schema of what each accepts.
 */
import { type Flag, OPTIONS, type Option } from '../../src/config/options.ts';
import type { Accepts, Described } from '../../src/config/parsers.ts';

/** Options that a section of their own sets, or that have one right value in a pod. */
const SET_ELSEWHERE: readonly Flag[] = [
  'kubeconfig',
  'namespaces',
  'credentials',
  'leader-elect',
  'lease-namespace',
  'lease-name',
  'lease-duration',
  'renew-deadline',
  'retry-period',
  'shard',
  'shard-count',
  'redis-url',
  'http-address',
  'page-address',
  'page-namespaces',
];

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
  const flags = (Object.keys(OPTIONS) as Flag[]).filter((flag) => !SET_ELSEWHERE.includes(flag));
  return flags.map((flag) => {
    const { default: byDefault, text, parse } = OPTIONS[flag] as Option<unknown>;
    const schema = schemaOf((parse as Partial<Described<unknown>>).accepts);
    // The chart takes a YAML list and joins it.
    const textOfValue = text.replace(/^comma-separated /, '');
    return { flag, name: camelCase(flag), default: byDefault, text: textOfValue, schema };
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
      return { type: 'array', items: { type: 'string', minLength: 1 } };
    case 'choice':
      return { enum: accepts.values };
    default:
      return { type: accepts.kind, minimum: accepts.least, maximum: accepts.most };
  }
}

function camelCase(flag: string): string {
  return flag.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
