/**
 * What the API server would refuse of a status, by the schema of the CRD: types, required fields,
 * lists of values, bounds, patterns, formats and keys of lists. `written-statuses.ts` asks a real API server.
 */
import { readCrd, type Schema, schemaAt } from '../../guards/deploy/manifests.ts';

type Whole = Schema & {
  readonly minLength?: number;
  readonly minimum?: number;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
};

const STATUS = schemaAt(readCrd(), 'status') as Whole;

/** etcd takes an object of 1.5 MiB. A status takes far less, as the object has room for the user's fields. */
const LONGEST_STATUS = 256 * 1_024;

/** @throws when the API server would refuse the status */
export function expectAccepted(status: unknown): void {
  const text = JSON.stringify(status);
  const problems = problemsOf(STATUS, JSON.parse(text), 'status');
  if (Buffer.byteLength(text) > LONGEST_STATUS) problems.push('status is too long');
  if (problems.length > 0) throw new Error(`the API server refuses ${problems.join('; ')}`);
}

function problemsOf(schema: Whole, value: unknown, path: string): string[] {
  switch (schema.type) {
    case 'object':
      return isFields(value) ? ofFields(schema, value, path) : [`${path}: no object`];
    case 'array':
      return Array.isArray(value) ? ofItems(schema, value, path) : [`${path}: no list`];
    case 'integer':
      return Number.isSafeInteger(value) && (value as number) >= (schema.minimum ?? Number.NEGATIVE_INFINITY)
        ? []
        : [`${path}: ${value}`];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [`${path}: neither true nor false`];
    default:
      return typeof value === 'string' ? ofText(schema, value, path) : [`${path}: no text`];
  }
}

function ofFields(
  { properties = {}, required = [] }: Whole,
  fields: Record<string, unknown>,
  path: string,
): string[] {
  const lacking = required
    .filter((name) => fields[name] === undefined)
    .map((name) => `${path}.${name}: lacks`);
  const wrong = Object.entries(fields).flatMap(([name, value]) => {
    const schema = Object.hasOwn(properties, name) ? properties[name] : undefined;
    // A field of a newer operator is kept, and dropped where the schema does not know it.
    return schema ? problemsOf(schema, value, `${path}.${name}`) : [];
  });
  return [...lacking, ...wrong];
}

function ofItems(schema: Whole, items: readonly unknown[], path: string): string[] {
  const wrong = items.flatMap((item, index) => problemsOf(schema.items ?? schema, item, `${path}[${index}]`));
  const names = schema['x-kubernetes-list-map-keys'];
  if (!names) return wrong;
  const keys = items.map((item) =>
    JSON.stringify(names.map((name) => (item as Record<string, unknown>)[name])),
  );
  return new Set(keys).size === keys.length ? wrong : [...wrong, `${path}: a key twice`];
}

function ofText(schema: Whole, text: string, path: string): string[] {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern, format } = schema;
  // The API server counts code points.
  const length = [...text].length;
  const isWrong =
    length < minLength ||
    length > maxLength ||
    (schema.enum && !schema.enum.includes(text)) ||
    (pattern && !new RegExp(pattern).test(text)) ||
    (format === 'date-time' && !isDateTime(text));
  return isWrong ? [`${path}: ${JSON.stringify(text.slice(0, 80))}`] : [];
}

/** Reads a text as kube-openapi's `IsDateTime` does: a day that exists, and a time with a zone. */
function isDateTime(text: string): boolean {
  const [, day, time] = /^(\d{4}-\d\d-\d\d)t(.*)$/.exec(text.toLowerCase()) ?? [];
  if (day === undefined || time === undefined) return false;
  const date = new Date(`${day}T00:00:00Z`);
  const isDay = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
  const [, hour = '', minute = '', second = ''] =
    /^(\d\d):(\d\d):(\d\d)(?:.\d+)?(?:z|[+-]\d\d:\d\d)$/.exec(time) ?? [];
  return isDay && hour !== '' && hour <= '23' && minute <= '59' && second <= '59';
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
