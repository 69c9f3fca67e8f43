/**
 * Listens on a port of loopback and connects each client to a server. What passes between the two is for the
 * classes that extend it.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

export interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

export abstract class TcpRelay implements AsyncDisposable {
  readonly port: number;
  /** The connections that are open now. */
  protected readonly connections = new Set<Connection>();
  readonly #listener: Server;
  readonly #serverPort: number;

  /**
   * @param listener listens
   * @param serverPort of a server on 127.0.0.1
   */
  constructor(listener: Server, serverPort: number) {
    this.#listener = listener;
    this.#serverPort = serverPort;
    this.port = (listener.address() as AddressInfo).port;
    listener.on('connection', (client) => this.accept(client));
  }

  /** Resets every connection. */
  cut(): void {
    for (const { client, server } of this.connections) {
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

  protected accept(client: Socket): void {
    const server = connect({ host: '127.0.0.1', port: this.#serverPort });
    const connection = { client, server };
    this.connections.add(connection);
    const end = () => {
      this.connections.delete(connection);
      client.destroy();
      server.destroy();
    };
    // An error is followed by the close, which ends the other side too.
    for (const socket of [client, server]) socket.on('error', () => undefined).once('close', end);
    this.pass(connection);
  }

  /** Begins to pass on what each side sends. */
  protected abstract pass(connection: Connection): void;
}

export async function listenOnLoopback(): Promise<Server> {
  const listener = createServer();
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  return listener;
}
