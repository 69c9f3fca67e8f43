// The files of a Go module of a pinned version and hash, fetched by Go's own client.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { MissingToolError } from './go-build.ts';

export type GoModule = {
  readonly path: string;
  readonly version: string;
  /** The hash of the module's files, as in a go.sum. */
  readonly sum: string;
};

/**
 * Returns the folder of the module in Go's cache, in which files are read-only. Rejects with MissingToolError
 * when there is no Go to fetch it with.
 */
export async function goModule({ path, version, sum }: GoModule): Promise<string> {
  const { Dir, Sum } = await download(`${path}@${version}`);
  if (Sum !== sum) throw new Error(`the hash of ${path} ${version} is ${Sum}, not ${sum}`);
  return Dir;
}

async function download(module: string): Promise<{ readonly Dir: string; readonly Sum: string }> {
  try {
    // Outside of any module: nothing else is resolved.
    const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], { cwd: '/' });
    return JSON.parse(stdout);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new MissingToolError('Go is not on PATH: install Go 1.26 or newer, or run the other tests only');
  }
}
