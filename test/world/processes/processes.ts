// Child processes of the tests and the demo. Each writes into a log file of its own, can be awaited until it
// is ready, and is ended by its id at the latest when our own process ends, in whatever way.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Watchdog } from './watchdog.ts';

export type ProcessOptions = {
  /** What messages call it; its log file is `<name>.log`. Started again, it appends to the same file. */
  readonly name: string;
  readonly command: string;
  readonly args?: readonly string[];
  /** The whole environment; default: our own. */
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
};

/** How a process ended: an exit code, or the signal that killed it. */
export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

/** What may be waited for: no boolean, whose false would count as an answer. */
export type Answer<T> = false extends T ? never : T;

const READY_WITHIN_MS = 60_000;
// Another process's readiness can only be polled. 50 ms is a small part of the fastest start here (0.3 s).
const ASK_EVERY_MS = 50;
// A well-behaved process stops within this; the operator promises it for SIGTERM.
const STOP_WITHIN_MS = 5_000;
const TAIL_LINES = 20;

/** The processes of one world, with their log files in one directory (made if missing). */
export class Processes implements AsyncDisposable {
  readonly directory: string;
  readonly #running = new Set<StartedProcess>();
  #watchdog: Watchdog | undefined;

  constructor(directory: string) {
    mkdirSync(directory, { recursive: true });
    this.directory = directory;
  }

  /** Resolves once the program runs, which is before it is ready. Rejects if it cannot be started. */
  async start(options: ProcessOptions): Promise<StartedProcess> {
    const watchdog = this.#watch();
    const log = new LogOfRun(join(this.directory, `${options.name}.log`));
    const child = spawnInto(log, options);
    const pid = child.pid ?? 0;
    // Before anything is awaited, so that no moment is left in which we can die and it stays.
    if (pid !== 0) watchdog.kill(pid);
    await once(child, 'spawn').catch((cause: unknown) => {
      throw new Error(`cannot start ${options.name}`, { cause });
    });
    const started = new StartedProcess(options.name, pid, child, log);
    this.#running.add(started);
    void started.exited.then(() => {
      this.#running.delete(started);
      watchdog.forget(pid);
    });
    return started;
  }

  /** Has a directory (an absolute path) removed when all is stopped, or we have died. */
  removeAtEnd(directory: string): void {
    this.#watch().remove(directory);
  }

  /** Stops all that still run, the last started first, each within `withinMs`. */
  async stop(withinMs: number = STOP_WITHIN_MS): Promise<void> {
    for (const each of [...this.#running].reverse()) await each.stop(withinMs);
    await this.#watchdog?.end();
    this.#watchdog = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #watch(): Watchdog {
    this.#watchdog ??= new Watchdog();
    return this.#watchdog;
  }
}

/** One run of a program, the leader of a process group of its own. `Processes.start` makes it. */
export class StartedProcess implements AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly exited: Promise<Exit>;
  readonly #log: LogOfRun;
  #exit: Exit | undefined;

  constructor(name: string, pid: number, child: ChildProcess, log: LogOfRun) {
    this.name = name;
    this.pid = pid;
    this.logFile = log.file;
    this.#log = log;
    this.exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exit = { code, signal };
        resolve(this.#exit);
      });
    });
  }

  /** How it ended; undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** What this run has written so far, standard output and error in one. */
  output(): string {
    return this.#log.read();
  }

  /**
   * Asks again and again, until the answer is something. Rejects, with the end of the log, when the process
   * ends first or time is up.
   */
  async until<T>(
    ask: () => Answer<T> | undefined | Promise<Answer<T> | undefined>,
    withinMs: number = READY_WITHIN_MS,
  ): Promise<T> {
    const deadline = performance.now() + withinMs;
    while (true) {
      const answer = await ask();
      if (this.#exit) throw new EndedEarlyError(this, this.#exit);
      if (answer !== undefined) return answer;
      if (performance.now() > deadline) {
        throw new Error(`${this.name} was not ready within ${withinMs / 1000} s. ${this.#log.tail()}`);
      }
      await delay(ASK_EVERY_MS);
    }
  }

  /** Resolves when `isReady` says so; else as `until`. */
  async ready(isReady: () => boolean | Promise<boolean>, withinMs?: number): Promise<void> {
    await this.until(async () => ((await isReady()) ? true : undefined), withinMs);
  }

  /** Resolves with the match once this run's output has `pattern`; else as `until`. */
  async printed(pattern: RegExp, withinMs?: number): Promise<RegExpExecArray> {
    return this.until(() => pattern.exec(this.output()) ?? undefined, withinMs);
  }

  /** Sends a signal to the process and to children of its own. Does nothing once it has ended. */
  kill(signal: NodeJS.Signals): void {
    if (this.#exit !== undefined) return;
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      // It has ended and we have not heard of it yet: Linux says ESRCH, macOS EPERM.
      if (!['ESRCH', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  /** Asks it to stop (SIGTERM), and kills it if it has not within the time. */
  async stop(withinMs: number = STOP_WITHIN_MS): Promise<Exit> {
    this.kill('SIGTERM');
    const killing = setTimeout(() => this.kill('SIGKILL'), withinMs);
    const exit = await this.exited;
    clearTimeout(killing);
    return exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Where to read more, and the last lines. */
  tail(): string {
    return this.#log.tail();
  }
}

/** A process ended before it was ready. */
export class EndedEarlyError extends Error {
  override readonly name = 'EndedEarlyError';
  /** All that it had written. */
  readonly output: string;

  constructor(ended: StartedProcess, exit: Exit) {
    const how = exit.signal ?? `exit code ${exit.code}`;
    super(`${ended.name} ended before it was ready (${how}). ${ended.tail()}`);
    this.output = ended.output();
  }
}

/** The part of a log file that one run writes: all after what was there before. */
class LogOfRun {
  readonly file: string;
  readonly descriptor: number;
  readonly #start: number;

  constructor(file: string) {
    this.file = file;
    this.descriptor = openSync(file, 'a');
    this.#start = statSync(file).size;
  }

  read(): string {
    return readFileSync(this.file).subarray(this.#start).toString();
  }

  tail(): string {
    return `The end of ${this.file}:\n${this.read().trimEnd().split('\n').slice(-TAIL_LINES).join('\n')}`;
  }
}

function spawnInto(log: LogOfRun, options: ProcessOptions): ChildProcess {
  try {
    return spawn(options.command, options.args ?? [], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: options.env ?? process.env,
      // A group of its own: Ctrl-C on a terminal reaches only us, and we decide the order of the end.
      detached: true,
      stdio: ['ignore', log.descriptor, log.descriptor],
    });
  } finally {
    closeSync(log.descriptor);
  }
}
