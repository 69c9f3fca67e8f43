/**
 * Bounds the open connections of a server. A new connection is never refused, because it may be the kubelet's
 * probe; an old one is closed for it.
 */
import type { Socket } from 'node:net';

/**
 * Most connections of a client that is no crowd. The kubelet may make three probes at once, and must not lose
 * one of them to 126 pods with a connection each.
 */
const FEW = 8;

export class Connections {
  readonly #most: number;
  readonly #few: number;
  /** All open connections and their client addresses, the oldest first. */
  readonly #open = new Map<Socket, string>();
  /** The open connections of each client address, the oldest first. */
  readonly #byAddress = new Map<string, Set<Socket>>();

  /**
   * @param most open connections, of all clients together
   * @param few open connections of a client that is no crowd
   */
  constructor(most: number, few = FEW) {
    this.#most = most;
    this.#few = few;
  }

  /**
   * Counts a new connection until it is closed. Beyond the bound, closes the oldest connection of the address
   * that has the most: the crowd of one client does not end the connections of others. Where no client has a
   * crowd, closes the oldest of all.
   */
  add(socket: Socket): void {
    const address = socket.remoteAddress ?? '';
    const sockets = this.#byAddress.get(address) ?? new Set();
    this.#byAddress.set(address, sockets.add(socket));
    this.#open.set(socket, address);
    socket.once('close', () => this.#remove(socket));
    if (this.#open.size > this.#most) this.#closeOne();
  }

  #closeOne(): void {
    let crowd: ReadonlySet<Socket> = new Set();
    for (const sockets of this.#byAddress.values()) if (sockets.size > crowd.size) crowd = sockets;
    const [oldest] = crowd.size > this.#few ? crowd : this.#open.keys();
    if (!oldest) return;
    this.#remove(oldest);
    oldest.destroy();
  }

  #remove(socket: Socket): void {
    const address = this.#open.get(socket);
    if (address === undefined) return;
    this.#open.delete(socket);
    const sockets = this.#byAddress.get(address);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#byAddress.delete(address);
  }
}
