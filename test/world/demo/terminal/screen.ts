// What the demo prints: narration, commands with their output, and the rows of the table between them.

import { styleText } from 'node:util';
import { wrap } from './text.ts';

// A comfortable measure for reading, and room for it in most windows.
const WIDEST_PROSE = 100;
const INDENT = '  ';
const OUTPUT_INDENT = '    ';
// As kubectl has it.
const GAP = '   ';

type Style = Parameters<typeof styleText>[0];

/** What is written to: standard output, or a string in a test. */
export type Output = {
  readonly columns?: number;
  hasColors?(): boolean;
  write(text: string): unknown;
};

const CELL_STYLES: Readonly<Record<string, Style>> = {
  True: 'green',
  Running: 'green',
  False: 'red',
  NotFound: 'red',
  Unknown: 'yellow',
};

export class Screen {
  readonly #output: Output;
  readonly #colours: boolean;
  /** Rows that came while a command ran: its output goes first. */
  #held: string[] | undefined;
  #headerIsDue = true;

  constructor(output: Output) {
    this.#output = output;
    // Only a terminal has this method, which knows NO_COLOR too.
    this.#colours = output.hasColors?.() === true;
  }

  /** What this is. */
  title(text: string): void {
    this.#print(this.#styled('bold', text));
  }

  /** The start of a part. The table has its titles again in each. */
  heading(text: string): void {
    this.#print('');
    this.#print(this.#styled('bold', text));
    this.#headerIsDue = true;
  }

  /** A paragraph. */
  say(text: string): void {
    this.#print('');
    this.#printWrapped(text, '');
  }

  /** A short line that says what came out. */
  result(text: string): void {
    this.#printWrapped(text, `${INDENT}=> `);
  }

  /** A line that is not to be broken. */
  item(text: string): void {
    this.#print(`${INDENT}${text}`);
  }

  /** Commands for the reader to run. */
  toPaste(commands: readonly string[]): void {
    for (const command of commands) this.#print(`${OUTPUT_INDENT}${this.#styled('cyan', command)}`);
  }

  /** Text as it is. */
  block(text: string): void {
    this.#print('');
    this.#print(text);
  }

  blank(): void {
    this.#print('');
  }

  /** A command and, once `run` has resolved with it, its output. */
  async command(text: string, run: () => Promise<string>): Promise<void> {
    this.#print('');
    this.#print(`${INDENT}${this.#styled('dim', '$')} ${this.#styled('cyan', text)}`);
    this.#held = [];
    try {
      const output = (await run()).trim();
      if (output !== '') this.#printWrapped(output, OUTPUT_INDENT);
    } finally {
      const rows = this.#held;
      this.#held = undefined;
      for (const row of rows) this.#print(row);
    }
  }

  /** A row of the table; before the first of each part, its titles. */
  row(cells: readonly string[], header: readonly string[], remark = ''): void {
    if (this.#headerIsDue) this.#printRow(header.map((cell) => this.#styled('bold', cell)));
    this.#headerIsDue = false;
    const styled = cells.map((cell) => this.#styled(CELL_STYLES[cell.trim()], cell));
    this.#printRow(remark === '' ? styled : [...styled, remark]);
  }

  #printRow(cells: readonly string[]): void {
    const row = `${INDENT}${cells.join(GAP).trimEnd()}`;
    if (this.#held === undefined) this.#print(row);
    else this.#held.push(row);
  }

  #printWrapped(text: string, indent: string): void {
    const width = Math.min(this.#output.columns || WIDEST_PROSE, WIDEST_PROSE) - indent.length;
    const [first = '', ...rest] = wrap(text, width);
    this.#print(`${indent}${first}`);
    for (const each of rest) this.#print(`${' '.repeat(indent.length)}${each}`);
  }

  #styled(style: Style | undefined, text: string): string {
    if (style === undefined || !this.#colours) return text;
    return styleText(style, text, { validateStream: false });
  }

  #print(text: string): void {
    this.#output.write(`${text}\n`);
  }
}
