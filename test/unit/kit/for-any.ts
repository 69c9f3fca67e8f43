/**
 * Property tests: a statement that holds for any input, tried with inputs made up by fast-check. One that
 * fails prints its seed and the smallest input found: give both to `fc.assert` to see it again.
 */
import fc from 'fast-check';

/**
 * mocha gives a test 5 s. One that fails has to come to its end, smaller inputs being searched for, or nobody
 * sees the input.
 */
const TIME_LIMIT_MS = 4_000;

/** @param runs how many inputs are tried; such that all take well under a second */
export function holds<Input>(property: fc.IProperty<Input> | fc.IPropertyWithHooks<Input>, runs = 300): void {
  fc.assert(property, { numRuns: runs, interruptAfterTimeLimit: TIME_LIMIT_MS });
}

/** The same for a property that awaits something. */
export async function holdsInTime<Input>(property: fc.IAsyncProperty<Input>, runs = 100): Promise<void> {
  await fc.assert(property, { numRuns: runs, interruptAfterTimeLimit: TIME_LIMIT_MS });
}

/** Any text, of any characters, and of halves of characters too. */
export function anyText(maxLength = 200): fc.Arbitrary<string> {
  const units = fc.array(fc.nat(0xffff), { maxLength }).map((codes) => String.fromCharCode(...codes));
  const points = fc.array(fc.nat(0x10ffff), { maxLength }).map((codes) => String.fromCodePoint(...codes));
  return fc.oneof({ weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength }) }, points, units);
}

/**
 * What happens one after the other; really up to this many, where fast-check would by itself stop at about
 * ten.
 */
export function sequence<Step>(step: fc.Arbitrary<Step>, maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { maxLength, size: 'max' });
}
