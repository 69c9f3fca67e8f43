// `make test`: all suites, a table of them, and `N passed, N failed` as the last line. Exit code 1 if
// anything failed. `node scripts/test/main.ts unit guards` runs just these.

import { spawn } from 'node:child_process';
import { mkdtempDisposable, open, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildEnvironment, testEnvironment } from './environment.ts';
import { failSkipped, failures, type Outcome, summary } from './outcome.ts';
import { runSuite } from './run-suite.ts';
import { shuffleNumber } from './shuffle.ts';
import { STAGES, type Suite } from './suites.ts';

type Readiness = { readonly is: 'ready' } | { readonly is: 'missing' | 'failed'; readonly why: string };

// As build.ts says it: this machine cannot provide a control plane.
const CANNOT_HERE = 3;

refuseBadShuffle(process.env);
const wanted = chosen(process.argv.slice(2));
const stop = new AbortController();
process.once('SIGINT', () => stop.abort()).once('SIGTERM', () => stop.abort());

try {
  const outcomes = await runAll(wanted, stop.signal);
  console.log(`\n${summary(outcomes)}`);
  process.exitCode = failures(outcomes) > 0 ? 1 : 0;
} catch (error) {
  if (!stop.signal.aborted) throw error;
  console.log('\nstopped');
  process.exitCode = 130;
}

/** Tells a mistake before any suite runs. */
function refuseBadShuffle({ SHUFFLE }: NodeJS.ProcessEnv): void {
  if (!SHUFFLE) return;
  try {
    shuffleNumber(SHUFFLE);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(2);
  }
}

/** The stages with the suites of these names alone; all without a name. */
function chosen(names: readonly string[]): typeof STAGES {
  const known = STAGES.flat().map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    console.error(`no suite ${unknown.join(', ')}; there are: ${known.join(', ')}`);
    process.exit(2);
  }
  return names.length === 0
    ? STAGES
    : STAGES.map((stage) => stage.filter(({ name }) => names.includes(name)));
}

async function runAll(stages: typeof STAGES, signal: AbortSignal): Promise<Outcome[]> {
  const needed = stages.flat().some(({ needsControlPlane }) => needsControlPlane);
  const controlPlane = needed ? buildPrograms(signal) : Promise.resolve<Readiness>({ is: 'ready' });
  const outcomes: Outcome[] = [];
  for (const [index, stage] of stages.entries()) {
    if (index > 0) await controlPlane;
    outcomes.push(...(await runStage(stage, outcomes, controlPlane, signal)));
  }
  return process.env.CI === 'true' ? outcomes.map(failSkipped) : outcomes;
}

async function runStage(
  stage: readonly Suite[],
  before: readonly Outcome[],
  controlPlane: Promise<Readiness>,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const isBeside = ({ mostlyWaits }: Suite) => mostlyWaits === true && stage.length > 1;
  const inTurn = (async () => {
    const outcomes: Outcome[] = [];
    for (const suite of stage)
      if (!isBeside(suite))
        outcomes.push((await notRun(suite, before, controlPlane)) ?? (await shown(suite, signal)));
    return outcomes;
  })();
  const beside = stage
    .filter(isBeside)
    .map(async (suite) => (await notRun(suite, before, controlPlane)) ?? shownAfter(inTurn, suite, signal));
  return (await Promise.all([inTurn, ...beside])).flat();
}

async function shown(suite: Suite, signal: AbortSignal): Promise<Outcome> {
  console.log(`\n── ${suite.name} ──`);
  return runSuite(suite, { env: testEnvironment(process.env), signal });
}

/** Runs a suite, and keeps its output until the others have ended: it would come between their lines. */
async function shownAfter(others: Promise<unknown>, suite: Suite, signal: AbortSignal): Promise<Outcome> {
  console.log(`\n${suite.name} runs beside the next suites, and its output follows theirs`);
  await using directory = await mkdtempDisposable(join(tmpdir(), 'output-'));
  const file = join(directory.path, suite.name);
  await using output = await open(file, 'w');
  try {
    return await runSuite(suite, { env: testEnvironment(process.env), signal, output: output.fd });
  } finally {
    await others.catch(() => undefined);
    console.log(`\n── ${suite.name} ──\n${await readFile(file, 'utf8')}`);
  }
}

/** The outcome of a suite that lacks what it needs; undefined if it can run. */
async function notRun(
  suite: Suite,
  before: readonly Outcome[],
  controlPlane: Promise<Readiness>,
): Promise<Outcome | undefined> {
  const none = { suite: suite.name, seconds: 0, passed: 0, failed: 0, skipped: [], notes: [] };
  const broken = before.find((outcome) => outcome.suite === suite.needsSuite && outcome.failed > 0);
  if (broken) return { ...none, failed: 1, notes: [`not run, because ${broken.suite} failed`] };
  if (!suite.needsControlPlane) return undefined;
  const state = await controlPlane;
  switch (state.is) {
    case 'ready':
      return undefined;
    case 'missing':
      return { ...none, skipped: [`all of it: ${state.why}`] };
    case 'failed':
      return { ...none, failed: 1, notes: [`not run, because ${state.why}`] };
  }
}

/**
 * Builds the programs of the control plane, Helm and Prometheus unless they are there. Without the last two
 * some tests are skipped, without a control plane whole suites. Never rejects.
 */
async function buildPrograms(signal: AbortSignal): Promise<Readiness> {
  const controlPlane = await build('control-plane/binaries/build.ts', signal);
  if (controlPlane.is === 'ready') {
    await build('helm/build.ts', signal);
    await build('monitoring/build.ts', signal);
  }
  return controlPlane;
}

/** Shows the progress. Never rejects. */
async function build(name: string, signal: AbortSignal): Promise<Readiness> {
  const program = join(import.meta.dirname, '../../test/world', name);
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: buildEnvironment(process.env),
    signal,
  });
  child.on('error', () => {});
  let last = 'its build said nothing';
  createInterface(child.stderr).on('line', (line) => {
    console.error(line);
    last = line;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code === 0) return { is: 'ready' };
  return code === CANNOT_HERE ? { is: 'missing', why: last } : { is: 'failed', why: `${name} failed` };
}
