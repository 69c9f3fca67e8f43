// Programs built from a pinned Go module: its go.mod names them as tools, with the version of everything.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Processes } from '../processes/processes.ts';

const PROGRESS_EVERY_MS = 15_000;

/** This machine cannot provide something. The message says what to install. */
export class MissingToolError extends Error {
  override readonly name = 'MissingToolError';
}

export type GoBuild = {
  /** The folder of the go.mod. */
  readonly module: string;
  readonly package: string;
  /** The file to write. Its last part also names the log. */
  readonly output: string;
  readonly ldflags: string;
  /** Build tags, separated by commas. Default: none. */
  readonly tags?: string;
};

/**
 * Builds one program. `report` gets a line at the start and now and then. The error of a failed build has the
 * end of its log.
 */
export async function goBuild(
  build: GoBuild,
  processes: Processes,
  report: (line: string) => void,
): Promise<void> {
  const name = build.output.split('/').at(-1) ?? build.output;
  const started = performance.now();
  const progress = (): void =>
    report(`building ${name}, ${Math.round((performance.now() - started) / 1000)} s`);
  progress();
  const compiler = await processes.start({
    name,
    command: 'go',
    args: [
      ...['build', '-mod=readonly', '-tags', build.tags ?? '', '-ldflags', build.ldflags],
      ...['-o', build.output, build.package],
    ],
    cwd: build.module,
    // What it leaves when it is killed goes with the folder.
    env: { ...goEnvironment(), GOTMPDIR: dirname(build.output) },
  });
  const reporting = setInterval(progress, PROGRESS_EVERY_MS);
  const { code } = await compiler.exited;
  clearInterval(reporting);
  if (code !== 0) throw new Error(`cannot build ${name} with Go. ${compiler.tail()}`);
}

/**
 * Rejects with MissingToolError unless a Go is on PATH that is new enough for the module (or can fetch one
 * that is).
 */
export async function requireGo(module: string, otherwise: string): Promise<void> {
  const needed = /^go (\d+\.\d+)/m.exec(await readFile(join(module, 'go.mod'), 'utf8'))?.[1] ?? '';
  const found = await goVersion(module);
  if (found === undefined)
    throw new MissingToolError(`Go is not on PATH: install Go ${needed} or newer, or ${otherwise}`);
  if (isOlder(found, needed)) {
    throw new MissingToolError(`Go ${found} is too old: install Go ${needed} or newer, or ${otherwise}`);
  }
}

/**
 * Such as `1.26.8`; undefined without a Go. Asked in the module's folder, where a Go may step up to another
 * version.
 */
async function goVersion(module: string): Promise<string | undefined> {
  try {
    const go = await promisify(execFile)('go', ['env', 'GOVERSION'], { cwd: module, env: goEnvironment() });
    return /go(\d+\.\d+(\.\d+)?)/.exec(go.stdout)?.[1] ?? '0.0';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // Such as "go.mod requires go >= 1.26.0 (running go 1.24.0; GOTOOLCHAIN=local)".
    const tooOld = /running go ?(\d+\.\d+(\.\d+)?)/.exec(String(error));
    if (tooOld?.[1] === undefined) throw error;
    return tooOld[1];
  }
}

function isOlder(found: string, needed: string): boolean {
  const [major = 0, minor = 0] = found.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = needed.split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}

/** No C compiler needed, and no workspace of the user's in the way. */
function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
}
