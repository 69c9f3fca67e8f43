// Any duration reads back as it was written.

import { expect } from 'chai';
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../../src/base/duration.ts';
import { anyText, holds, sequence } from '../kit/for-any.ts';

/** Longest duration: 2^63 ns. */
const LONGEST_MS = 9_223_372_036_854;

describe('for any duration', () => {
  it('reads back what was written', () => {
    const ms = fc.oneof(
      fc.nat(100_000),
      fc.nat(24 * 3_600_000),
      fc.maxSafeNat().map((ms) => ms % (LONGEST_MS + 1)),
    );
    holds(
      fc.property(ms, (given) => {
        expect(parseDuration(formatDuration(given)), formatDuration(given)).to.equal(given);
      }),
      2_000,
    );
  });

  it('reads any text as a duration that is not negative, or as none', () => {
    const part = fc.constantFrom('0', '12345', '.', '.5', '1e3', '-', 'h', 'm', 's', 'ms', 'µs', 'ns', ' ');
    const terms = sequence(part, 8).map((parts) => parts.join(''));
    holds(
      fc.property(fc.oneof(terms, anyText(20)), (text) => {
        const ms = parseDuration(text);
        expect(ms === undefined || (Number.isFinite(ms) && ms >= 0), `${ms}`).to.equal(true);
      }),
      1_000,
    );
  });
});
