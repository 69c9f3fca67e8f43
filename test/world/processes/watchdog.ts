// Ends processes and removes directories when the process that made them is gone, however it went: exit,
// signal, crash, SIGKILL.
//
// A handler inside the dying process cannot promise that, since SIGKILL runs none. So a small shell holds
// the other end of a pipe. It reads what there is, and when the pipe closes it clears that away.
// A shell, because it is on every machine, starts in a millisecond and costs 1 MB (a Node process: 45 MB).

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';

// The directories are the shell's own arguments, the one list that it has for names with spaces.
const CLEAR_AWAY_WHEN_THE_PIPE_CLOSES = `
groups=
while read -r verb what; do
  case $verb in
    kill) groups="$groups $what" ;;
    forget)
      rest=
      for each in $groups; do [ "$each" = "$what" ] || rest="$rest $each"; done
      groups=$rest ;;
    remove) set -- "$@" "$what" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
# A dying process may still have made a file in there.
rm -rf -- "$@" || { sleep 1; rm -rf -- "$@"; }`;

/** Outlives the process that makes it, and only just. */
export class Watchdog {
  readonly #shell: ChildProcess;
  readonly #pipe: Socket;

  constructor() {
    // Detached: Ctrl-C reaches the whole foreground group, and the watchdog must outlive it.
    this.#shell = spawn('/bin/sh', ['-c', CLEAR_AWAY_WHEN_THE_PIPE_CLOSES], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#pipe = this.#shell.stdin as Socket;
    // It must never keep us alive: our exit is what it waits for.
    this.#shell.unref();
    this.#pipe.unref();
  }

  /**
   * Kills this process group, named by its leader's id, at the end. Written at once, so that no event loop
   * turn can come between.
   */
  kill(group: number): void {
    this.#pipe.write(`kill ${group}\n`);
  }

  /** Forgets a group that has ended: the system may give its number to another soon. */
  forget(group: number): void {
    this.#pipe.write(`forget ${group}\n`);
  }

  /** Remove this directory, an absolute path, with all that is in it. */
  remove(directory: string): void {
    this.#pipe.write(`remove ${directory}\n`);
  }

  /** Has it clear away now, and resolves when it has. */
  async end(): Promise<void> {
    this.#shell.ref();
    this.#pipe.end();
    await once(this.#shell, 'exit');
  }
}
