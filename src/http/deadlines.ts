/**
 * Closes connections that take too long over what they do now: a request, its answer, or the next request.
 */
import type { Socket } from 'node:net';

export class Deadlines {
  readonly #timers = new WeakMap<Socket, NodeJS.Timeout>();

  /** Closes the connection after `ms` unless it gets another deadline before. */
  set(socket: Socket, ms: number): void {
    const before = this.#timers.get(socket);
    if (before) clearTimeout(before);
    else socket.once('close', () => clearTimeout(this.#timers.get(socket)));
    if (!socket.destroyed)
      this.#timers.set(
        socket,
        setTimeout(() => socket.destroy(), ms),
      );
  }
}
