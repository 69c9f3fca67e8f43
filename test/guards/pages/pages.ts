/**
 * The Markdown files of the repository: their fenced blocks, commands, links and anchors.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../deploy/manifests.ts';

export interface Block {
  /** The language after the fence, such as `sh`; empty if none is named. */
  readonly language: string;
  /** Lines between the fences, without the indentation of the first fence. */
  readonly text: string;
  /** Line of the fence, counted from 1. */
  readonly line: number;
  /** The text of `<!-- not run: … -->` before the fence; undefined where the block is run by a test. */
  readonly notRun: string | undefined;
}

/** A link or picture. */
export interface Link {
  /** Address as it is written, such as `reference.md#columns` or `https://example.com`. */
  readonly target: string;
  readonly line: number;
}

/** The lines from a fence to its end, with the mark before it. */
const BLOCK =
  /^(?:[ \t]*<!-- not run: (?<reason>[^\n]*?) -->\n)?(?<indent>[ \t]*)```(?<language>[^\n`]*)\n(?<text>[\s\S]*?)^\k<indent>```$/gm;

const LINK = /\[[^\]]*\]\((?<target>[^)\s]+)\)|\b(?:href|src|srcset)="(?<attribute>[^"]+)"/g;

/** All pages, relative to the root of the repository. */
export const PAGES: readonly string[] = globSync(['**/*.md', '.github/**/*.md'], {
  cwd: ROOT,
  exclude: (name) => ['node_modules', 'dist', '.git'].includes(name),
}).sort();

export function textOf(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8');
}

export function blocksIn(text: string): Block[] {
  return Array.from(text.matchAll(BLOCK), ({ groups = {}, index }) => {
    const { reason, indent = '', language = '', text: inside = '' } = groups;
    return {
      language,
      text: inside.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      line: lineAt(text, index) + (reason === undefined ? 0 : 1),
      notRun: reason,
    };
  });
}

/**
 * The commands of a block, each as one text. A command continues on the next line after a backslash, and
 * within quotes, brackets and here-documents. Comments and empty lines are none.
 */
export function commandsIn({ text }: Pick<Block, 'text'>): string[] {
  const commands: string[] = [];
  let open = '';
  for (const line of text.split('\n')) {
    if (open === '' && /^\s*(#|$)/.test(line)) continue;
    open += open === '' ? line : `\n${line}`;
    if (!isComplete(open)) continue;
    commands.push(open);
    open = '';
  }
  return open.trim() === '' ? commands : [...commands, open];
}

export function linksIn(text: string): Link[] {
  return Array.from(withoutCode(text).matchAll(LINK), ({ groups = {}, index }) => ({
    target: groups.target ?? groups.attribute ?? '',
    line: lineAt(text, index),
  }));
}

/** The anchors that GitHub makes of the headings; the second of a name ends in `-1`. */
export function anchorsIn(text: string): string[] {
  const seen = new Map<string, number>();
  const lines = text.split('\n');
  return Array.from(withoutCode(text).matchAll(/^#{1,6} /gm), ({ index }) => {
    const title = lines[lineAt(text, index) - 1] ?? '';
    const anchor = title
      .replace(/^#+ /, '')
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

function isComplete(command: string): boolean {
  const [, end] = /<<-?'?(\w+)'?/.exec(command) ?? [];
  if (end !== undefined) return new RegExp(`\\n\\s*${end}$`).test(command);
  // An assignment belongs to the command that uses it.
  if (/[\\|]$|(^|\n)\w+=\S*$/.test(command)) return false;
  if (/\bdo$/m.test(command) && !/^done\b/m.test(command)) return false;
  const bare = command.replaceAll(/'[^']*'|"[^"]*"/g, '');
  if (/['"]/.test(bare)) return false;
  const count = (bracket: string) => bare.split(bracket).length;
  return count('{') === count('}') && count('(') === count(')');
}

/** Blanks in place of code, so that offsets and lines stay those of the page. */
function withoutCode(text: string): string {
  const blank = (code: string) => code.replaceAll(/[^\n]/g, ' ');
  return text.replaceAll(BLOCK, blank).replaceAll(/`[^`\n]*`/g, blank);
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
