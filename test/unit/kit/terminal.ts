/** Characters that a terminal obeys, or that make a text look like another one. */
export const TERMINAL_CHARACTERS: readonly string[] = [
  ...range(0x00, 0x1f), // C0, with escape and line feed
  ...range(0x7f, 0x9f), // DEL, and C1 with the control sequence introducer
  ...['\u00ad', '\u061c', '\u180e', '\ufeff'], // invisible
  ...range(0x200b, 0x200f), // zero width, and bidi marks
  ...range(0x2028, 0x202e), // separators, and bidi embeddings and overrides
  ...range(0x2060, 0x2064), // word joiner, invisible operators
  ...range(0x2066, 0x206f), // bidi isolates
  ...['\u{e0041}', '\ud800', '\udc00'], // a tag, and halves of surrogate pairs
];

/** A text with all of them between letters. */
export const TERMINAL_TEXT = `a${TERMINAL_CHARACTERS.join('b')}c`;

/** What `TERMINAL_TEXT` becomes. */
export const PRINTED_TEXT = `a${TERMINAL_CHARACTERS.map(() => '\uFFFD').join('b')}c`;

/** The first of them in a text, as an escape; undefined when there is none. */
export function terminalCharacter(text: string): string | undefined {
  // Half of a surrogate pair is in every pair: it counts only alone.
  const alone = text.isWellFormed()
    ? TERMINAL_CHARACTERS.filter((each) => each.isWellFormed())
    : TERMINAL_CHARACTERS;
  const found = alone.find((each) => text.includes(each));
  return found && JSON.stringify(found);
}

function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => String.fromCharCode(first + index));
}
