/**
 * A server on loopback that answers each connection with bytes as they are: Node's own server refuses to send
 * what a hostile one does.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Endpoint } from '../../../../../src/base/endpoint.ts';

export const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

export class RawServer {
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => void this.respond(socket));
  });
  /** Answers a request. The connection stays open unless this ends it. */
  respond: (socket: Socket) => unknown = (socket) => socket.end(`${HEAD}content-length: 2\r\n\r\n{}`);

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  get endpoint(): Endpoint {
    return { protocol: 'http', host: `127.0.0.1:${(this.#server.address() as AddressInfo).port}` };
  }
}

/** Bytes of a body in chunks. */
export function chunks(count: number, size: number): Buffer {
  return Buffer.from(`${size.toString(16)}\r\n${'a'.repeat(size)}\r\n`.repeat(count));
}

/** Writes without end, as fast as the other side reads. */
export async function flood(socket: Socket, bytes: Buffer): Promise<void> {
  while (!socket.destroyed)
    if (!socket.write(bytes))
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => 0);
}
