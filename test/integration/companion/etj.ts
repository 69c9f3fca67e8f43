/** Runs `kubectl etj` as its user does: the bundled file, found by kubectl in the PATH. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { StartedProcess } from '../../world/processes/processes.ts';
import type { World } from '../support/world.ts';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const ENDS_WITHIN_MS = 30_000;

export class Etj {
  readonly #world: World;
  readonly #folder: string;
  #runs = 0;

  private constructor(world: World, folder: string) {
    this.#world = world;
    this.#folder = folder;
  }

  /** Copies the file into a folder of its own: it needs nothing that is beside it. */
  static async installed(world: World): Promise<Etj> {
    const folder = join(world.controlPlane.directory, 'bin');
    await mkdir(folder, { recursive: true });
    await copyFile('dist/kubectl-etj', join(folder, 'kubectl-etj'));
    return new Etj(world, folder);
  }

  /** Runs to the end, with what it wrote. */
  run(...args: string[]): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { env: this.#environment, timeout: ENDS_WITHIN_MS };
      const child = execFile(this.#program, ['etj', ...args], options, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
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
    const path = [this.#folder, dirname(process.execPath), '/usr/bin', '/bin'].join(':');
    return { PATH: path, KUBECONFIG: kubeconfig, HOME: directory };
  }
}

/** The fields of a line of a table. */
export function fieldsOf(line: string | undefined): string[] {
  return (line ?? '').split(/ {2,}/);
}
