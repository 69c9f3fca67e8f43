/**
 * `make demo` without a terminal: it shows everything that it promises, reports what did not happen, and
 * leaves nothing behind, however it ends.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { builtMonitoringPrograms } from '../../world/monitoring/programs.ts';
import { ended } from '../../world/processes/ended.ts';

// 30 s on an idle machine.
const WITHIN_MS = 180_000;
/** What the demo consists of, as parts of command lines. */
const PARTS = ['etcd', 'kube-apiserver', 'simulator/main.ts', 'dist/main.js'];

/** What the end of the tour shows where Prometheus is built, as `make test` has it on a machine with Go. */
const ALERTS = [
  /6\. Alerts fire\n(.*\n)*? {2}critical {2}EdgeTranscodeJobNotAsExpected {2}stream2-hd {2}since [\d:]+Z\n {2}=> Object stream2-hd of namespace default is not in/,
  /6\. Alerts fire\n(.*\n)*? {2}warning {3}EdgeTranscodeJobNotReady {2}stream3-hd {2}since [\d:]+Z\n {2}=> Object stream3-hd of namespace default is not/,
  /docs\/runbooks\/EdgeTranscodeJobNotReady\.md$/m,
];
const WITHOUT_PROMETHEUS = [/6\. Alerts fire\n(.*\n)*?.*`make monitoring` builds it/];

describe('the demo', function () {
  this.timeout(WITHIN_MS);

  it('shows its tour, exits with 0 and leaves nothing behind', async () => {
    await using demo = await startDemo();
    const processes = await demo.processesAt('1. References become Ready');
    const isMonitored = builtMonitoringPrograms() !== undefined;
    for (const part of isMonitored ? [...PARTS, 'web.listen-address'] : PARTS)
      expect(processes.some(({ args }) => args.includes(part))).to.equal(true);
    expect(await demo.exitCode(), demo.errors()).to.equal(0);

    const lines = demo.output();
    for (const shown of [
      /^ {4}export KUBECONFIG=\/.*kubeconfig$/m,
      /^ {2}Status page {6}http:\/\/127\.0\.0\.1:\d+\/$/m,
      /^ {4}export CLOUD=http:\/\/127\.0\.0\.1:\d+$/m,
      /^ {2}NAME +READY +STATE +EXPECTED +FRESH +JOB +TYPE +AGE$/m,
      /^ {2}stream1-hd +True +Running +True +stream1-hd +common +\d+s$/m,
      /^ {2}stream3-hd +True +Unknown +Unknown +\d+s$/m,
      /startJob\n(.*\n)*? {2}stream2-hd +True +Running +True .*\n {2}=> AsExpected is True, MatchesExpectedState/,
      /stopJob\n(.*\n)*? {2}stream2-hd +True +NotStarted +False .*\n {2}=> AsExpected is False, DiffersFromExpectedState/,
      /removeJob\n(.*\n)*? {2}stream3-hd +False +NotFound .*\n {2}=> Ready is False, JobNotFound: .* has no job/,
      /\$ kubectl annotate etj stream1-hd --overwrite edgetranscode\.live\/requested-at=(\d+)\n(.*\n)* {2}=> status\.lastHandledRequestedAt is \1:/,
      // The API server goes through the fields in any order.
      /The EdgeTranscodeJob "refused" is invalid:\n(.*\n)*?.*\* spec\.interval: .* must be a duration of 5s to 24h/,
      /The EdgeTranscodeJob "refused" is invalid:\n(.*\n)*?.*\* spec\.jobID: .* must be the ID of a job/,
      ...(isMonitored ? ALERTS : WITHOUT_PROMETHEUS),
    ]) {
      expect(lines).to.match(shown);
    }
    expect(lines, 'colours').not.to.contain('\u001b');
    await demo.leftNothing(processes);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`ends at ${signal} in the middle of its tour and leaves nothing behind`, async () => {
      await using demo = await startDemo();
      const processes = await demo.processesAt('2. A job starts and stops');
      demo.child.kill(signal);
      expect(await demo.exitCode()).to.equal(code);
      await demo.leftNothing(processes);
    });
  }

  it('ends at SIGINT while it starts and leaves nothing behind', async () => {
    await using demo = await startDemo();
    const processes = await demo.processesAt('Simulated cloud');
    demo.child.kill('SIGINT');
    expect(await demo.exitCode()).to.equal(130);
    await demo.leftNothing(processes);
  });

  it('exits with 1 and prints the reason and the ends of the logs when the operator dies', async () => {
    await using demo = await startDemo();
    const processes = await demo.processesAt('2. A job starts and stops');
    const operator = processes.find(({ args }) => args.includes('dist/main.js'));
    process.kill(operator?.pid ?? 0, 'SIGKILL');
    expect(await demo.exitCode()).to.equal(1);
    expect(demo.errors()).to.equal('\ndemo: the operator ended (SIGKILL)\n');
    expect(demo.output()).to.match(/The end of operator\.log:\n\{"level":"info"/);
    expect(demo.output()).not.to.contain('simulator-secret');
    await demo.leftNothing(processes);
  });

  it('exits with 1 and prints the reason on a machine that cannot run it', async () => {
    await using demo = await startDemo({ KUBEBUILDER_ASSETS: '/nonexistent' });
    expect(await demo.exitCode()).to.equal(1);
    expect(demo.errors()).to.match(/^\ndemo: KUBEBUILDER_ASSETS is \/nonexistent, which has no program etcd/);
    await demo.leftNothing([]);
  });
});

interface RunningProcess {
  readonly pid: number;
  readonly args: string;
}

class Demo implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly #directory: AsyncDisposable & { readonly path: string };
  readonly #closed: Promise<unknown>;
  #output = '';
  #errors = '';

  constructor(child: ChildProcess, directory: AsyncDisposable & { readonly path: string }) {
    this.child = child;
    this.#directory = directory;
    this.#closed = once(child, 'close');
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
  }

  output(): string {
    return this.#output;
  }

  errors(): string {
    return this.#errors;
  }

  /**
   * Resolves with the processes that it has started, once it has printed `text`. Rejects if it ends before.
   */
  async processesAt(text: string): Promise<RunningProcess[]> {
    const over = this.#closed.then(() => {
      throw new Error(`the demo ended before it printed “${text}”: ${this.#output}${this.#errors}`);
    });
    over.catch(() => {});
    while (!this.#output.includes(text)) {
      await Promise.race([once(this.child.stdout as NonNullable<ChildProcess['stdout']>, 'data'), over]);
    }
    return childrenOf(this.child.pid ?? 0);
  }

  async exitCode(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  /** Resolves when none of them runs any more, and neither a file nor a folder is left of it. */
  async leftNothing(processes: readonly RunningProcess[]): Promise<void> {
    for (const { pid } of processes) await ended(pid);
    expect(await readdir(join(this.#directory.path, 'tmp'))).to.deep.equal([]);
    expect(await readdir(join(this.#directory.path, 'home'))).to.deep.equal([]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await this.#closed;
    await this.#directory[Symbol.asyncDispose]();
  }
}

/** Starts a demo with its own home and temporary directory. */
async function startDemo(environment: NodeJS.ProcessEnv = {}): Promise<Demo> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'demo-test-'));
  const [temporary, home] = [join(directory.path, 'tmp'), join(directory.path, 'home')];
  await mkdir(temporary);
  await mkdir(home);
  const child = spawn(process.execPath, ['test/world/demo/main.ts'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      TMPDIR: temporary,
      HOME: home,
      // The programs of the control plane are there, and are not made again.
      XDG_CACHE_HOME: process.env.XDG_CACHE_HOME || join(homedir(), '.cache'),
      ...environment,
    },
  });
  return new Demo(child, directory);
}

/** Every part of the demo is a child of its process, as are the shells that would clear up after it. */
async function childrenOf(parent: number): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const [, pid, ppid, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(ppid) === parent ? [{ pid: Number(pid), args }] : [];
  });
}
