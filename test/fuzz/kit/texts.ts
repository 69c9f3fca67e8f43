/** Texts and values that are odd in every way that has ever been a fault of a reader. */
import fc from 'fast-check';

/** Pieces of many grammars: separators, escapes, names that objects have already, odd characters. */
export const PIECES: readonly string[] = [
  ...['', ' ', '\t', '\n', '\r\n', '\0', '\x1b[31m', '\u009b', '\u202e', '\u200b', '\ufeff', '\u2028'],
  ...['\ud83d', '\udc00', '\ufffd', 'é', 'ｅ', '中文', '🎬', '%', '%25', '%2525', '%00', '%zz', '%u0041'],
  ...[...'{}[]()<>,;:/\\|?#&=@!$*+-_.~`"\''],
  ...['://', '//', '..', '../', '\\u0000', '\\ud800', '<!--', '</script>', '&lt;', '$&', '$1', '%s'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'length'],
  ...['null', 'undefined', 'NaN', 'Infinity', 'true', '0', '-0', '-1', '1e309', '0x10', '00', '9'.repeat(40)],
];

/** Long texts, of one kind of piece each: what takes quadratic time shows with them. */
const LONG: readonly string[] = [
  'a',
  '%3',
  '%25',
  '/',
  '@',
  '=',
  '1h',
  '[',
  '{"a":',
  '\n',
  '\u202e',
  '\ud83d',
].map((piece) => piece.repeat(Math.ceil(20_000 / piece.length)));

/** Generates any text: pieces, characters of every kind, seldom a long one. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((all) => all.join('')) },
  { weight: 4, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.nat(400).map((length) => 'é'.repeat(length)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(63, 64, 253, 254, 256, 257, 2_048, 2_049, 4_096, 4_097)
      .map((n) => 'a'.repeat(n)),
  },
);

export const longText: fc.Arbitrary<string> = fc.constantFrom(...LONG);

/** Generates a text that is mostly one of the given ones. */
export function mostly(...usual: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: oddText });
}

/** Generates values of JSON of every type, where a reader may expect another one. */
export const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: oddText },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      ...[null, true, false, 0, -1, 1.5, 1e308, -1e-7, 2 ** 53, 1e21],
      ...[[], {}, [null], [[]], [''], { name: null }, { length: 5 }, { toString: 1 }],
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(10, 100, 3_000).map(nested) },
);

/** A value as deep as given. */
function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
  return value;
}
