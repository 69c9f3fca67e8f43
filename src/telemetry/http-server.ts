/**
 * Serves /metrics for Prometheus, /livez and /readyz for the kubelet, and nothing else.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpServerOptions {
  /** Undefined: all interfaces. */
  readonly host: string | undefined;
  /** 0 picks a free port. */
  readonly port: number;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** Returns undefined while all is well, otherwise the problem. */
  readonly live: () => string | undefined;
  readonly ready: () => string | undefined;
}

export interface HttpServer {
  readonly port: number;
  close(): void;
}

/** @throws when the address cannot be listened on */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer((request, response) => {
    respond(options, request, response).catch(() => response.writeHead(500).end('internal error\n'));
  });
  await listen(server, options);
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function listen(server: Server, { host, port }: HttpServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    // Stays after `listen`: later errors concern single connections, such as no file descriptor left to
    // accept one, and must not end the process.
    server.on('error', reject);
    server.listen({ port, ...(host && { host }) }, () => resolve());
  });
}

async function respond(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  switch (request.url?.split('?', 1)[0]) {
    case '/metrics': {
      const { contentType, text } = await options.metrics();
      response.writeHead(200, { 'content-type': contentType }).end(text);
      return;
    }
    case '/livez':
      health(response, options.live());
      return;
    case '/readyz':
      health(response, options.ready());
      return;
    default:
      plain(response, 404, 'there are /metrics, /livez and /readyz');
  }
}

function health(response: ServerResponse, problem: string | undefined): void {
  if (problem === undefined) plain(response, 200, 'ok');
  else plain(response, 503, problem);
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
