// Helm, built from the versions that go.mod and go.sum pin, or the program that HELM names.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from '../builds/cache.ts';
import { goBuild, requireGo } from '../builds/go-build.ts';
import { Processes } from '../processes/processes.ts';

const MODULE = import.meta.dirname;
const PACKAGE = 'helm.sh/helm/v4/cmd/helm';

/**
 * Returns the path of the program. `report` gets a line now and then while it is built, which takes minutes.
 * Rejects with MissingToolError when there is no Go to build it with.
 */
export async function helmProgram(report: (line: string) => void = () => undefined): Promise<string> {
  if (process.env.HELM) return process.env.HELM;
  const pinned = await Promise.all(['go.mod', 'go.sum'].map((name) => readFile(join(MODULE, name), 'utf8')));
  const hash = createHash('sha256').update(pinned.join()).digest('hex').slice(0, 12);
  const name = `helm-${platform()}-${arch()}-${hash}`;
  return join(await cachedFolder(name, (folder) => build(folder, report), report), 'helm');
}

async function build(folder: string, report: (line: string) => void): Promise<void> {
  await requireGo(MODULE, 'name a Helm 4 in HELM');
  report('building Helm, once on this machine: about 5 minutes on 2 cores');
  await using processes = new Processes(join(folder, 'build-logs'));
  const output = join(folder, 'helm');
  await goBuild({ module: MODULE, package: PACKAGE, output, ldflags: '-s -w' }, processes, report);
}
