/**
 * A TCP proxy on loopback, to put between a client and its server: it counts connections, holds back what the
 * server says, and cuts. It understands nothing of what passes, so TLS stays whole and the server's
 * certificate is still the server's.
 */
import type { Server, Socket } from 'node:net';
import { type Connection, listenOnLoopback, TcpRelay } from './tcp-relay.ts';

/** How a load balancer ends connections on which no byte has passed for some time. */
export interface SilenceRule {
  readonly afterMs: number;
  readonly by: 'FIN' | 'RST';
}

/**
 * How much longer it waits for the first byte after the client has sent something: where time is made short,
 * a server without a free processor would never answer in time.
 */
const ANSWERS_WITHIN = 10;

export class TcpProxy extends TcpRelay {
  readonly #silence: SilenceRule | undefined;
  readonly #held = new Set<Connection>();
  #opened = 0;
  #silenced = 0;

  /** Use `startTcpProxy`. */
  constructor(listener: Server, serverPort: number, silence: SilenceRule | undefined) {
    super(listener, serverPort);
    this.#silence = silence;
  }

  /** How many connections clients have opened so far. */
  get opened(): number {
    return this.#opened;
  }

  /** How many of them are open now. */
  get open(): number {
    return this.connections.size;
  }

  /** How many connections it has ended because they were silent. */
  get silenced(): number {
    return this.#silenced;
  }

  /**
   * Holds back what the server sends on the connections that are open now. The server still receives
   * everything, so a watch falls behind.
   */
  hold(): void {
    for (const connection of this.connections) {
      connection.server.unpipe(connection.client);
      this.#held.add(connection);
    }
  }

  /** What was held back arrives, in its order. */
  release(): void {
    for (const { client, server } of this.#held) server.pipe(client);
    this.#held.clear();
  }

  protected override accept(client: Socket): void {
    this.#opened += 1;
    super.accept(client);
  }

  protected override pass(connection: Connection): void {
    const { client, server } = connection;
    client.once('close', () => this.#held.delete(connection));
    client.pipe(server);
    server.pipe(client);
    if (this.#silence) this.#endSilent(connection, this.#silence);
  }

  /** Everything that passes, in either direction, goes through the client's socket, and starts its timer. */
  #endSilent({ client, server }: Connection, { afterMs, by }: SilenceRule): void {
    client.setTimeout(ANSWERS_WITHIN * afterMs);
    client.on('data', () => client.setTimeout(ANSWERS_WITHIN * afterMs));
    server.on('data', () => client.setTimeout(afterMs));
    client.on('timeout', () => {
      this.#silenced += 1;
      if (by === 'RST') client.resetAndDestroy();
      else client.end();
      server.destroy();
    });
  }
}

/**
 * @param serverPort of a server on 127.0.0.1
 * @param silence default: connections may be silent
 */
export async function startTcpProxy(serverPort: number, silence?: SilenceRule): Promise<TcpProxy> {
  return new TcpProxy(await listenOnLoopback(), serverPort, silence);
}
