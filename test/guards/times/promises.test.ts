/**
 * docs/reference.md states each time that the docs promise, as the sum of the constants that the code has.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { OPTIONS } from '../../../src/config/options.ts';
import { amountOf, boundsIn } from '../bounds.ts';
import { ROOT } from '../deploy/manifests.ts';
import { type Promised, problemsOf, promisesIn, type Sources, timesIn } from './promises.ts';

/** Pages that promise times to users and operators. */
const PAGES = globSync(['README.md', 'docs/{,install/,runbooks/}*.md', 'deploy/**/*.{md,yaml}'], {
  cwd: ROOT,
}).sort();

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const reference = read('docs/reference.md');
const promises = promisesIn(reference);

const sources: Sources = {
  textOf: (path) => (existsSync(join(ROOT, path)) ? read(path) : undefined),
  defaultOf: (option) =>
    (OPTIONS as Record<string, { readonly default?: string | undefined }>)[option]?.default,
  metrics: [...reference.matchAll(/^\| `(edgetranscode_\w+)`/gm)].map(([, name = '']) => name),
};

describe('the promised times', () => {
  for (const row of promises)
    it(`add up, are shown by a test, and end in a metric: ${row.promise}, ${row.within}`, () => {
      expect(problemsOf(row, sources)).to.deep.equal([]);
    });

  const known = [
    ...promises.map(({ within }) => within),
    ...boundsIn(read('docs/security.md')).map(({ bound }) => bound),
  ];
  for (const page of PAGES)
    it(`of ${page} are all in the table, or bounds of docs/security.md`, () => {
      const amounts = new Set(known.map(amountOf));
      // A row of the table quotes titles of tests, which state other times.
      const text = read(page).replaceAll(/^.*`test\/.*$/gm, '');
      expect(timesIn(text).filter((time) => !amounts.has(amountOf(time)))).to.deep.equal([]);
    });
});

describe('the check of a promised time', () => {
  const row: Promised = {
    promise: 'p',
    within: '30 s',
    sum: '`src/a.ts PROBES.maxMs` + 3 × `src/a.ts WAIT_MS` + 1.5 × `--pause` + 1 s for a call',
    condition: 'all',
    tests: '`test/a.ts` "comes in time"',
    beyond: '`edgetranscode_known` grows',
  };
  const files: Record<string, string> = {
    'src/a.ts': 'const PROBES: Backoff = { baseMs: 5_000, maxMs: 20_000 };\nconst WAIT_MS = 1_000;',
    'test/a.ts': "it('comes in time', () => {})",
  };
  const made: Sources = {
    textOf: (path) => files[path],
    defaultOf: (option) => (option === 'pause' ? '4s' : undefined),
    metrics: ['edgetranscode_known'],
  };

  it('accepts a row that adds up and names a test and a metric', () => {
    expect(problemsOf(row, made)).to.deep.equal([]);
  });

  for (const [change, problem] of [
    [{ within: '31 s' }, 'the terms add up to 30000 ms, not to 31 s'],
    [{ within: 'soon' }, '"soon" is no time'],
    [{ sum: '`src/a.ts MISSING`' }, '`src/a.ts MISSING` is no time'],
    [{ sum: '`--missing`' }, '`--missing` is no time'],
    [{ tests: 'none' }, 'names no test'],
    [{ tests: '`test/a.ts` "comes late"' }, 'test/a.ts has no test "comes late"'],
    [{ beyond: 'it comes later' }, 'names no metric for what comes later than promised'],
    [{ beyond: '`edgetranscode_other` grows' }, 'edgetranscode_other is no metric'],
    [{ condition: '' }, 'does not say for what the promise holds'],
  ] as const)
    it(`says that ${problem}`, () => {
      expect(problemsOf({ ...row, ...change }, made)).to.deep.equal([problem]);
    });

  it('finds the times that a text promises', () => {
    const text =
      'within 30 s, at\nmost 10\nminutes, within about 2 s; after 5 s, at most 16 pages, 4 h at most';
    expect(timesIn(text)).to.deep.equal(['30 s', '10 min', '2 s', '4 h']);
  });
});
