/**
 * A TCP front of a server on loopback that behaves like a bad network: it passes bytes on, late, or not at
 * all, refuses connections, and cuts them.
 */
import type { Server, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { type Connection, listenOnLoopback, TcpRelay } from '../../world/tcp-relay.ts';

/**
 * - `open`: passes everything on.
 * - `slow`: the same, each piece a while later.
 * - `black hole`: takes connections and bytes, and passes nothing on until the mode ends.
 * - `refusing`: resets connections, new ones as well.
 */
export type FrontMode = 'open' | 'slow' | 'black hole' | 'refusing';

const SLOW_MS = 300;

export class Front extends TcpRelay {
  #mode: FrontMode = 'open';
  /** Resolves when the black hole ends. */
  #passing = Promise.withResolvers<void>();

  /** Use `startFront`. */
  constructor(listener: Server, serverPort: number) {
    super(listener, serverPort);
    this.#passing.resolve();
  }

  set mode(mode: FrontMode) {
    if (this.#mode === 'black hole') this.#passing.resolve();
    if (mode === 'black hole') this.#passing = Promise.withResolvers();
    this.#mode = mode;
    if (mode === 'refusing') this.cut();
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    const ended = super[Symbol.asyncDispose]();
    this.#passing.resolve();
    await ended;
  }

  protected override accept(client: Socket): void {
    if (this.#mode === 'refusing') client.on('error', () => undefined).resetAndDestroy();
    else super.accept(client);
  }

  protected override pass({ client, server }: Connection): void {
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
  return new Front(await listenOnLoopback(), serverPort);
}
