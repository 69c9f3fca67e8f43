// Text for a terminal, as pure functions: prose of a bearable width, and commands that can be pasted into a
// shell.

/**
 * Prose as lines of at most `width` characters; line breaks of its own stay. A word that is longer has a line
 * to itself.
 */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/\s+/).filter((each) => each !== '')) {
    const longer = current === '' ? word : `${current} ${word}`;
    if (current !== '' && longer.length > width) {
      lines.push(current);
      current = word;
    } else current = longer;
  }
  return [...lines, current];
}

const NEEDS_NO_QUOTES = /^[\w@%+=:,./-]*$/;
const FLAG = /^--[\w-]+=/;

/** A command line that a POSIX shell reads as exactly these words. */
export function shellLine(words: readonly string[]): string {
  return words.map(quoted).join(' ');
}

/**
 * Quotes a word for the shell where necessary. Only the value of a flag has the quotes, as people write it.
 */
function quoted(word: string): string {
  if (word !== '' && NEEDS_NO_QUOTES.test(word)) return word;
  const flag = FLAG.exec(word)?.[0] ?? '';
  return `${flag}'${word.slice(flag.length).replaceAll("'", `'\\''`)}'`;
}
