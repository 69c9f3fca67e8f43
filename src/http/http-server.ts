/**
 * Serves GET and HEAD over HTTP. Any pod may be able to reach the port, so what a client can hold or make the
 * process do is bounded.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Answer } from './answer.ts';
import { acceptsGzip, Compression } from './compression.ts';
import { Connections } from './connections.ts';
import { Deadlines } from './deadlines.ts';
import { hasTag } from './entity-tag.ts';
import { isRebound } from './tunnel-host.ts';

export interface HttpServerOptions {
  /** Undefined: all interfaces. */
  readonly host: string | undefined;
  /** 0 picks a free port. */
  readonly port: number;
  /** Answers a request for `target`, its path and query. */
  readonly answer: (target: string) => Promise<Answer>;
  /** Whether people read it in a browser, through a tunnel too: then DNS rebinding is refused. */
  readonly isForBrowsers?: boolean;
  /** Default: `LIMITS`. */
  readonly limits?: Limits;
}

/** What clients may hold. Times in ms. */
export interface Limits {
  readonly connections: number;
  readonly headerBytes: number;
  /**
   * Longest time from the opening of a connection to a complete request. A further request has as long after
   * `idleMs`.
   */
  readonly requestMs: number;
  /** Longest time from a complete request to the last byte of its answer. */
  readonly answerMs: number;
  /** Longest time between an answer and the next request on the connection. */
  readonly idleMs: number;
}

/** Most open connections. Two Prometheus servers and the kubelet need about six. */
const MOST_CONNECTIONS = 128;

/**
 * Most connections that wait to be accepted. Linux drops the first packet of a further one, and its client
 * sends it again after 1 s: with Node's 511, a probe beside 2,000 connections took so long. 4,096 is the most
 * that Linux admits by default; to accept as many takes about 0.2 s.
 */
const BACKLOG = 4_096;

/** Longest head of a request, in bytes. A scrape with a bearer token has about 2 KiB. */
const MOST_HEADER_BYTES = 8 * 1_024;

/** A request fits one packet: one that takes longer is held back by its client. */
const REQUEST_WITHIN_MS = 5_000;

/** Prometheus waits 10 s by default. */
const ANSWER_WITHIN_MS = 10_000;

/** Shorter than any scrape interval: a connection is not kept for the next scrape. */
const IDLE_MS = 5_000;

/** Longest interval that a timer can have, ms: Node's check of all connections never comes. */
const NEVER_MS = 2 ** 31 - 1;

const LIMITS: Limits = {
  connections: MOST_CONNECTIONS,
  headerBytes: MOST_HEADER_BYTES,
  requestMs: REQUEST_WITHIN_MS,
  answerMs: ANSWER_WITHIN_MS,
  idleMs: IDLE_MS,
};

export interface HttpServer {
  readonly port: number;
  close(): void;
}

/** @throws when the address cannot be listened on */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const limits = options.limits ?? LIMITS;
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytes,
      keepAliveTimeout: limits.idleMs,
      // Node's deadlines need a check each second, which wakes an idle process.
      headersTimeout: 0,
      requestTimeout: 0,
      connectionsCheckingInterval: NEVER_MS,
    },
    (request, response) => {
      if (isPipelined(request, response)) return;
      const { socket } = request;
      deadlines.set(socket, limits.answerMs);
      response.once('close', () => deadlines.set(socket, limits.idleMs + limits.requestMs));
      respond(options, request, response).catch(() => response.writeHead(500).end('internal error\n'));
    },
  );
  const connections = new Connections(limits.connections);
  const deadlines = new Deadlines();
  server.on('connection', (socket) => {
    connections.add(socket);
    deadlines.set(socket, limits.requestMs);
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
    server.listen({ port, backlog: BACKLOG, ...(host && { host }) }, () => resolve());
  });
}

/**
 * Closes the connection if the request came before the last one on it was answered; returns whether it did.
 * Otherwise one connection could hold any number of answers. Neither Prometheus nor the kubelet does that.
 */
function isPipelined({ socket }: IncomingMessage, response: ServerResponse): boolean {
  // Node gives a response its socket when it is its turn.
  if (response.socket) return false;
  socket.destroy();
  return true;
}

/**
 * Whether a body follows. It would be read for up to 5 s after the answer, and one in chunks of a byte costs
 * much processor time: the connection is closed instead.
 */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

const compression = new Compression();

/** Shorter bodies are sent as they are. */
const LEAST_COMPRESSED = 1_024;

const REBOUND = 'this address is not known by that name; a proxy before it must send the Host localhost\n';

async function respond(
  { answer, isForBrowsers = false }: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    // Closes the connection, because the request may have a body, which is not read.
    response.writeHead(405, { allow: 'GET, HEAD', connection: 'close' }).end();
    return;
  }
  if (hasBody(request)) {
    response.writeHead(400, { connection: 'close' }).end();
    return;
  }
  if (isForBrowsers && isRebound(request.headers.host, request.socket.remoteAddress)) {
    response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8' }).end(REBOUND);
    return;
  }
  // Node does not upgrade, but reads whatever follows such a request, which curl --http2 makes, for 5 s.
  if (request.headers.upgrade !== undefined) response.setHeader('connection', 'close');
  const { status, headers, body } = await answer(request.url ?? '/');
  const isLong = body.length >= LEAST_COMPRESSED;
  const vary = isLong && { vary: 'Accept-Encoding' };
  if (status === 200 && hasTag(request.headers['if-none-match'], headers.etag)) {
    response.writeHead(304, { ...headers, ...vary }).end();
    return;
  }
  const isGzip = isLong && acceptsGzip(request.headers['accept-encoding']);
  const sent = isGzip ? await compression.of(body) : body;
  response
    .writeHead(status, {
      ...headers,
      ...(isGzip && { 'content-encoding': 'gzip' }),
      ...vary,
      'content-length': sent.length,
    })
    .end(sent);
}
