/**
 * The rules of prose that a program can check: the width of comments and docs, the first word of a doc
 * comment, sentences whose subject is nobody in particular, and words that the field does not use. Pure;
 * `prose.test.ts` applies them.
 */
import { textsOfMarkdown, textsOfTypeScript, textsOfYaml } from './texts.ts';

/** The formatter's width of TypeScript, and the one width at which the docs wrap. */
export const WIDTH = 110;

/** The folders and files whose prose is held to the rules. */
export const HELD: readonly string[] = [
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'README.md',
  'crds',
  'deploy',
  'docs',
  'scripts',
  'simulator',
  'src',
  'test',
];

export interface Finding {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly problem: string;
}

/**
 * A piece of prose as it stands in its file: as many characters and lines, with blanks for what is no prose.
 */
export interface Text {
  readonly kind: 'doc-comment' | 'comment' | 'string' | 'page';
  /** The offset in the file. */
  readonly start: number;
  readonly prose: string;
}

const PREPOSITION =
  /^\s*(About|Above|Across|After|Against|Among|As|At|Before|Behind|Below|Beside|Besides|Between|By|During|For|From|In|Inside|Into|Like|Of|On|Outside|Over|Per|Through|To|Under|Until|Upon|With|Within|Without)(?![\w-])/;

/** Pronouns that name no thing of the code. */
const HEADLESS = /\b(whoever|whomever|(?:some|no|every|any)body|someone|everyone|anyone|no one)\b/gi;

/**
 * `who` and `whom`, except as a relative pronoun after a noun for a person: "users who", "a caller, whom".
 */
const WHO = /\b(who|whom)\b/gi;
const PERSON =
  /\b(administrator|attacker|author|caller|client|contributor|engineer|human|maintainer|newcomer|owner|people|person|reader|reviewer|team|tenant|user)s?,?\s+$/i;

const EXCLUDED: readonly RegExp[] = [
  /\banew\b/gi,
  /\bmend(s|ed|ing|ings)?\b/gi,
  /\ball the same\b/gi,
  /\bso many\b/gi,
  /\bby itself\b/gi,
  /\bof late\b/gi,
  /\bfor want of\b/gi,
  /\blest\b/gi,
  /\bnotwithstanding\b/gi,
  /\b(go|goes|going|gone|went) on\b/gi,
  /\b(am|is|are|was|were|be|been|being) told\b/gi,
  /\basked for\b/gi,
  /\bas of\b/gi,
].map((word) => new RegExp(word.source.replaceAll(' ', '\\s+'), word.flags));

/** A line of a page that need not wrap. */
const UNWRAPPED = /^\s*(\||#)|\]\(|https?:/;

interface Problem {
  /** The offset in the text, or in the file. */
  readonly at: number;
  readonly problem: string;
}

/**
 * Everything that breaks a rule in one file, in the order of its lines. The name's ending tells what the file
 * is.
 */
export function findingsIn(file: string, source: string): Finding[] {
  const problems = textsOf(file, source).flatMap((text) => [
    ...wideLines(text, source),
    ...problemsIn(text).map(({ at, problem }) => ({ at: text.start + at, problem })),
  ]);
  return problems
    .sort((one, other) => one.at - other.at)
    .map(({ at, problem }) => ({ file, line: source.slice(0, at).split('\n').length, problem }));
}

function textsOf(file: string, source: string): Text[] {
  if (file.endsWith('.md')) return textsOfMarkdown(source);
  if (file.endsWith('.yaml')) return textsOfYaml(source);
  return textsOfTypeScript(source);
}

function problemsIn({ kind, prose }: Text): Problem[] {
  const first = kind === 'doc-comment' ? PREPOSITION.exec(prose) : null;
  return [
    ...(first
      ? [{ at: first[0].length - 1, problem: `begins with "${first[1]}": begin with a verb or a noun` }]
      : []),
    ...matches(prose, HEADLESS, nameTheThing),
    ...matches(prose, WHO, nameTheThing).filter(
      ({ at }) => !PERSON.test(prose.slice(0, at)) && !(kind === 'page' && isInQuestion(prose, at)),
    ),
    ...EXCLUDED.flatMap((words) => matches(prose, words, (word) => `"${word}": say it in plain words`)),
  ];
}

function matches(prose: string, words: RegExp, say: (word: string) => string): Problem[] {
  return Array.from(prose.matchAll(words), ({ index, 0: word }) => ({
    at: index,
    problem: say(word.replaceAll(/\s+/g, ' ')),
  }));
}

function nameTheThing(word: string): string {
  return `"${word}": name the thing of the code that is meant`;
}

function isInQuestion(prose: string, at: number): boolean {
  return /^[^.!?|]*\?/.test(prose.slice(at));
}

/** The comment lines of code; and those of a page that are no table, no heading and hold no link. */
function wideLines({ kind, start, prose }: Text, source: string): Problem[] {
  if (kind === 'string') return [];
  let at = start;
  return prose.split('\n').flatMap((text) => {
    const lineStart = source.lastIndexOf('\n', at - 1) + 1;
    const line = source.slice(lineStart).split('\n', 1)[0] ?? '';
    const problem = { at, problem: `${line.length} characters wide: wrap at ${WIDTH}` };
    at += text.length + 1;
    const excepted = text.trim() === '' || (kind === 'page' && UNWRAPPED.test(line));
    return line.length > WIDTH && !excepted ? [problem] : [];
  });
}
