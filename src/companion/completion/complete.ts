/**
 * Candidates for the word under the cursor, by the protocol that kubectl uses for plugins: a candidate in
 * each line, with a tab before its description, and at the end a colon and what the shell may do besides
 * (https://pkg.go.dev/github.com/spf13/cobra#ShellCompDirective).
 */
import type { Command, Option } from 'commander';
import type { Candidates, Line } from './candidates.ts';

/** Lets the shell complete names of files. */
const FILES = ':0';

/** Keeps the shell from completing names of files. */
const NO_FILES = ':4';

interface Parsed {
  readonly line: Line;
  /** Long names of the options that are there already. */
  readonly used: ReadonlySet<string>;
  /** The option whose value is the word under the cursor. */
  readonly open: Option | undefined;
}

/**
 * @param words after `kubectl etj`; the last one is under the cursor, and may be empty
 * @returns lines to print
 */
export async function complete(
  program: Command,
  words: readonly string[],
  candidates: Candidates,
): Promise<string[]> {
  const [name = '', ...rest] = words;
  const word = words.at(-1) ?? '';
  if (words.length <= 1) return shown(described(program.commands), word);
  const command = program.commands.find((each) => each.name() === name);
  if (!command) return [NO_FILES];
  const { line, used, open } = parse(command, rest.slice(0, -1));
  if (open) return valuesOf(open, word, line, candidates);
  const { option, value } = optionIn(command, word);
  if (option && value !== undefined) return valuesOf(option, value, line, candidates);
  if (word.startsWith('-') && !line.isOver) return shown(optionsOf(command, used), word);
  const found = await candidates.argument(name, line);
  return shown(
    found.filter((each) => !line.args.includes(each) && !each.startsWith('-')),
    word,
  );
}

async function valuesOf(option: Option, word: string, line: Line, candidates: Candidates): Promise<string[]> {
  if (option.argChoices) return shown(option.argChoices, word);
  if (option.long === '--kubeconfig') return [FILES];
  return shown(await candidates.value(option.long ?? '', line), word);
}

/** Reads the words before the cursor as commander will: behind `--` all are arguments. */
function parse(command: Command, words: readonly string[]): Parsed {
  const end = words.indexOf('--');
  const isOver = end >= 0;
  const args = isOver ? words.slice(end + 1) : [];
  const options = new Map<string, string>();
  let open: Option | undefined;
  for (const word of isOver ? words.slice(0, end) : words) {
    if (open) {
      options.set(open.long ?? '', word);
      open = undefined;
    } else if (word.startsWith('-')) open = noted(command, word, options);
    else args.push(word);
  }
  return { line: { options, args, isOver }, used: new Set(options.keys()), open };
}

/** Notes the option that a word names. @returns the option if the next word is its value */
function noted(command: Command, word: string, options: Map<string, string>): Option | undefined {
  const { option, value } = optionIn(command, word);
  if (option) options.set(option.long ?? '', value ?? '');
  return option?.required && value === undefined ? option : undefined;
}

/** The option that a word names, with the value behind `=`, if there is one. */
function optionIn({ options }: Command, word: string): { option?: Option | undefined; value?: string } {
  const [, name = word, value] = /^(--?[\w-]+)=(.*)$/s.exec(word) ?? [];
  const option = options.find(({ short, long }) => name === short || name === long);
  return { option, ...(value !== undefined && { value }) };
}

function described(commands: readonly Command[]): string[] {
  return commands.map((each) => `${each.name()}\t${each.description()}`);
}

function optionsOf({ options }: Command, used: ReadonlySet<string>): string[] {
  return options
    .filter(({ long }) => long !== undefined && !used.has(long))
    .map(({ long, description }) => `${long}\t${description}`);
}

/**
 * A line that bash takes for words alone. Some versions of kubectl expand the candidates as text of a shell:
 * `$(id)` in the ID of a cluster would run. A description follows a tab.
 */
const HARMLESS = /^[\w.,:@%+=/-]+(\t[\w .,:;'=~/-]*)?$/;

/** Candidates that begin with the word. What a shell or a terminal could obey is no candidate. */
function shown(candidates: readonly string[], word: string): string[] {
  return [...candidates.filter((each) => each.startsWith(word) && HARMLESS.test(each)), NO_FILES];
}
