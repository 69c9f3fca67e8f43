/**
 * Reads the table of bounds in docs/security.md, and compares each row with the code that holds the bound.
 */

/** One row of the table, with the text of its cells. */
export interface Bound {
  readonly border: string;
  readonly what: string;
  readonly bound: string;
  readonly holder: string;
}

const HEAD = '| border | what is bounded | bound | per | beyond it | constant |';

/** The units of a bound, in bytes or ms. */
const UNITS: Readonly<Record<string, number>> = {
  bytes: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 60 * 60_000,
};

/** Holders of a bound that no constant of ours expresses. */
const ELSEWHERE: readonly string[] = ['Node.js', 'the API server', 'the CRD'];

export function boundsIn(page: string): Bound[] {
  return rowsBelow(HEAD, page).map(([border = '', what = '', bound = '', , , holder = '']) => ({
    border,
    what,
    bound,
    holder,
  }));
}

/** Returns the cells of each row of the table with this head. */
export function rowsBelow(head: string, page: string): string[][] {
  const cellsOf = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const start = page.indexOf(head);
  if (start < 0) throw new Error(`the page has no table with the head ${head}`);
  const table = page.slice(start).split('\n\n', 1)[0] as string;
  const rows = table.trimEnd().split('\n').slice(2).map(cellsOf);
  const columns = cellsOf(head).length;
  const odd = rows.find((cells) => cells.length !== columns);
  if (odd) throw new Error(`a row has not ${columns} cells: ${odd.join(' | ')}`);
  return rows;
}

/**
 * Says what is wrong with a row; undefined if the code holds the bound that the row names.
 *
 * @param textOf the text of a source file, undefined if there is none
 */
export function problemOf(row: Bound, textOf: (path: string) => string | undefined): string | undefined {
  const bound = amountOf(row.bound);
  if (bound === undefined) return `the bound ${JSON.stringify(row.bound)} is no number with a known unit`;
  if (ELSEWHERE.includes(row.holder)) return undefined;
  const { path, name } =
    /^(pattern in )?`(?<path>src\/\S+\.ts)( (?<name>[\w.]+))?`$/.exec(row.holder)?.groups ?? {};
  const text = path && textOf(path);
  if (!text) return `${row.holder} names no source file`;
  if (!name) return text.includes(`,${bound}}`) ? undefined : `no pattern in ${path} has the bound ${bound}`;
  const held = constantIn(text, name);
  if (held === undefined) return `${path} has no constant ${name} that is a number`;
  const inItsUnit = /SECONDS$/.test(name) ? held * 1_000 : held;
  return inItsUnit === bound ? undefined : `${name} in ${path} is ${held}, not ${row.bound}`;
}

/** `2 MiB`, `1,000` or `0.5`, in bytes, ms or as it is. */
export function amountOf(text: string): number | undefined {
  const [, digits = '', unit] = /^(\d{1,3}(?:,\d{3})*(?:\.\d+)?)(?: ([a-zA-Z]+))?$/.exec(text) ?? [];
  const factor = unit === undefined ? 1 : UNITS[unit];
  return digits === '' || factor === undefined ? undefined : Number(digits.replaceAll(',', '')) * factor;
}

/** The value of `const NAME = 2 * 2 ** 20;`, or of a member of `const NAME = { … }` for `NAME.member`. */
export function constantIn(text: string, name: string): number | undefined {
  const [constant = '', member] = name.split('.');
  const after = new RegExp(`^(?:export )?const ${constant}(?:: [^=]+)? = `, 'm').exec(text);
  if (!after) return undefined;
  const rest = text.slice(after.index + after[0].length);
  if (member === undefined) return evaluated(/^([^;]*);/.exec(rest)?.[1]);
  const object = /^\{([^}]*)\}/.exec(rest)?.[1] ?? '';
  return evaluated(new RegExp(`(?:^|[\\s,])${member}: ([^,}\\n]+)`).exec(object)?.[1]);
}

/** Evaluates digits with `*`, `/`, `+` and `**`. */
function evaluated(expression: string | undefined): number | undefined {
  if (expression === undefined || !/^\d[\d_.\s*/+]*$/.test(expression)) return undefined;
  return Number(Function(`return ${expression}`)());
}
