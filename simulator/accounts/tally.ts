/** Counts by name and by code, of names that clients make up too: memory is bounded. */

/** More names than any test has jobs, at about 100 bytes each. */
const MOST_NAMES = 100_000;

const OTHERS = '(others)';

export type CodeCounts = Map<string, number>;

export function increment(counts: Map<string, number>, name: string): void {
  const counted = nameFor(counts, name);
  counts.set(counted, (counts.get(counted) ?? 0) + 1);
}

/** The entry of this name, made where there is none. */
export function entry<Value>(entries: Map<string, Value>, name: string, create: () => Value): Value {
  const counted = nameFor(entries, name);
  const value = entries.get(counted) ?? create();
  entries.set(counted, value);
  return value;
}

export function codeCounts(): CodeCounts {
  return new Map();
}

export function sumOf(counts: CodeCounts): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}

/** Converts a map to an object and each value by `to`. */
export function mapValues<From, To>(
  map: ReadonlyMap<string, From>,
  to: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries([...map].map(([name, value]) => [name, to(value)]));
}

function nameFor(entries: ReadonlyMap<string, unknown>, name: string): string {
  return entries.has(name) || entries.size < MOST_NAMES ? name : OTHERS;
}
