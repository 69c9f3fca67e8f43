// Reading and writing Go-style durations.

import { expect } from 'chai';
import { formatDuration, parseDuration } from '../../../src/base/duration.ts';

describe('parseDuration', () => {
  const good: readonly (readonly [string, number])[] = [
    ['0', 0],
    ['0s', 0],
    ['5s', 5_000],
    ['90s', 90_000],
    ['1m30s', 90_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['5.s', 5_000],
    ['250ms', 250],
    ['1h1m1s1ms', 3_661_001],
    ['1500us', 1.5],
    ['1500µs', 1.5],
    ['1500μs', 1.5],
    ['1000000ns', 1],
    ['1m1m', 120_000],
  ];
  for (const [text, ms] of good)
    it(`reads ${text} as ${ms} ms`, () => {
      expect(parseDuration(text)).to.be.closeTo(ms, 1e-6);
    });

  const bad = [
    '',
    ' ',
    '5',
    's',
    '.s',
    '5 s',
    ' 5s',
    '5s ',
    '5d',
    '5S',
    '-5s',
    '+5s',
    '1e3s',
    '5s5',
    '1..5s',
    '1,5s',
    'PT5S',
    '5s\n',
    `${'9'.repeat(400)}h`,
    '2562048h',
  ];
  for (const text of bad)
    it(`does not read ${JSON.stringify(text.slice(0, 12))} as a duration`, () => {
      expect(parseDuration(text)).to.equal(undefined);
    });

  it('reads the same text the same way twice', () => {
    expect([parseDuration('1m'), parseDuration('1m'), parseDuration('x'), parseDuration('1m')]).to.deep.equal(
      [60_000, 60_000, undefined, 60_000],
    );
  });
});

describe('formatDuration', () => {
  const texts: readonly (readonly [number, string])[] = [
    [0, '0s'],
    [0.2, '0s'],
    [5_000, '5s'],
    [1_500, '1.5s'],
    [250, '0.25s'],
    [60_000, '1m'],
    [130_000, '2m10s'],
    [3_600_000, '1h'],
    [3_601_000, '1h1s'],
    [86_400_000, '24h'],
  ];
  for (const [ms, text] of texts)
    it(`writes ${ms} ms as ${text}`, () => {
      expect(formatDuration(ms)).to.equal(text);
    });

  // Binary fractions are not exact: 1.001 * 1000 is a little less than 1001, and 16.001 * 1000 a little more
  // than 16,001.
  it('writes a text that reads back as the same duration', () => {
    for (const ms of [1_001, 1_013, 16_001, 3_616_001])
      expect(parseDuration(formatDuration(ms)), formatDuration(ms)).to.equal(ms);
  });
});
