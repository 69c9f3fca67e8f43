/** How results are written: tables like kubectl's, JSON, YAML and names. */
import { styleText } from 'node:util';
import { dump } from 'js-yaml';
import { GROUP, KIND } from '../../api/edge-transcode-job.ts';
import { printable } from '../../base/foreign-text.ts';

export const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const;
export type Format = (typeof FORMATS)[number];

export type Style = Parameters<typeof styleText>[0];

/** A cell of a table; foreign text is made printable when it is written. */
export interface Cell {
  readonly text: string;
  /** Shown on terminals only. */
  readonly style?: Style | undefined;
}

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Where a command writes. */
export interface Output {
  /** Writes text and a line's end to standard output. */
  print(text: string): void;
  /** Writes a sentence for people to standard error. */
  note(text: string): void;
  /** Writes text in a style, where the terminal shows it. */
  styled(style: Style, text: string): string;
  /** Columns of the terminal. Undefined: not a terminal. */
  readonly columns: number | undefined;
}

/** Writes to the streams of the process. `styleText` obeys NO_COLOR, FORCE_COLOR and what the stream is. */
export function processOutput({ stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>): Output {
  return {
    print: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    styled: (style, text) => styleText(style, text, { stream: stdout }),
    columns: stdout.isTTY ? stdout.columns : undefined,
  };
}

/** Space between two columns, as kubectl has it. */
const GAP = 3;

/** Least room in which the last column continues below itself. An ID of 36 characters fits. */
const LEAST_LAST = 40;

/**
 * Writes a table like kubectl's, one string for each line. Nothing is cut: where the terminal ends, the last
 * column continues below itself, and in a narrow terminal the terminal breaks the lines.
 *
 * @param widths of the columns, which become wider where a text needs it. For lines that follow others
 */
export function tableLines(
  { head, rows }: Table,
  { styled, columns }: Pick<Output, 'styled' | 'columns'>,
  widths: number[] = [],
): string[] {
  const all = [head.map((text): Cell => ({ text })), ...rows].map((row) =>
    row.map(({ text, style }) => ({ text: printable(text), style })),
  );
  const last = head.length - 1;
  for (const row of all)
    for (const [column, { text }] of row.slice(0, last).entries())
      widths[column] = Math.max(widths[column] ?? 0, widthOf(text) + GAP);
  const taken = widths.reduce((sum, width) => sum + width, 0);
  const left = (columns ?? Number.POSITIVE_INFINITY) - taken;
  const room = left < LEAST_LAST ? Number.POSITIVE_INFINITY : left;
  const lineOf = (row: readonly Cell[]) =>
    row
      .map(({ text, style }, column) => {
        const padding = column === last ? '' : ' '.repeat((widths[column] ?? 0) - widthOf(text));
        return `${style ? styled(style, text) : text}${padding}`;
      })
      .join('')
      .trimEnd();
  return all.flatMap((row) => {
    const { text = '', style } = row[last] ?? {};
    const [first = '', ...others] = wrapped(text, room);
    const line = lineOf([...row.slice(0, last), { text: first, style }]);
    return [line, ...others.map((other) => `${' '.repeat(taken)}${other}`)];
  });
}

/** Lines of whole words. A word that is longer than a line has a line of its own. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line !== undefined && widthOf(`${line} ${word}`) <= room) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Characters that a terminal shows in two columns: those of East Asia, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}\p{Emoji_Presentation}]/u;

/** Columns of the terminal that a text takes. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) ? 2 : /\p{M}/u.test(character) ? 0 : 1;
  return width;
}

/** What a terminal obeys instead of showing it; JSON leaves most of it as it is. */
const UNPRINTABLE = /[\p{Cf}\p{Zl}\p{Zp}\u007f-\u009f]/gu;

/** Writes JSON that loses nothing, and that a terminal shows without obeying it. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, undefined, 4).replace(UNPRINTABLE, (character) =>
    Array.from(
      { length: character.length },
      (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

/** Writes YAML. What a terminal would obey becomes U+FFFD. */
export function yamlText(value: unknown): string {
  // Through JSON, so that undefined fields are left out.
  return dump(JSON.parse(JSON.stringify(value)), { lineWidth: -1 })
    .trimEnd()
    .split('\n')
    .map(printable)
    .join('\n');
}

/** Writes the name of an object as `-o name` gives it, for other commands of kubectl. */
export function resourceName(name: string): string {
  return printable(`${KIND.toLowerCase()}.${GROUP}/${name}`);
}
