/** Reads what a program wrote on a terminal: lines of texts, each with its colours. */
import { widthOf } from '../../../../src/companion/common/output.ts';

export interface Run {
  /** The first cell of the text in its line, from 0. */
  readonly column: number;
  readonly text: string;
  /** Classes of the picture, such as `bold red`. */
  readonly style: string;
}

/** Colours by the code that sets them: SGR, ECMA-48. */
const CLASSES: Readonly<Record<string, string>> = {
  1: 'bold',
  31: 'red',
  32: 'green',
  33: 'yellow',
  90: 'dim',
};

/** The codes that end what others began. */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  0: ['1', '31', '32', '33', '90'],
  22: ['1'],
  39: ['31', '32', '33', '90'],
};

const CODE = new RegExp(`${String.fromCharCode(27)}\\[([\\d;]*)m`);

/** @throws an Error for a code that is none of a colour */
export function linesOf(written: string): Run[][] {
  const on = new Set<string>();
  return written
    .replaceAll('\r\n', '\n')
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => runsOf(line, on));
}

function runsOf(line: string, on: Set<string>): Run[] {
  const runs: Run[] = [];
  let column = 0;
  for (const [index, part] of line.split(CODE).entries()) {
    if (index % 2 === 1) {
      for (const code of part.split(';')) change(on, code);
      continue;
    }
    if (/\p{Cc}/u.test(part)) throw new Error(`a control character in ${JSON.stringify(part)}`);
    const style = [...on].map((code) => CLASSES[code]).join(' ');
    for (const text of piecesOf(part)) {
      if (text.trim() !== '') runs.push({ column, text, style });
      column += widthOf(text);
    }
  }
  return runs;
}

/** Gaps and texts in turn; a text has characters that all take one cell, or all two. */
function piecesOf(part: string): string[] {
  return part.split(/( {2,})/).flatMap((each) => {
    const pieces: string[] = [];
    for (const character of each) {
      const last = pieces.at(-1);
      if (last !== undefined && widthOf(last) === widthOf(character) * [...last].length)
        pieces[pieces.length - 1] = last + character;
      else pieces.push(character);
    }
    return pieces;
  });
}

function change(on: Set<string>, code: string): void {
  const ends = ENDS[code];
  if (!ends && !(code in CLASSES))
    throw new Error(`a code of the terminal that is none of a colour: ${code}`);
  if (!ends) on.add(code);
  for (const each of ends ?? []) on.delete(each);
}
