/**
 * Reads the table of promised times in docs/reference.md, and adds up the constants that each row names.
 */
import { parseDuration } from '../../../src/base/duration.ts';
import { amountOf, constantIn, rowsBelow } from '../bounds.ts';

/** One row of the table, with the text of its cells. */
export interface Promised {
  readonly promise: string;
  readonly within: string;
  /** Terms with ` + ` between them. */
  readonly sum: string;
  readonly condition: string;
  readonly tests: string;
  readonly beyond: string;
}

/** What the rows refer to. */
export interface Sources {
  /** The text of a file of the repository, undefined if there is none. */
  readonly textOf: (path: string) => string | undefined;
  /** The default of an option by its name without dashes, undefined if there is no such option or default. */
  readonly defaultOf: (option: string) => string | undefined;
  /** The names of all metrics. */
  readonly metrics: readonly string[];
}

const HEAD = '| promise | within | adds up | holds for | shown by | beyond that |';

export function promisesIn(page: string): Promised[] {
  return rowsBelow(HEAD, page).map(
    ([promise = '', within = '', sum = '', condition = '', tests = '', beyond = '']) => ({
      promise,
      within,
      sum,
      condition,
      tests,
      beyond,
    }),
  );
}

/** Says what is wrong with a row: nothing if the code keeps the promise. */
export function problemsOf(row: Promised, sources: Sources): string[] {
  return [
    ...problemsOfSum(row, sources),
    ...problemsOfTests(row.tests, sources.textOf),
    ...problemsOfEnd(row, sources),
  ];
}

/** The times that a text promises, such as `30 s` in `within 30 s` and in `30 s at most`. */
export function timesIn(text: string): string[] {
  const amount = /(?<digits>\d[\d.,]*)\s+(?<unit>ms|s|min|minutes?|h|hours?)/.source;
  const promised = [
    `\\b(?:within|at\\s+most)\\s+(?:about\\s+)?${amount}\\b`,
    `\\b${amount}\\s+at\\s+most\\b`,
  ];
  const found = promised.flatMap((pattern) => [...text.matchAll(new RegExp(pattern, 'g'))]);
  return found.map(({ groups }) => `${groups?.digits} ${UNITS[groups?.unit ?? ''] ?? groups?.unit}`);
}

const UNITS: Readonly<Record<string, string>> = { minute: 'min', minutes: 'min', hour: 'h', hours: 'h' };

function problemsOfSum({ within, sum }: Promised, sources: Sources): string[] {
  const promised = amountOf(within);
  if (promised === undefined) return [`${JSON.stringify(within)} is no time`];
  const terms = sum.split(' + ').map((term) => [term, productOf(term, sources)] as const);
  const unknown = terms.filter(([, value]) => value === undefined).map(([term]) => `${term} is no time`);
  if (unknown.length > 0) return unknown;
  const total = terms.reduce((all, [, value]) => all + (value ?? 0), 0);
  return total === promised ? [] : [`the terms add up to ${total} ms, not to ${within}`];
}

/** A product in ms, such as `1.5 × constant` or `7 s for two calls`. */
function productOf(term: string, sources: Sources): number | undefined {
  const factors = term.split(' × ').map((factor) => factorOf(factor, sources));
  return factors.includes(undefined) ? undefined : factors.reduce<number>((a, b) => a * (b ?? 0), 1);
}

function factorOf(factor: string, { textOf, defaultOf }: Sources): number | undefined {
  const { path = '', name = '' } = /^`(?<path>src\/\S+\.ts) (?<name>[\w.]+)`$/.exec(factor)?.groups ?? {};
  if (name) return constantIn(textOf(path) ?? '', name);
  const option = /^`--([a-z-]+)`$/.exec(factor)?.[1];
  if (option === undefined) return amountOf(/^[\d.,]+( (ms|s|min|h)\b)?/.exec(factor)?.[0] ?? '');
  const byDefault = defaultOf(option) ?? '';
  return amountOf(byDefault) ?? parseDuration(byDefault);
}

/** Says what is wrong with a cell that names tests, each by its file and a part of its title. */
export function problemsOfTests(tests: string, textOf: Sources['textOf']): string[] {
  const named = [...tests.matchAll(/`(test\/\S+\.ts)` "([^"]+)"/g)];
  if (named.length === 0) return ['names no test'];
  return named.flatMap(([, path = '', title = '']) =>
    textOf(path)?.includes(title) ? [] : [`${path} has no test "${title}"`],
  );
}

function problemsOfEnd({ condition, beyond }: Promised, { metrics }: Sources): string[] {
  const named = [...beyond.matchAll(/`(edgetranscode_\w+)/g)].map(([, name = '']) => name);
  const unknown = named.filter((name) => !metrics.includes(name)).map((name) => `${name} is no metric`);
  if (condition === '') unknown.push('does not say for what the promise holds');
  return named.length === 0 ? [...unknown, 'names no metric for what comes later than promised'] : unknown;
}
