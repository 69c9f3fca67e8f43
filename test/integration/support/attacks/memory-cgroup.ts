/**
 * A control group of the kernel that bounds the memory of a process, as a container's limit does. The kernel
 * kills the process at the bound, and Node.js derives the size of its heap from it.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where version 1 and version 2 of the control groups are mounted. */
const VERSION_1 = '/sys/fs/cgroup/memory';
const VERSION_2 = '/sys/fs/cgroup';

/** Starts the command that follows inside the group whose list of processes is `$0`. */
const JOIN = 'echo $$ > "$0" && exec "$@"';

export class MemoryCgroup implements AsyncDisposable {
  /** See `OperatorOptions.launcher`. */
  readonly launcher: readonly string[];
  readonly #directory: string;

  /** Use `createMemoryCgroup`. */
  constructor(directory: string) {
    this.#directory = directory;
    this.launcher = ['/bin/sh', '-c', JOIN, join(directory, 'cgroup.procs')];
  }

  /** Removes the group. Its processes must have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await rmdir(this.#directory);
  }
}

/**
 * Creates a group with this bound.
 *
 * @param name unique on the machine
 * @throws where the machine has no control groups, or this user may not create one
 */
export async function createMemoryCgroup(name: string, bytes: number): Promise<MemoryCgroup> {
  const isFirst = existsSync(join(VERSION_1, 'memory.limit_in_bytes'));
  const root = isFirst ? VERSION_1 : VERSION_2;
  if (!isFirst) await delegateMemory();
  const directory = join(root, name);
  await mkdir(directory);
  await writeFile(join(directory, isFirst ? 'memory.limit_in_bytes' : 'memory.max'), `${bytes}`);
  return new MemoryCgroup(directory);
}

/** Version 2: a group has the files of memory only if its parent lets it. */
async function delegateMemory(): Promise<void> {
  const control = join(VERSION_2, 'cgroup.subtree_control');
  const delegated = (await readFile(control, 'utf8')).split(/\s/);
  if (!delegated.includes('memory')) await writeFile(control, '+memory');
}
