/**
 * The tables of the chart's README: the values of values.yaml with their comments, and the options of
 * `config`.
 */
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { configValues } from './config-schema.ts';

const BEGIN = '<!-- made by npm run chart -->';
const END = '<!-- end -->';

/** Returns the page with both tables in their places. */
export function withTables(page: string, values: string): string {
  const [head = '', , tail = ''] = page.split(new RegExp(`${BEGIN}|${END}`));
  return [head, BEGIN, `\n\n${valuesTable(values)}\n\n${configTable()}\n\n`, END, tail].join('');
}

function valuesTable(values: string): string {
  const document = parseDocument(values);
  const rows = rowsOf(document.contents as YAMLMap, '');
  return ['| value | default | |', '|---|---|---|', ...rows].join('\n');
}

function configTable(): string {
  const rows = configValues().map(
    ({ name, flag, default: byDefault, text }) =>
      `| \`config.${name}\` | ${byDefault === undefined ? '' : `\`${byDefault}\``} | ${escaped(text)} (\`--${flag}\`) |`,
  );
  return ['| option | default of the operator | |', '|---|---|---|', ...rows].join('\n');
}

/** A row for each value. A map whose members have comments is a row for each member. */
function rowsOf(map: YAMLMap, prefix: string): string[] {
  return map.items.flatMap((pair, index) => {
    const name = `${prefix}${String(pair.key)}`;
    // The parser gives the comment above the first member to the map.
    const comment = commentOf(pair) ?? (index === 0 && prefix !== '' ? map.commentBefore : undefined);
    const text = escaped(lastParagraph(comment ?? ''));
    if (!isMap(pair.value) || !isCommented(pair.value)) return [row(name, defaultOf(pair.value), text)];
    const own = text === '' ? [] : [row(name, '', `**${text}**`)];
    return [...own, ...rowsOf(pair.value, `${name}.`)];
  });
}

function row(name: string, byDefault: string, text: string): string {
  return `| \`${name}\` | ${byDefault} | ${text} |`;
}

function isCommented(map: YAMLMap): boolean {
  return (
    Boolean(map.commentBefore) || map.items.some((pair) => commentOf(pair) || isCommentedMap(pair.value))
  );
}

function isCommentedMap(value: unknown): boolean {
  return isMap(value) && isCommented(value);
}

function commentOf({ key }: Pair): string | undefined {
  return isScalar(key) ? (key.commentBefore ?? undefined) : undefined;
}

function defaultOf(value: unknown): string {
  const plain = (value as { toJSON(): unknown }).toJSON();
  return plain === '' ? '' : `\`${JSON.stringify(plain)}\``;
}

/** Leaves out the head of the file, which the parser gives to the first value. */
function lastParagraph(comment: string): string {
  return comment.split(/\n\s*\n/).at(-1) ?? '';
}

/** One line, as a cell of a table. */
function escaped(text: string): string {
  return text
    .trim()
    .replaceAll(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|');
}
