/**
 * A real nginx. NGINX names one; else it is the one on PATH; else that of Debian's package, which is unpacked
 * into the cache and not installed.
 */
import { execFile } from 'node:child_process';
import { access, readdir, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { cachedFolder } from '../builds/cache.ts';
import { MissingToolError } from '../builds/go-build.ts';

const run = promisify(execFile);

const INSIDE = 'usr/sbin/nginx';

/** Rejects with MissingToolError where none can be had, saying what is missing. */
export async function nginxProgram(): Promise<string> {
  if (process.env.NGINX) return process.env.NGINX;
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'])
    if (await exists(join(folder, 'nginx'))) return join(folder, 'nginx');
  return join(await cachedFolder('nginx-of-debian', fill, () => undefined), INSIDE);
}

async function fill(folder: string): Promise<void> {
  try {
    await run('apt-get', ['download', 'nginx'], { cwd: folder });
    const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
    await run('dpkg', ['--extract', archive, '.'], { cwd: folder });
    await rm(join(folder, archive));
  } catch {
    throw new MissingToolError('no nginx: install it, or name one in NGINX');
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
