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

export class TcpProxy implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Server;
  readonly #serverPort: number;
  readonly #connections = new Set<Connection>();
  readonly #held = new Set<Connection>();
  #opened = 0;

  /** Use `startTcpProxy`: `listener` must listen. */
  constructor(listener: Server, serverPort: number) {
    this.#listener = listener;
    this.#serverPort = serverPort;
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
  }
}

/** @param serverPort of a server on 127.0.0.1 */
export async function startTcpProxy(serverPort: number): Promise<TcpProxy> {
  const listener = createServer();
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  return new TcpProxy(listener, serverPort);
}
