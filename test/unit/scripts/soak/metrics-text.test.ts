// Values in the text of /metrics.

import { expect } from 'chai';
import { bucketsIn, quantileSince, valueIn } from '../../../../scripts/soak/metrics-text.ts';

function lagOf(...counts: readonly number[]): string {
  const bounds = ['0.5', '10', '+Inf'];
  return [
    '# TYPE lag histogram',
    ...counts.map((count, index) => `lag_bucket{le="${bounds[index]}",shard="a"} ${count}`),
    `lag_count{shard="a"} ${counts.at(-1)}`,
  ].join('\n');
}

describe('valueIn', () => {
  const METRICS = 'a_bytes 5\na_bytes_total{shard="x"} 7\n';

  it('finds a series with and without labels, by its whole name', () => {
    expect([valueIn(METRICS, 'a_bytes'), valueIn(METRICS, 'a_bytes_total')]).to.deep.equal([5, 7]);
  });

  it('is no number when there is none', () => {
    expect(valueIn(METRICS, 'bytes')).to.be.NaN;
  });
});

describe('quantileSince', () => {
  const since = (before: string, after: string) =>
    quantileSince(0.99, bucketsIn(before, 'lag'), bucketsIn(after, 'lag'));

  it('counts what came since, and nothing before', () => {
    expect(since(lagOf(0, 50, 50), lagOf(100, 150, 150))).to.equal(0.5);
    expect(since(lagOf(100, 100, 100), lagOf(198, 200, 200))).to.equal(10);
    expect(since(lagOf(0, 0, 0), lagOf(0, 0, 1))).to.equal(Number.POSITIVE_INFINITY);
  });

  it('counts all when there was nothing before', () => {
    expect(since('', lagOf(9, 9, 9))).to.equal(0.5);
  });

  it('is no number when nothing came', () => {
    expect(since(lagOf(9, 9, 9), lagOf(9, 9, 9))).to.be.NaN;
    expect(since('', '')).to.be.NaN;
  });
});
