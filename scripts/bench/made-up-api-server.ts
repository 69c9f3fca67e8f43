// An API server of as many objects as are wished for, each made up when it is listed: with the statuses that
// an operator left that was stopped a moment ago. Creating them in a real one takes minutes and measures
// nothing of ours. Patches are counted, not kept.

import {
  createSecureServer,
  type Http2ServerRequest as Request,
  type Http2ServerResponse as Response,
  type ServerHttp2Session,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { selfSignedCertificate } from '../../simulator/http/certificate.ts';
import type { PatchOperation } from '../../src/kube/client/kube-client.ts';

export type MadeUpObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly spec: object;
  readonly status: object;
};

export type MadeUpCluster = {
  readonly size: number;
  /** Returns the object with this number. */
  readonly object: (index: number) => MadeUpObject;
  /** The number in the name of an object. */
  readonly indexOf: (name: string) => number;
  /** The data of every Secret. */
  readonly secret: Readonly<Record<string, string>>;
};

const LIST_VERSION = '900000000';

/** Interval of bookmarks. They keep a quiet watch alive, like those of a real API server. */
const BOOKMARK_EVERY_MS = 30_000;

export class MadeUpApiServer implements AsyncDisposable {
  /** When each status was patched, ms since the Unix epoch. */
  readonly patchedAt: number[] = [];
  /** The names of the objects whose statuses were patched. */
  readonly patched = new Set<string>();
  /** Connections that were opened. */
  connections = 0;
  readonly #cluster: MadeUpCluster;
  readonly #tls = selfSignedCertificate();
  readonly #server = createSecureServer(
    // Node.js tells clients its timeout, and they set a timer for it. A real API server tells none.
    { ...this.#tls, allowHTTP1: true, http1Options: { keepAliveTimeout: 0 } },
    (request, response) => void this.#receive(request, response),
  );
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #watches = new Set<Response>();
  readonly #leases = new Map<string, string>();
  /** Watches of a Lease, with the selector that names it. */
  readonly #leaseWatches = new Map<Response, string>();
  #version = Number(LIST_VERSION);

  constructor(cluster: MadeUpCluster) {
    this.#cluster = cluster;
    this.#server.on('secureConnection', () => {
      this.connections += 1;
    });
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    for (const session of this.#sessions) session.destroy();
  }

  /** The kubeconfig as text: JSON is YAML. */
  get kubeconfig(): string {
    const { port } = this.#server.address() as AddressInfo;
    const ca = Buffer.from(this.#tls.cert).toString('base64');
    const cluster = { server: `https://127.0.0.1:${port}`, 'certificate-authority-data': ca };
    return JSON.stringify({
      clusters: [{ name: 'made-up', cluster }],
      users: [{ name: 'operator', user: { token: 'made-up' } }],
      contexts: [{ name: 'made-up', context: { cluster: 'made-up', user: 'operator' } }],
      'current-context': 'made-up',
    });
  }

  async #receive(request: Request, response: Response): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const url = new URL(request.url ?? '/', 'https://made-up');
    response.setHeader('content-type', 'application/json');
    if (url.searchParams.has('watch')) return this.#watch(url, response);
    if (request.method === 'PATCH') return this.#patch(url, JSON.parse(body), response);
    if (url.pathname.includes('/leases')) return this.#lease(request, body, response);
    if (request.method === 'POST') response.writeHead(201).end(body);
    else if (url.pathname.includes('/secrets/')) response.end(JSON.stringify({ data: this.#cluster.secret }));
    else response.end(this.#page(url.searchParams));
  }

  #page(parameters: URLSearchParams): string {
    const from = Number(parameters.get('continue') ?? 0);
    const to = Math.min(from + Number(parameters.get('limit')), this.#cluster.size);
    const items = Array.from({ length: to - from }, (_, index) => this.#cluster.object(from + index));
    const more = to < this.#cluster.size ? { continue: String(to) } : {};
    return JSON.stringify({ items, metadata: { resourceVersion: LIST_VERSION, ...more } });
  }

  /** Shows a new object to the watches; it is in no list. @returns the time, ms since the Unix epoch */
  add(index: number): number {
    this.#version += 1;
    const object = this.#cluster.object(index);
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    const event = `${JSON.stringify({ type: 'ADDED', object: { ...object, metadata, status: {} } })}\n`;
    for (const response of this.#watches) response.write(event);
    return Date.now();
  }

  #watch({ pathname, searchParams }: URL, response: Response): void {
    const bookmark = () => {
      const metadata = { resourceVersion: String(this.#version) };
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { metadata } })}\n`);
    };
    bookmark();
    const timer = setInterval(bookmark, BOOKMARK_EVERY_MS);
    if (pathname.includes('/leases'))
      this.#leaseWatches.set(response, searchParams.get('fieldSelector') ?? '');
    else this.#watches.add(response);
    response.once('close', () => {
      clearInterval(timer);
      this.#watches.delete(response);
      this.#leaseWatches.delete(response);
    });
  }

  /** Keeps each Lease as it was last written. Nothing else claims it, so versions are not compared. */
  #lease({ method, url = '' }: Request, body: string, response: Response): void {
    if (method === 'GET') {
      const lease = this.#leases.get(url.slice(url.lastIndexOf('/') + 1));
      return void response.writeHead(lease ? 200 : 404).end(lease ?? '{}');
    }
    this.#version += 1;
    const { metadata, ...lease } = JSON.parse(body);
    const written = JSON.stringify({
      ...lease,
      metadata: { ...metadata, resourceVersion: String(this.#version) },
    });
    this.#leases.set(metadata.name, written);
    for (const [watch, selector] of this.#leaseWatches)
      if (selector === `metadata.name=${metadata.name}`)
        watch.write(`{"type":"MODIFIED","object":${written}}\n`);
    response.end(written);
  }

  #patch({ pathname }: URL, patch: readonly PatchOperation[], response: Response): void {
    const name = pathname.split('/').at(-2) ?? '';
    this.patchedAt.push(Date.now());
    this.patched.add(name);
    this.#version += 1;
    const made = this.#cluster.object(this.#cluster.indexOf(name));
    const status = patch.find(({ path }) => path === '/status')?.value;
    const metadata = { ...made.metadata, resourceVersion: String(this.#version) };
    response.end(JSON.stringify({ ...made, metadata, status }));
  }
}
