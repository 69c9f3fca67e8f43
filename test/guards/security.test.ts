/**
 * docs/security.md states the bounds that the code holds.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { amountOf, type Bound, boundsIn, constantIn, problemOf } from './bounds.ts';
import { ROOT } from './deploy/manifests.ts';

const page = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');

function textOf(path: string): string | undefined {
  const file = join(ROOT, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

describe('the table of bounds in docs/security.md', () => {
  const bounds = boundsIn(page);

  it('has rows', () => {
    expect(bounds).to.have.length.greaterThan(30);
  });

  for (const row of bounds)
    it(`states the bound that the code holds (${row.border}: ${row.what}, ${row.bound})`, () => {
      expect(problemOf(row, textOf)).to.equal(undefined);
    });
});

describe('the check of a bound', () => {
  const source = [
    'const LONGEST_BODY_BYTES = 2 * 2 ** 20;',
    'export const DEADLINE_MS: number = 10_000;',
    'const LIFE_SECONDS = 3_600;',
    'const RATE = { burst: 50, perSecond: 0.5 };',
    'const LIMITS: Limits = {',
    '  // A comment.',
    '  longestLine: 4 * 1_024,',
    '};',
    'const NAMED = OTHER * 2;',
    'const PATTERN = /^[a-z]{0,8192}$/;',
  ].join('\n');
  const check = (bound: string, holder: string) => {
    const row: Bound = { border: 'b', what: 'w', bound, holder };
    return problemOf(row, (path) => (path === 'src/a.ts' ? source : undefined));
  };

  for (const [bound, holder] of [
    ['2 MiB', '`src/a.ts LONGEST_BODY_BYTES`'],
    ['2,048 KiB', '`src/a.ts LONGEST_BODY_BYTES`'],
    ['10 s', '`src/a.ts DEADLINE_MS`'],
    ['1 h', '`src/a.ts LIFE_SECONDS`'],
    ['50', '`src/a.ts RATE.burst`'],
    ['0.5', '`src/a.ts RATE.perSecond`'],
    ['4 KiB', '`src/a.ts LIMITS.longestLine`'],
    ['8,192', 'pattern in `src/a.ts`'],
    ['16 KiB', 'Node.js'],
  ] as const)
    it(`accepts ${bound} of ${holder}`, () => {
      expect(check(bound, holder)).to.equal(undefined);
    });

  for (const [bound, holder, problem] of [
    ['1 MiB', '`src/a.ts LONGEST_BODY_BYTES`', 'LONGEST_BODY_BYTES in src/a.ts is 2097152, not 1 MiB'],
    ['10 min', '`src/a.ts DEADLINE_MS`', 'DEADLINE_MS in src/a.ts is 10000, not 10 min'],
    ['3,600', '`src/a.ts LIFE_SECONDS`', 'LIFE_SECONDS in src/a.ts is 3600, not 3,600'],
    ['51', '`src/a.ts RATE.burst`', 'RATE.burst in src/a.ts is 50, not 51'],
    ['8,191', 'pattern in `src/a.ts`', 'no pattern in src/a.ts has the bound 8191'],
    ['50', '`src/a.ts RATE.most`', 'src/a.ts has no constant RATE.most that is a number'],
    ['2', '`src/a.ts MISSING`', 'src/a.ts has no constant MISSING that is a number'],
    ['2', '`src/a.ts NAMED`', 'src/a.ts has no constant NAMED that is a number'],
    ['2', '`src/b.ts MISSING`', '`src/b.ts MISSING` names no source file'],
    ['2', 'somewhere', 'somewhere names no source file'],
    ['2 parsecs', 'Node.js', 'the bound "2 parsecs" is no number with a known unit'],
    ['few', 'Node.js', 'the bound "few" is no number with a known unit'],
  ] as const)
    it(`refuses ${bound} of ${holder}`, () => {
      expect(check(bound, holder)).to.equal(problem);
    });

  it('evaluates a power before a product', () => {
    expect(constantIn('const A = 3 * 2 ** 4 + 1;', 'A')).to.equal(49);
  });

  it('reads numbers as the page writes them', () => {
    expect(['1,000,000', '1.5 s', '1000 s'].map(amountOf)).to.deep.equal([1_000_000, 1_500, undefined]);
  });

  it('refuses a page without the table, and a row with a cell too few', () => {
    expect(() => boundsIn('# Security')).to.throw('no table');
    expect(() => boundsIn(page.replace('| Node.js |', '|'))).to.throw('6 cells');
  });
});
