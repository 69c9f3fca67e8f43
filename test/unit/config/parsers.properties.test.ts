// What a parser says that it accepts, it accepts: the Helm chart lets such values through.

import fc from 'fast-check';
import { type Flag, OPTIONS } from '../../../src/config/options.ts';
import type { Accepts, Described } from '../../../src/config/parsers.ts';

/** A name whose last part happens to be a number is rare among all names. */
const RUNS = { numRuns: 3_000 };

describe('the parser of an option', () => {
  for (const flag of Object.keys(OPTIONS) as Flag[]) {
    const { accepts } = OPTIONS[flag].parse as Partial<Described<unknown>>;
    const texts = accepts && textsOf(accepts);
    if (texts)
      it(`accepts what it says that it accepts (--${flag})`, () => {
        fc.assert(
          fc.property(texts, (text) => void OPTIONS[flag].parse(text)),
          RUNS,
        );
      });
  }
});

function textsOf(accepts: Accepts): fc.Arbitrary<string> | undefined {
  switch (accepts.kind) {
    case 'text':
      return fc.stringMatching(accepts.pattern).filter(({ length }) => length <= accepts.longest);
    case 'list':
      return fc.array(fc.stringMatching(accepts.items), { minLength: 1 }).map((items) => items.join());
    case 'choice':
      return fc.constantFrom(...accepts.values);
    case 'integer':
      return fc.integer({ min: accepts.least, max: accepts.most }).map(String);
    default:
      return undefined;
  }
}
