/**
 * An HTTP or HTTPS server on loopback that can stop and resume listening on its port, counts its connections,
 * and can reset one.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

const LOOPBACK = '127.0.0.1';

/**
 * How long an idle connection stays open: as long as gateways keep it. With Node's default of 5 s, clients
 * would often meet a connection that is just being closed.
 */
const KEEP_ALIVE_MS = 60_000;

export interface TlsOptions {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

export class Listener {
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  /** The plain sockets, also under TLS, whose own socket cannot be reset. By the client's port. */
  readonly #sockets = new Map<number, Socket>();
  #port: number;
  #opened = 0;

  /** @param port 0 picks a free one. */
  constructor(port: number, tls: TlsOptions | undefined, listener: RequestListener) {
    const options = { keepAliveTimeout: KEEP_ALIVE_MS };
    this.#server = tls ? createTlsServer({ ...options, ...tls }, listener) : createServer(options, listener);
    this.#scheme = tls ? 'https' : 'http';
    this.#port = port;
    this.#server.on('connection', (socket: Socket) => this.#track(socket));
  }

  get url(): string {
    return `${this.#scheme}://${this.host}`;
  }

  /** `host:port`. */
  get host(): string {
    return `${LOOPBACK}:${this.#port}`;
  }

  get connections(): { opened: number; open: number } {
    return { opened: this.#opened, open: this.#sockets.size };
  }

  resetConnectionCount(): void {
    this.#opened = 0;
  }

  /** Starts to listen; nothing where it does already. */
  async open(): Promise<void> {
    if (this.#server.listening) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(this.#port, LOOPBACK, () => {
      this.#server.off('error', reject);
      resolve();
    });
    await promise;
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Stops listening and resets every connection, so that the next one is refused. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    for (const socket of this.#sockets.values()) socket.resetAndDestroy();
    await promise;
  }

  /** Ends the connection that has this port at the client's end with a TCP reset. */
  reset(clientPort: number | undefined): void {
    if (clientPort !== undefined) this.#sockets.get(clientPort)?.resetAndDestroy();
  }

  #track(socket: Socket): void {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    this.#opened++;
    this.#sockets.set(remotePort, socket);
    socket.once('close', () => this.#sockets.delete(remotePort));
  }
}
