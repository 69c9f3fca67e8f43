/**
 * Bounds the open connections of a server. A new connection is never refused, because it may be the kubelet's
 * probe; an old one is closed for it.
 */
import type { Socket } from 'node:net';

export class Connections {
  readonly #most: number;
  /** The open connections of each client address, the oldest first. */
  readonly #byAddress = new Map<string, Set<Socket>>();
  #count = 0;

  /** @param most open connections, of all clients together */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Counts a new connection until it is closed. Beyond the bound, closes the oldest connection of the address
   * that has the most: the crowd of one client does not end the connections of others.
   */
  add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const sockets = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, sockets.add(socket));
    this.#count += 1;
    socket.once('close', () => this.#remove(address, socket));
    if (this.#count > this.#most) this.#closeOne();
  }

  #closeOne(): void {
    let crowd: readonly [address: string, sockets: ReadonlySet<Socket>] = ['', new Set()];
    for (const entry of this.#byAddress) if (entry[1].size > crowd[1].size) crowd = entry;
    const [address, [oldest]] = crowd;
    if (!oldest) return;
    this.#remove(address, oldest);
    oldest.destroy();
  }

  #remove(address: string, socket: Socket): void {
    const sockets = this.#byAddress.get(address);
    if (!sockets?.delete(socket)) return;
    this.#count -= 1;
    if (sockets.size === 0) this.#byAddress.delete(address);
  }
}
