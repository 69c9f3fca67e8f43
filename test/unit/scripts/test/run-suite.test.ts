// The runner against real mocha processes: what is counted is what happened.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { testEnvironment } from '../../../../scripts/test/environment.ts';
import type { Outcome } from '../../../../scripts/test/outcome.ts';
import { type RunOptions, runSuite } from '../../../../scripts/test/run-suite.ts';
import type { CommandSuite, MochaSuite } from '../../../../scripts/test/suites.ts';

const IN_ORDER = join(import.meta.dirname, '../../../../scripts/test/in-order.ts');
const SKIP = join(import.meta.dirname, '../../../world/skip.ts');

const QUIET: RunOptions = {
  env: testEnvironment(process.env),
  signal: new AbortController().signal,
  output: 'ignore',
};

describe('runSuite', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'suite-'));
  });

  afterEach(() => rm(directory, { recursive: true }));

  it('counts a command that succeeds as one test passed', async () => {
    expect(await command('node', '--eval', '')).to.include({ suite: 'tried', passed: 1, failed: 0 });
  });

  it('counts a command that fails, or is not there, as one test failed', async () => {
    const failed = await command('node', '--eval', 'process.exit(3)');
    expect(failed).to.include({ passed: 0, failed: 1 });
    expect(failed.notes).to.deep.equal(['node --eval process.exit(3) failed']);
    expect(await command('no-such-program')).to.include({ passed: 0, failed: 1 });
  });

  it('counts passed, failed and skipped tests, each skipped one with its reason', async () => {
    const { passed, failed, skipped } = await mocha(`
      import { skipBecause } from ${JSON.stringify(SKIP)};
      it('passes', () => {});
      it('fails', () => { throw new Error('on purpose'); });
      it.skip('is put off', () => {});
      it('meets Redis', function () { skipBecause(this, 'no redis-server on PATH'); });
      describe('a chart', () => {
        before(function () { skipBecause(this, 'no helm'); });
        it('installs', () => {});
        describe('inside', () => { it('upgrades', () => {}); });
      });`);
    expect({ passed, failed }).to.deep.equal({ passed: 1, failed: 1 });
    expect(skipped).to.deep.equal([
      'is put off',
      'meets Redis (no redis-server on PATH)',
      'a chart installs (no helm)',
      'a chart inside upgrades (no helm)',
    ]);
  });

  it('keeps the reasons when files run side by side', async () => {
    const test = `
      import { skipBecause } from ${JSON.stringify(SKIP)};
      it('meets Redis', function () { skipBecause(this, 'no redis-server on PATH'); });`;
    const { skipped } = await mocha(test, { jobs: 2 });
    expect(skipped).to.deep.equal(['meets Redis (no redis-server on PATH)']);
  });

  it('runs the files that are named first before the others, and each once', async () => {
    const log = join(directory, 'log');
    const write = (name: string) =>
      writeFile(
        join(directory, `${name}.test.ts`),
        `import { appendFileSync } from 'node:fs';
        it('passes', () => appendFileSync(${JSON.stringify(log)}, '${name} '));`,
      );
    for (const name of ['a', 'b', 'slow']) await write(name);
    const suite = suiteOf([join(directory, 'slow.test.ts'), `${directory}/*.test.ts`]);
    await runSuite(suite, QUIET);
    expect(await readFile(log, 'utf8')).to.equal('slow a b ');
    expect(await runSuite({ ...suite, jobs: 2 }, QUIET)).to.include({ passed: 3, failed: 0 });
  });

  it('runs the tests of a file in an order that follows from SHUFFLE', async () => {
    const log = join(directory, 'log');
    const names = 'abcdefghxyzijkl';
    const suite = (isInOrder: boolean, titles: string, more = '') => `describe('', function () {
      ${isInOrder ? 'inOrder(this);' : ''}
      for (const title of '${titles}') it(title, () => appendFileSync(${JSON.stringify(log)}, title));
      ${more}
    });`;
    const suites = [suite(false, 'abcd'), suite(false, 'efgh'), suite(true, 'xyz', suite(false, 'ijkl'))];
    const orderWith = async (SHUFFLE: string) => {
      await rm(log, { force: true });
      const text = `import { appendFileSync } from 'node:fs';
        import { inOrder } from ${JSON.stringify(IN_ORDER)}; ${suites.join('')}`;
      await mocha(text, { env: { SHUFFLE } });
      return await readFile(log, 'utf8');
    };
    const order = await orderWith('1');
    expect([...order].sort()).to.deep.equal([...names].sort());
    expect(order.replace(/xyz.{4}/, '')).not.to.equal('abcdefgh');
    const [, within] = /xyz([ijkl]{4})/.exec(order) ?? [];
    expect(within, 'what follows the steps in order').to.be.a('string').and.not.equal('ijkl');
    expect(await orderWith('1')).to.equal(order);
    expect(await orderWith('2')).not.to.equal(order);
    expect(await orderWith('')).to.equal(names);
  });

  it('orders the tests of a file by SHUFFLE the same, alone and beside other files', async () => {
    const logOf = (name: string) => join(directory, `${name}.log`);
    const fileOf = (name: string) => join(directory, `${name}.test.ts`);
    for (const name of ['a', 'b'])
      await writeFile(
        fileOf(name),
        `import { appendFileSync } from 'node:fs';
        describe('', () => {
          for (const title of 'abcdefgh') it(title, () => appendFileSync(${JSON.stringify(logOf(name))}, title));
        });`,
      );
    const orderIn = async (...names: string[]) => {
      await rm(logOf('b'), { force: true });
      await runSuite(suiteOf(names.map(fileOf)), { ...QUIET, env: { ...QUIET.env, SHUFFLE: '7' } });
      return await readFile(logOf('b'), 'utf8');
    };
    const alone = await orderIn('b');
    expect(alone).not.to.equal('abcdefgh');
    expect(await orderIn('a', 'b')).to.equal(alone);
    expect(await readFile(logOf('a'), 'utf8')).not.to.equal(alone);
  });

  it('counts a SHUFFLE that is not a whole number as a failure', async () => {
    const outcome = await mocha(`describe('d', () => { it('t', () => {}); });`, { env: { SHUFFLE: 'yes' } });
    expect(outcome).to.include({ passed: 0, failed: 1 });
  });

  it('counts a failing hook', async () => {
    const outcome = await mocha(
      `describe('d', () => { before(() => { throw new Error('no'); }); it('t', () => {}); });`,
    );
    expect(outcome).to.include({ passed: 0, failed: 1 });
  });

  it('counts a crash amid the tests as a failure', async () => {
    const outcome = await mocha(`it('crashes', () => process.exit(0));`);
    expect(outcome).to.include({ passed: 0, failed: 1 });
    expect(outcome.notes).to.deep.equal(['ended before all tests had run (exit code 0)']);
  });

  it('counts a file that does not load as a failure', async () => {
    expect(await mocha(`import '../not-there.ts';`)).to.include({ passed: 0, failed: 1 });
  });

  it('counts a crash after good tests as a failure', async () => {
    const outcome = await mocha(
      `it('passes', () => { setTimeout(() => { throw new Error('late'); }, 20); });`,
    );
    expect(outcome).to.include({ passed: 1, failed: 1 });
  });

  it('counts an unhandled rejection, during the tests or after them', async () => {
    const reject = `setTimeout(() => { void Promise.reject(new Error('late')); }, 20);`;
    expect(await mocha(`it('hangs', (done) => { ${reject} });`)).to.include({ passed: 0, failed: 1 });
    expect(await mocha(`it('passes', () => { ${reject} });`)).to.include({ passed: 1, failed: 1 });
  });

  it('counts a suite without files, or without tests in them, as a failure', async () => {
    const none = await runSuite(suiteOf(['test/no-such-folder/*.test.ts']), QUIET);
    expect(none).to.include({ passed: 0, failed: 1 });
    expect(none.notes).to.deep.equal(['no test file matches test/no-such-folder/*.test.ts']);
    expect(await mocha('export {};')).to.include({ passed: 0, failed: 1 });
  });

  it('kills a suite that takes too long, and says so', async () => {
    const outcome = await mocha(`it('hangs', () => { while (true); });`, { withinMinutes: 1 / 120 });
    expect(outcome.failed).to.equal(1);
    expect(outcome.notes[0]).to.match(/^killed after/);
  });

  it('rejects when it is stopped', async () => {
    const stop = new AbortController();
    const running = runSuite(
      { name: 'tried', withinMinutes: 1, command: ['sleep', '1000'] },
      { ...QUIET, signal: stop.signal },
    );
    stop.abort();
    const error = await running.catch((reason: unknown) => reason);
    expect(error).to.have.property('name', 'AbortError');
  });

  function command(...words: CommandSuite['command']): Promise<Outcome> {
    return runSuite({ name: 'tried', withinMinutes: 1, command: words }, QUIET);
  }

  async function mocha(
    test: string,
    { env, ...options }: { jobs?: number; withinMinutes?: number; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Outcome> {
    const file = join(directory, 'tried.test.ts');
    await writeFile(file, test);
    return runSuite({ ...suiteOf([file]), ...options }, { ...QUIET, env: { ...QUIET.env, ...env } });
  }
});

function suiteOf(files: readonly string[]): MochaSuite & { name: string; withinMinutes: number } {
  return { name: 'tried', withinMinutes: 1, files, timeoutMs: 5_000, show: 'dot' };
}
