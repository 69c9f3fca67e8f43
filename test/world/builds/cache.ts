// What takes long to make is made once on a machine, for all clones of this repository. A folder of the
// cache is complete from the moment it can be seen, also with two processes making it at once or one dying.

import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { lock } from './lock.ts';

const UNFINISHED = '.unfinished-';
// Nothing here takes an hour to make, so what is older than a day was abandoned.
const ABANDONED_AFTER_MS = 24 * 60 * 60_000;

/**
 * The folder `name` of the cache. If it is not there, `fill` fills a folder that then takes the name; the
 * name therefore says all that the content depends on. One is made at a time: each needs the whole machine.
 */
export async function cachedFolder(
  name: string,
  fill: (folder: string) => Promise<void>,
  report: (line: string) => void,
): Promise<string> {
  const root = cache();
  const folder = join(root, name);
  if (existsSync(folder)) return folder;
  await mkdir(root, { recursive: true });
  // A short name: the path of a socket may have about 100 bytes.
  await using _held = await lock(join(root, 'lock'), () => report(`waiting for another build into ${root}`));
  if (!existsSync(folder)) await make(folder, fill);
  await removeAbandoned(root);
  return folder;
}

/** The folder `name` of the cache; undefined if it is not made yet. */
export function madeFolder(name: string): string | undefined {
  const folder = join(cache(), name);
  return existsSync(folder) ? folder : undefined;
}

function cache(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'edge-transcode-job-operator');
}

async function make(folder: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const unfinished = await mkdtemp(`${folder}${UNFINISHED}`);
  try {
    await fill(unfinished);
    await chmod(unfinished, 0o755);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process has put the same folder there.
    if (!existsSync(folder)) throw error;
  }
}

async function removeAbandoned(root: string): Promise<void> {
  for (const name of await readdir(root)) {
    if (!name.includes(UNFINISHED)) continue;
    const folder = join(root, name);
    const age = Date.now() - (await stat(folder)).mtimeMs;
    if (age > ABANDONED_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}
