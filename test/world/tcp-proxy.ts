/**
 * A TCP proxy on loopback, to put between a client and its server: it counts connections, holds back what the
 * server says, and cuts. It understands nothing of what passes, so TLS stays whole and the server's
 * certificate is still the server's.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

/** How a load balancer ends connections on which no byte has passed for some time. */
export interface SilenceRule {
  readonly afterMs: number;
  readonly by: 'FIN' | 'RST';
}

export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Server;
  readonly #serverPort: number;
  readonly #silence: SilenceRule | undefined;
  readonly #connections = new Set<Connection>();
  readonly #held = new Set<Connection>();
  #opened = 0;
  #silenced = 0;

  /** Use `startTcpProxy`: `listener` must listen. */
  constructor(listener: Server, serverPort: number, silence: SilenceRule | undefined) {
    this.#listener = listener;
    this.#serverPort = serverPort;
    this.#silence = silence;
    this.port = (listener.address() as AddressInfo).port;
    listener.on('connection', (client) => this.#accept(client));
  }

  /** How many connections clients have opened so far. */
  get opened(): number {
    return this.#opened;
  }

  /** How many of them are open now. */
  get open(): number {
    return this.#connections.size;
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
    for (const connection of this.#connections) {
      connection.server.unpipe(connection.client);
      this.#held.add(connection);
    }
  }

  /** What was held back arrives, in its order. */
  release(): void {
    for (const { client, server } of this.#held) server.pipe(client);
    this.#held.clear();
  }

  /** Resets every connection; new ones are taken. */
  cut(): void {
    for (const { client, server } of this.#connections) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    this.cut();
    await closed;
  }

  #accept(client: Socket): void {
    this.#opened += 1;
    const server = connect({ host: '127.0.0.1', port: this.#serverPort });
    const connection = { client, server };
    this.#connections.add(connection);
    const end = () => {
      this.#connections.delete(connection);
      this.#held.delete(connection);
      client.destroy();
      server.destroy();
    };
    // An error is followed by the close, which ends the other side too.
    for (const socket of [client, server]) socket.on('error', () => {}).once('close', end);
    client.pipe(server);
    server.pipe(client);
    if (this.#silence) this.#endSilent(connection, this.#silence);
  }

  /** Everything that passes, in either direction, goes through the client's socket. */
  #endSilent({ client, server }: Connection, { afterMs, by }: SilenceRule): void {
    client.setTimeout(afterMs, () => {
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
  const listener = createServer();
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  return new TcpProxy(listener, serverPort, silence);
}
