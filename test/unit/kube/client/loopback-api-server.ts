/**
 * An HTTP/2 and HTTP/1.1 server on loopback, like an API server. It answers as a test says, counts its
 * connections, and has a kubeconfig.
 */
import {
  createSecureServer,
  type Http2ServerRequest as Request,
  type Http2ServerResponse as Response,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { selfSignedCertificate } from '../../../../simulator/http/certificate.ts';

export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  /** Such as `2.0`. */
  readonly httpVersion: string;
  readonly headers: Request['headers'];
  readonly body: string;
  /** Name that the client expects in the server's certificate (SNI); false: none. */
  readonly serverName: string | false | null | undefined;
  /** Client certificate in DER, base64; undefined: none. */
  readonly certificate: string | undefined;
}

export class LoopbackApiServer {
  readonly received: Received[] = [];
  connections = 0;
  respond: (response: Response, received: Received) => void = (response) => json(response, 200, {});
  readonly #tls = selfSignedCertificate();
  readonly #server = createSecureServer(
    {
      ...this.#tls,
      allowHTTP1: true,
      // An API server does not announce when it closes connections without calls, as Node.js does.
      http1Options: { keepAliveTimeout: 0 },
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => void this.#receive(request, response),
  );
  readonly #sockets = new Set<TLSSocket>();

  constructor() {
    this.#server.on('secureConnection', (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async open(host = '127.0.0.1'): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, host, resolve));
  }

  get isOpen(): boolean {
    return this.#server.listening;
  }

  close(): void {
    this.#server.close();
    this.breakConnections();
  }

  /** Ends every connection, like a crash. */
  breakConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Number of open connections. */
  get openConnections(): number {
    return this.#sockets.size;
  }

  get url(): string {
    const { address, port, family } = this.#server.address() as AddressInfo;
    return `https://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  }

  /** The text of a kubeconfig: JSON is YAML. */
  get kubeconfig(): string {
    const ca = Buffer.from(this.#tls.cert).toString('base64');
    return JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: this.url, 'certificate-authority-data': ca } }],
      users: [{ name: 'u', user: { token: 'token-1' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
  }

  async #receive(request: Request, response: Response): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method, url, httpVersion, headers } = request;
    const { servername, getPeerCertificate } = request.socket as TLSSocket;
    const received = {
      method,
      url,
      httpVersion,
      headers,
      body: Buffer.concat(chunks).toString(),
      serverName: servername,
      certificate: getPeerCertificate.call(request.socket).raw?.toString('base64'),
    };
    this.received.push(received);
    this.respond(response, received);
  }
}

export function json(
  response: Response,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
