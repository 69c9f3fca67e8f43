/** Changes valid inputs a little: most faults are near what a reader expects. */
import fc from 'fast-check';
import { oddText, oddValue, PIECES } from './texts.ts';

type Edit = readonly [
  kind: 'insert' | 'delete' | 'repeat' | 'replace' | 'cut' | 'swap',
  /** Part of the text before it. */
  at: number,
  length: number,
  piece: string,
];

const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.tuple(
    fc.constantFrom<Edit[0]>('insert', 'insert', 'delete', 'repeat', 'replace', 'replace', 'cut', 'swap'),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(12),
    fc.constantFrom(...PIECES),
  ),
  { maxLength: 4 },
);

/** Generates texts with up to four changes. */
export function mutatedText(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(texts, edits).map(([text, all]) => all.reduce(edited, text));
}

function edited(text: string, [kind, part, length, piece]: Edit): string {
  const at = Math.floor(part * text.length);
  const [before, found, after] = [text.slice(0, at), text.slice(at, at + length), text.slice(at + length)];
  switch (kind) {
    case 'insert':
      return before + piece + text.slice(at);
    case 'delete':
      return before + after;
    case 'repeat':
      return before + found.repeat(8) + after;
    case 'replace':
      return before + piece + after;
    case 'cut':
      return before;
    case 'swap':
      return after + found + before;
  }
}

type Change = readonly [
  kind: 'replace' | 'delete' | 'rename' | 'add' | 'repeat',
  /** Which place of the value, as a part of all of them. */
  at: number,
  value: unknown,
  name: string,
];

const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.tuple(
    fc.constantFrom<Change[0]>('replace', 'replace', 'replace', 'delete', 'rename', 'add', 'repeat'),
    fc.double({ min: 0, max: 1, noNaN: true }),
    oddValue,
    oddText,
  ),
  { maxLength: 4 },
);

/** Generates values of JSON with up to four changes, at any depth. */
export function mutatedJson(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(values, changes).map(([value, all]) => all.reduce<unknown>(changed, copyOf(value)));
}

/** Places of a value that are changed, and the most of a value that is repeated. */
const MOST_PLACES = 500;

type Holder = Record<string, unknown>;

function changed(root: unknown, [kind, part, given, name]: Change): unknown {
  // A value may be put into itself later.
  const value = copyOf(given);
  const box = { root };
  const places = placesOf(box, []);
  const [holder, key] = places[Math.min(places.length - 1, Math.floor(part * places.length))] as [
    Holder,
    string,
  ];
  const present = holder[key];
  switch (kind) {
    case 'replace':
      set(holder, key, value);
      break;
    case 'delete':
      delete holder[key];
      break;
    case 'rename':
      delete holder[key];
      set(holder, name, present);
      break;
    case 'add':
      if (Array.isArray(present)) present.push(value);
      else if (typeof present === 'object' && present !== null) set(present as Holder, name, value);
      break;
    case 'repeat':
      // Four repetitions of the whole would take a gigabyte.
      if (places.length >= MOST_PLACES) break;
      set(
        holder,
        key,
        Array.isArray(present) ? Array.from({ length: 9 }, () => copyOf(present)).flat() : [present],
      );
      break;
  }
  return box.root ?? null;
}

function copyOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** Sets an own field whatever its name is, as parsing JSON does. */
function set(holder: Holder, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true });
}

function placesOf(holder: object, found: [Holder, string][]): [Holder, string][] {
  for (const [key, value] of Object.entries(holder)) {
    found.push([holder as Holder, key]);
    // Deep values come from a change: its places are no use for another one.
    if (typeof value === 'object' && value !== null && found.length < MOST_PLACES) placesOf(value, found);
  }
  return found;
}
