/** Durations of objects and options: read as Go reads them, and shown so that they are read the same. */
import fc from 'fast-check';
import { formatDuration, parseDuration } from '../../src/base/duration.ts';
import type { Border } from './kit/border.ts';
import { mutatedText } from './kit/mutate.ts';
import { longText, oddText } from './kit/texts.ts';

const UNITS = ['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h'];

const number = fc.oneof(
  fc.nat(100_000).map(String),
  fc.tuple(fc.nat(99_999), fc.stringMatching(/^\d{0,12}$/)).map(([whole, part]) => `${whole}.${part}`),
  fc.constantFrom('.5', '1.', '.', '00', '9223372036854775808', '0.000000001'),
);
const duration = fc
  .array(fc.tuple(number, fc.constantFrom(...UNITS)), { maxLength: 5 })
  .map((terms) => terms.map((term) => term.join('')).join(''));

export const durations: Border<string> = {
  name: 'durations',
  inputs: fc.oneof(
    { weight: 6, arbitrary: mutatedText(duration) },
    { weight: 1, arbitrary: oddText },
    { weight: 1, arbitrary: longText },
  ),
  open: () => ({ take }),
};

/** What Go's `time.ParseDuration` accepts, without a sign. */
const GO = /^(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)$/;

/** What the CRD accepts as an interval, before its bounds of 5s and 24h. */
const CRD = /^([0-9]{1,5}(\.[0-9]{1,9})?(h|m|s|ms)){1,10}$/;

function take(text: string): void {
  const ms = parseDuration(text);
  if (ms === undefined) {
    if (CRD.test(text)) throw new Error('the schema admits it, and it cannot be read');
    return;
  }
  if (!GO.test(text)) throw new Error(`read as ${ms} ms, and no duration of Go`);
  if (!Number.isFinite(ms) || ms < 0) throw new Error(`read as ${ms} ms`);
  const shown = formatDuration(ms);
  if (parseDuration(shown) !== Math.round(ms)) throw new Error(`${ms} ms is shown as ${shown}`);
}
