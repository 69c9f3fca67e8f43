// krew, the manager of kubectl plugins, and the program with which its index checks manifests: built from the
// version that go.mod and go.sum pin.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from '../builds/cache.ts';
import { goBuild, requireGo } from '../builds/go-build.ts';
import { Processes } from '../processes/processes.ts';

const MODULE = import.meta.dirname;

/** Names of the programs. The first is that by which kubectl finds it: `kubectl krew`. */
const PROGRAMS = { 'kubectl-krew': 'krew', 'validate-krew-manifest': 'validate-krew-manifest' } as const;

/**
 * Returns the folder with `kubectl-krew` and `validate-krew-manifest`. Builds them if needed, within a
 * minute. Rejects with MissingToolError when there is no Go to build them with.
 */
export async function krewFolder(): Promise<string> {
  const pins = await Promise.all(['go.mod', 'go.sum'].map((name) => readFile(join(MODULE, name), 'utf8')));
  const hash = createHash('sha256').update(pins.join()).digest('hex').slice(0, 12);
  return cachedFolder(`krew-${platform()}-${arch()}-${hash}`, fill, () => undefined);
}

async function fill(folder: string): Promise<void> {
  await requireGo(MODULE, 'run the other tests only');
  await using processes = new Processes(join(folder, 'build-logs'));
  for (const [name, command] of Object.entries(PROGRAMS)) {
    const output = join(folder, name);
    const program = `sigs.k8s.io/krew/cmd/${command}`;
    await goBuild({ module: MODULE, package: program, output, ldflags: '-s -w' }, processes, () => undefined);
  }
}
