// What Argo CD makes of an object by a health script: main.go runs it, built with the gopher-lua that go.mod
// and go.sum pin.

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { cachedFolder } from '../builds/cache.ts';
import { goBuild, requireGo } from '../builds/go-build.ts';
import { Processes } from '../processes/processes.ts';

const MODULE = import.meta.dirname;
const SOURCES = ['main.go', 'go.mod', 'go.sum'];

export interface Health {
  readonly status: 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended' | 'Missing' | 'Unknown';
  readonly message: string;
}

export type HealthOf = (objects: readonly object[]) => Promise<Health[]>;

/**
 * Returns a function that gives the health of each object by the script at the path. Rejects with
 * MissingToolError when there is no Go to build the program with; the function rejects with what Lua said.
 */
export async function argocdHealth(script: string): Promise<HealthOf> {
  const program = await healthProgram();
  return async (objects) => {
    const child = spawn(program, [script]);
    // A program that fails may not read it all.
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(objects));
    const closed = once(child, 'close');
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const [code] = await closed;
    if (code !== 0) throw new Error(`${script}: ${stderr}`);
    return JSON.parse(stdout);
  };
}

async function healthProgram(): Promise<string> {
  const sources = await Promise.all(SOURCES.map((name) => readFile(join(MODULE, name), 'utf8')));
  const hash = createHash('sha256').update(sources.join()).digest('hex').slice(0, 12);
  const folder = await cachedFolder(`argocd-${platform()}-${arch()}-${hash}`, build, () => undefined);
  return join(folder, 'health');
}

async function build(folder: string): Promise<void> {
  await requireGo(MODULE, 'run the other tests only');
  await using processes = new Processes(join(folder, 'build-logs'));
  const output = join(folder, 'health');
  await goBuild({ module: MODULE, package: '.', output, ldflags: '-s -w' }, processes, () => undefined);
}
