// The Lua that Argo CD runs its health scripts in (gopher-lua), built from the versions that go.mod and
// go.sum pin.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { cachedFolder } from '../builds/cache.ts';
import { goBuild, requireGo } from '../builds/go-build.ts';
import { Processes } from '../processes/processes.ts';

const MODULE = import.meta.dirname;

/** Returns the path of the program. Rejects with MissingToolError when there is no Go to build it with. */
export async function luaProgram(): Promise<string> {
  const pinned = await Promise.all(['go.mod', 'go.sum'].map((name) => readFile(join(MODULE, name), 'utf8')));
  const hash = createHash('sha256').update(pinned.join()).digest('hex').slice(0, 12);
  const folder = await cachedFolder(`lua-${platform()}-${arch()}-${hash}`, build, () => undefined);
  return join(folder, 'glua');
}

async function build(folder: string): Promise<void> {
  await requireGo(MODULE, 'run the other tests only');
  await using processes = new Processes(join(folder, 'build-logs'));
  const output = join(folder, 'glua');
  const program = 'github.com/yuin/gopher-lua/cmd/glua';
  await goBuild({ module: MODULE, package: program, output, ldflags: '-s -w' }, processes, () => undefined);
}
