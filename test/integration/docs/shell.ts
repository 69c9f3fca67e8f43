/**
 * A shell in which the commands of a page run as a reader would type them: at the root of the repository,
 * with kubectl and helm on PATH, and with nothing of the user's own settings.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../guards/deploy/manifests.ts';

/** Nothing here takes longer on a busy machine; kubectl waits for 30 s by default. */
const ENDS_WITHIN_MS = 90_000;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Shell implements AsyncDisposable {
  readonly #folder: string;
  readonly #kubeconfig: string;

  constructor(folder: string, kubeconfig: string) {
    this.#folder = folder;
    this.#kubeconfig = kubeconfig;
  }

  /** Runs one command in bash; a pipe fails if a part of it fails. A failure is in the result. */
  run(command: string): Promise<Ended> {
    const env = {
      PATH: `${this.#folder}/bin:${process.env.PATH}`,
      HOME: this.#folder,
      KUBECONFIG: this.#kubeconfig,
      KUBERC: 'off',
    };
    const options = { cwd: ROOT, env, timeout: ENDS_WITHIN_MS, maxBuffer: 64 * 1024 * 1024 };
    return new Promise((resolve, reject) => {
      execFile('bash', ['-o', 'pipefail', '-c', command], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else reject(new Error(`did not run to its end: ${command}`, { cause: error }));
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** @param programs the paths of the programs by the names that pages call them */
export async function openShell(
  kubeconfig: string,
  programs: Readonly<Record<string, string>>,
): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'shell-'));
  await mkdir(join(folder, 'bin'));
  for (const [name, path] of Object.entries(programs)) await symlink(path, join(folder, 'bin', name));
  return new Shell(folder, kubeconfig);
}
