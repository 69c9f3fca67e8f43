/**
 * Finds the prose in a file: comments and string literals of TypeScript, pages of Markdown, comments and
 * descriptions of YAML. Blanks replace everything else, code in back quotes included, so that offsets and
 * lines stay those of the file.
 */
import type { Text } from './rules.ts';

const LINE_COMMENT = /\/\/[^\n]*(\n[ \t]*\/\/[^\n]*)*/y;
const BLOCK_COMMENT = /\/\*[\s\S]*?\*\//y;
const STRING = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;
const WORD = /[\w$#]+|\s+/y;

/**
 * Matches a token after which a slash begins a regular expression. After a name or a closing bracket it
 * divides.
 */
const BEFORE_REGEX = /(?:^|[^\w$)\]}]|\b(?:return|case|typeof|in|of|yield|await))$/;

/** Comments, and the strings that hold a space: others are names. Adjoining line comments are one text. */
export function textsOfTypeScript(source: string): Text[] {
  return new Scanner(source).texts();
}

class Scanner {
  readonly #source: string;
  readonly #texts: Text[] = [];
  #at = 0;
  /** The last token that is no comment, on which the meaning of a slash depends. */
  #before = '';

  constructor(source: string) {
    this.#source = source;
  }

  texts(): Text[] {
    this.#readCode();
    return this.#texts;
  }

  /** Reads to the end of the file, or past the bracket that closes a template's expression. */
  #readCode(): void {
    for (let depth = 0; this.#at < this.#source.length; ) {
      if (this.#readComment() || this.#readLiteral()) continue;
      const token = this.#take(WORD) ?? this.#source[this.#at++] ?? '';
      if (token.trim() === '') continue;
      this.#before = token;
      if (token === '{') depth++;
      if (token === '}' && depth-- === 0) return;
    }
  }

  #readComment(): boolean {
    const start = this.#at;
    const comment = this.#take(LINE_COMMENT) ?? this.#take(BLOCK_COMMENT);
    if (comment === undefined) return false;
    const kind = comment.startsWith('/**') ? 'doc-comment' : 'comment';
    this.#texts.push({ kind, start, prose: blankCode(blankMarks(comment)) });
    return true;
  }

  /** A string, a template or a regular expression. */
  #readLiteral(): boolean {
    const start = this.#at;
    const string = this.#take(STRING);
    if (string !== undefined) this.#addString(start, string);
    else if (this.#source[this.#at] === '`') this.#readTemplate();
    else if (!BEFORE_REGEX.test(this.#before) || this.#take(REGEX) === undefined) return false;
    this.#before = ')';
    return true;
  }

  #readTemplate(): void {
    const start = this.#at++;
    let prose = ' ';
    while (this.#at < this.#source.length && this.#source[this.#at] !== '`') {
      const from = this.#at;
      if (this.#source.startsWith('${', from)) {
        this.#at += 2;
        this.#before = '';
        this.#readCode();
        prose += blank(this.#source.slice(from, this.#at));
      } else {
        this.#at += this.#source[from] === '\\' ? 2 : 1;
        prose += this.#source.slice(from, this.#at);
      }
    }
    this.#at++;
    this.#addString(start, prose);
  }

  #addString(start: number, text: string): void {
    if (text.includes(' ')) this.#texts.push({ kind: 'string', start, prose: blankCode(text) });
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}

/** One text: the page without fenced code, code in back quotes, and the targets of links. */
export function textsOfMarkdown(source: string): Text[] {
  const prose = source.replace(/^( *)```[\s\S]*?^\1```$/gm, blank).replace(/(?<=\]\()[^)]*/g, blank);
  return [{ kind: 'page', start: 0, prose: blankCode(prose) }];
}

/** Comments, adjoining lines together, and what is longer than a few words: descriptions and messages. */
export function textsOfYaml(source: string): Text[] {
  const comments = Array.from(
    source.matchAll(/(?<=^|\s)#[^\n]*(\n[ \t]*#[^\n]*)*/g),
    ({ 0: text, index }): Text => ({
      kind: 'comment',
      start: index,
      prose: blankCode(text.replaceAll(/^[ \t]*#+/gm, blank)),
    }),
  );
  const rest = comments.reduce(
    (text, { start, prose }) => text.slice(0, start) + blank(prose) + text.slice(start + prose.length),
    source,
  );
  return [...comments, { kind: 'string', start: 0, prose: blankCode(rest) }];
}

/** The same number of characters and lines, all blank. */
function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}

/** A mark stands for each piece of code, so that the words around it do not meet. */
function blankCode(text: string): string {
  return text.replaceAll(/`[^`\n]*`/g, (code) => '·'.repeat(code.length));
}

/** The slashes and asterisks of a comment become blanks. */
function blankMarks(comment: string): string {
  return comment.replaceAll(/^[ \t]*(\/\/|\/\*+|\*(?!\/))|\*+\/$/gm, blank);
}
