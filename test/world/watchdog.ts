// Ends processes when the process that started them is gone, however it went: exit, signal, crash, SIGKILL.
//
// A handler inside the dying process cannot promise that, since SIGKILL runs none. So a small shell holds
// the other end of a pipe. It reads which process groups run, and when the pipe closes it kills those.
// A shell, because it is on every machine, starts in a millisecond and costs 1 MB (a Node process: 45 MB).

import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';

const KILL_WHEN_THE_PIPE_CLOSES = `
groups=
while read -r verb group; do
  case $verb in
    guard) groups="$groups $group" ;;
    forget)
      rest=
      for each in $groups; do [ "$each" = "$group" ] || rest="$rest $each"; done
      groups=$rest ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done`;

/** Guards process groups, each named by the process id of its leader. */
export class Watchdog {
  readonly #shell: ChildProcess;
  readonly #pipe: Socket;

  constructor() {
    // Detached: Ctrl-C reaches the whole foreground group, and the watchdog must outlive it.
    this.#shell = spawn('/bin/sh', ['-c', KILL_WHEN_THE_PIPE_CLOSES], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.on('error', (cause) => {
      throw new Error('cannot start the watchdog of child processes with /bin/sh', { cause });
    });
    this.#pipe = this.#shell.stdin as Socket;
    // It must never keep us alive: our exit is what it waits for.
    this.#shell.unref();
    this.#pipe.unref();
  }

  /** From now on the group is killed when we are gone. Written at once, with no turn of the event loop between. */
  guard(group: number): void {
    this.#pipe.write(`guard ${group}\n`);
  }

  /** The group has ended; its number may belong to somebody else soon. */
  forget(group: number): void {
    this.#pipe.write(`forget ${group}\n`);
  }

  /** Kills what is still guarded and ends the watchdog. */
  end(): void {
    this.#pipe.end();
  }
}
