/**
 * A TCP front of a server on loopback that behaves like a bad network: it passes bytes on, late, or not at
 * all, refuses connections, and cuts them.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';

/**
 * - `open`: passes everything on.
 * - `slow`: the same, each piece a while later.
 * - `black hole`: takes connections and bytes, and passes nothing on until the mode ends.
 * - `refusing`: resets connections, new ones as well.
 */
export type FrontMode = 'open' | 'slow' | 'black hole' | 'refusing';

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
}

const SLOW_MS = 300;

export class Front implements AsyncDisposable {
  readonly port: number;
  readonly #listener: Server;
  readonly #serverPort: number;
  readonly #connections = new Set<Connection>();
  #mode: FrontMode = 'open';
  /** Resolves when the black hole ends. */
  #passing = Promise.withResolvers<void>();

  /** Use `startFront`: `listener` must listen. */
  constructor(listener: Server, serverPort: number) {
    this.#listener = listener;
    this.#serverPort = serverPort;
    this.port = (listener.address() as AddressInfo).port;
    this.#passing.resolve();
    listener.on('connection', (client) => this.#accept(client));
  }

  set mode(mode: FrontMode) {
    if (this.#mode === 'black hole') this.#passing.resolve();
    if (mode === 'black hole') this.#passing = Promise.withResolvers();
    this.#mode = mode;
    if (mode === 'refusing') this.cut();
  }

  /** Resets every connection; new ones are taken as the mode says. */
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
    this.#passing.resolve();
    await closed;
  }

  #accept(client: Socket): void {
    // An error is followed by the close, which ends the other side too.
    client.on('error', () => undefined);
    if (this.#mode === 'refusing') return void client.resetAndDestroy();
    const server = connect({ host: '127.0.0.1', port: this.#serverPort }).on('error', () => undefined);
    const connection = { client, server };
    this.#connections.add(connection);
    const end = () => {
      this.#connections.delete(connection);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.once('close', end);
    client.pipe(this.#network()).pipe(server);
    server.pipe(this.#network()).pipe(client);
  }

  /** One direction of a connection. */
  #network(): Transform {
    return new Transform({
      transform: (piece, _encoding, pass) => {
        if (this.#mode === 'open') pass(undefined, piece);
        else if (this.#mode === 'slow') setTimeout(() => pass(undefined, piece), SLOW_MS);
        else void this.#passing.promise.then(() => pass(undefined, piece));
      },
    });
  }
}

/** @param serverPort of a server on 127.0.0.1 */
export async function startFront(serverPort: number): Promise<Front> {
  const listener = createServer();
  await once(listener.listen({ host: '127.0.0.1', port: 0 }), 'listening');
  return new Front(listener, serverPort);
}
