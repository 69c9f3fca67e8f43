// The linters of the Dockerfile and of .github, of the versions that requirements.txt, go.mod and go.sum pin.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from '../builds/cache.ts';
import { goBuild, requireGo } from '../builds/go-build.ts';
import { programsOfWheels } from '../builds/wheels.ts';
import { Processes } from '../processes/processes.ts';

const MODULE = import.meta.dirname;
const REQUIREMENTS = join(MODULE, 'requirements.txt');
const OTHERWISE = 'run the other tests only';

/** Paths of programs. */
export type Linters = {
  /** Dockerfiles. */
  readonly hadolint: string;
  /** Workflows: whether GitHub understands them. */
  readonly actionlint: string;
  /** The shell in workflows, called by actionlint. Undefined where there is none for this system. */
  readonly shellcheck: string | undefined;
  /** Workflows and Dependabot: whether they are safe. */
  readonly zizmor: string;
};

/**
 * Downloads and builds them if needed, within a minute. Rejects with MissingToolError when there is no Python
 * or no Go, saying what to install.
 */
export async function linters(): Promise<Linters> {
  const pins = ['requirements.txt', 'go.mod', 'go.sum'].map((name) => readFile(join(MODULE, name), 'utf8'));
  const hash = createHash('sha256')
    .update((await Promise.all(pins)).join())
    .digest('hex')
    .slice(0, 12);
  const folder = await cachedFolder(`linters-${platform()}-${arch()}-${hash}`, fill, () => undefined);
  const shellcheck = join(folder, 'shellcheck');
  return {
    hadolint: join(folder, 'hadolint'),
    actionlint: join(folder, 'actionlint'),
    shellcheck: existsSync(shellcheck) ? shellcheck : undefined,
    zizmor: join(folder, 'zizmor'),
  };
}

async function fill(folder: string): Promise<void> {
  await requireGo(MODULE, OTHERWISE);
  await programsOfWheels(folder, {
    requirements: REQUIREMENTS,
    inside: String.raw`[^/]+\.data/scripts/\w+`,
    otherwise: OTHERWISE,
  });
  await using processes = new Processes(join(folder, 'build-logs'));
  const output = join(folder, 'actionlint');
  const program = 'github.com/rhysd/actionlint/cmd/actionlint';
  await goBuild({ module: MODULE, package: program, output, ldflags: '-s -w' }, processes, () => undefined);
}
