/**
 * An HTTP server on loopback that answers as a test says, and keeps the requests.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Endpoint } from '../../../../src/base/endpoint.ts';

export class Loopback {
  readonly requests: IncomingMessage[] = [];
  /** Gets the body of each request. */
  read: ((body: string) => void) | undefined;
  respond: (response: ServerResponse) => void = (response) => response.end('{}');
  readonly #server = createServer((request, response) => {
    this.requests.push(request);
    if (this.read) void text(request).then(this.read);
    this.respond(response);
  });

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  get endpoint(): Endpoint {
    return { protocol: 'http', host: `127.0.0.1:${(this.#server.address() as AddressInfo).port}` };
  }
}
