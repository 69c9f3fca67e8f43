/** Runs `kubectl etj` as its user does: the bundled file, found by kubectl in the PATH. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { StartedProcess } from '../../world/processes/processes.ts';
import type { World } from '../support/world.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ENDS_WITHIN_MS = 30_000;
const MAX_OUTPUT_BYTES = 64 * 1_024 * 1_024;

export class Etj {
  readonly #world: World;
  readonly #folder: string;
  #runs = 0;
  /** What all runs to an end wrote. */
  #written = '';

  private constructor(world: World, folder: string) {
    this.#world = world;
    this.#folder = folder;
  }

  /** Copies the file into a folder of its own: it needs nothing that is beside it. */
  static async installed(world: World): Promise<Etj> {
    const folder = join(world.controlPlane.directory, 'bin');
    await mkdir(folder, { recursive: true });
    await copyFile('dist/kubectl-etj', join(folder, 'kubectl-etj'));
    const program = `${await shownBy('dist/kubectl-etj', 'completion')}\n`;
    await writeFile(join(folder, 'kubectl_complete-etj'), program, { mode: 0o755 });
    return new Etj(world, folder);
  }

  /** Runs to the end, with what it wrote. */
  run(...args: string[]): Promise<Ended> {
    return this.#run({}, this.#program, ['etj', ...args]);
  }

  /** Runs with further variables of the environment. */
  runWith(variables: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
    return this.#run(variables, this.#program, ['etj', ...args]);
  }

  /** What the shell calls for the candidates of the last word: kubectl, which asks the plugin. */
  async completed(...words: string[]): Promise<string[]> {
    const { stdout } = await this.#run({}, this.#program, ['__complete', 'etj', ...words]);
    return stdout.trimEnd().split('\n');
  }

  /** Runs a line of a shell, on a terminal. What it writes holds the terminal's codes. */
  onTerminal(columns: number, line: string): Promise<Ended> {
    const command = `stty columns ${columns}; ${line}`;
    return this.#run({ TERM: 'xterm-256color' }, 'script', [
      '--quiet',
      '--return',
      '--command',
      command,
      '/dev/null',
    ]);
  }

  /** Runs a line of a shell. */
  inShell(line: string): Promise<Ended> {
    return this.#run({}, 'bash', ['-c', `set -o pipefail; ${line}`]);
  }

  /** What all runs to an end wrote so far. */
  get written(): string {
    return this.#written;
  }

  #run(variables: NodeJS.ProcessEnv, program: string, args: readonly string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const env = { ...this.#environment, ...variables };
      const options = { env, timeout: ENDS_WITHIN_MS, maxBuffer: MAX_OUTPUT_BYTES };
      const child = execFile(program, args, options, (_error, stdout, stderr) => {
        this.#written += stdout + stderr;
        resolve({ code: child.exitCode, stdout, stderr });
      });
      child.stdin?.end();
    });
  }

  start(...args: string[]): Promise<StartedProcess> {
    this.#runs += 1;
    const name = `etj-${this.#runs}`;
    const env = this.#environment;
    return this.#world.processes.start({ name, command: this.#program, args: ['etj', ...args], env });
  }

  get #program(): string {
    return this.#world.controlPlane.kubectlProgram;
  }

  get #environment(): NodeJS.ProcessEnv {
    const { kubeconfig, directory } = this.#world.controlPlane;
    const path = [this.#folder, dirname(this.#program), dirname(process.execPath), '/usr/bin', '/bin'].join(
      ':',
    );
    return { PATH: path, KUBECONFIG: kubeconfig, HOME: directory };
  }
}

/** The fields of a line of a table. */
export function fieldsOf(line: string | undefined): string[] {
  return (line ?? '').split(/ {2,}/);
}

async function shownBy(program: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args);
  return stdout;
}
