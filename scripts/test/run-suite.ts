// Runs one suite, and says what it came to.

import { spawn } from 'node:child_process';
import { glob, mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Counts, type Ending, judge, type Outcome } from './outcome.ts';
import type { CommandSuite, MochaSuite, Suite } from './suites.ts';

const REPORTER = join(import.meta.dirname, 'counting-reporter.ts');
const FAIL_ON_REJECTION = join(import.meta.dirname, 'fail-on-rejection.ts');
const SHUFFLE = join(import.meta.dirname, 'shuffle.ts');
const MOCHA = resolve(import.meta.dirname, '../../node_modules/mocha/bin/mocha.js');
const MINUTE_MS = 60_000;

export type RunOptions = {
  /** The whole environment of the suite's processes. */
  readonly env: NodeJS.ProcessEnv;
  /** Aborting it kills them, and `runSuite` rejects. */
  readonly signal: AbortSignal;
  /** Where what they print goes, such as the descriptor of a file; default: where ours goes. */
  readonly output?: 'inherit' | 'ignore' | number;
};

type Verdict = Omit<Outcome, 'suite' | 'seconds'>;

/** Rejects only when it is aborted: whatever else happens is an outcome. */
export async function runSuite(suite: Suite, options: RunOptions): Promise<Outcome> {
  options.signal.throwIfAborted();
  const started = performance.now();
  const timeout = AbortSignal.timeout(suite.withinMinutes * MINUTE_MS);
  const bounded = { ...options, signal: AbortSignal.any([options.signal, timeout]) };
  const verdict = await ('command' in suite ? runCommand(suite, bounded) : runMocha(suite, bounded));
  options.signal.throwIfAborted();
  const seconds = (performance.now() - started) / 1000;
  const notes = timeout.aborted
    ? [`killed after ${suite.withinMinutes} min`, ...verdict.notes]
    : verdict.notes;
  return { ...verdict, suite: suite.name, seconds, notes };
}

async function runCommand({ command }: CommandSuite, options: RunOptions): Promise<Verdict> {
  const [program, ...args] = command;
  const { code } = await run(program, args, options);
  return code === 0
    ? { passed: 1, failed: 0, skipped: [], notes: [] }
    : { passed: 0, failed: 1, skipped: [], notes: [`${command.join(' ')} failed`] };
}

async function runMocha(suite: MochaSuite, options: RunOptions): Promise<Verdict> {
  const { files, unmatched } = await filesOf(suite);
  if (unmatched.length > 0) {
    return { passed: 0, failed: 1, skipped: [], notes: [`no test file matches ${unmatched.join(', ')}`] };
  }
  await using results = await mkdtempDisposable(join(tmpdir(), 'counts-'));
  const counts = join(results.path, 'counts.json');
  const ending = await run(
    process.execPath,
    [MOCHA, ...mochaOptions(suite, counts, options), ...files],
    options,
  );
  return judge(await readCounts(counts), ending);
}

function mochaOptions(
  { timeoutMs, show, jobs = 1 }: MochaSuite,
  counts: string,
  { env }: RunOptions,
): string[] {
  return [
    `--require=${FAIL_ON_REJECTION}`,
    ...(env.SHUFFLE ? [`--require=${SHUFFLE}`] : []),
    `--timeout=${timeoutMs}`,
    `--reporter=${REPORTER}`,
    `--reporter-option=counts=${counts}`,
    `--reporter-option=show=${show}`,
    ...(jobs > 1 ? ['--parallel', `--jobs=${jobs}`] : []),
  ];
}

async function filesOf({ files }: MochaSuite): Promise<{ files: string[]; unmatched: string[] }> {
  const found: string[] = [];
  const unmatched: string[] = [];
  for (const pattern of files) {
    const matches: string[] = [];
    for await (const file of glob(pattern)) matches.push(file);
    if (matches.length === 0) unmatched.push(pattern);
    found.push(...matches.sort((one, other) => (one < other ? -1 : 1)));
  }
  return { files: found, unmatched };
}

/** Undefined if mocha did not come to its end. */
async function readCounts(file: string): Promise<Counts | undefined> {
  const counts = await readFile(file, 'utf8').catch(() => undefined);
  return counts === undefined ? undefined : (JSON.parse(counts) as Counts);
}

function run(program: string, args: readonly string[], options: RunOptions): Promise<Ending> {
  const { env, signal, output = 'inherit' } = options;
  return new Promise((done) => {
    const child = spawn(program, args, {
      stdio: ['ignore', output, output],
      env,
      signal,
      killSignal: 'SIGKILL',
    });
    child.once('exit', (code, killedBy) => done({ code, signal: killedBy }));
    child.once('error', (error) => {
      // An aborted one has its exit still to come.
      if (child.pid !== undefined) return;
      process.stderr.write(`cannot run ${program}: ${error.message}\n`);
      done({ code: 127, signal: null });
    });
  });
}
