/** Runs `kubectl etj` before an API server and a cloud of HTTP that answer what a test says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REQUESTED_AT_ANNOTATION } from '../../../../src/api/edge-transcode-job.ts';
import { run } from '../../../../src/companion/program.ts';
import { collectionPath } from '../../../../src/kube/client/kube-client.ts';
import { CLUSTER_ID, JOB_ID } from '../../kit/samples/a-job.ts';
import { aRunningStatus } from '../../kit/samples/a-status.ts';

export const NAMESPACE = 'media';
/** Paths of the answers. A watch has ` watch` behind its path, and each call of the cloud its action. */
export const JOBS = collectionPath(NAMESPACE);
export const CRD =
  '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/edgetranscodejobs.edgetranscode.live';
export const LEASE =
  '/apis/coordination.k8s.io/v1/namespaces/edge-transcode-system/leases/edge-transcode-job-operator';
export const REVIEW = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** A body of 200, a code with or without one, lines of a watch that stays open, or silence. */
export type Reply =
  | { body: unknown }
  | { code: number; body?: unknown }
  | { lines: readonly unknown[] }
  | 'silence';
type Answer = Reply | ((request: Request) => Reply);

/** Version of the first change; lists are older. */
const FIRST_VERSION = 10;

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Served {
  readonly requests: Request[] = [];
  readonly #answers = new Map<string, Answer>();
  readonly #watchers = new Set<ServerResponse>();
  readonly #sent: string[] = [];
  readonly #server: Server;
  readonly #folder = mkdtempSync(join(tmpdir(), 'etj-served-'));
  /** Aborted as Ctrl-C does. */
  readonly stop = new AbortController();
  onPrint: (text: string) => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async started(): Promise<Served> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const served = new Served(server);
    const cluster = { server: served.url };
    const config = {
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user: { token: 'token' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: NAMESPACE } }],
      'current-context': 'x',
    };
    writeFileSync(served.#kubeconfig, JSON.stringify(config));
    return served;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Sets the answer to a path, or to a call of the cloud by its action. Default: 404. */
  on(path: string, answer: Answer): this {
    this.#answers.set(path, answer);
    return this;
  }

  /** Has a list of objects, and a watch that begins with them. */
  holding(...objects: readonly object[]): this {
    return this.on(JOBS, { body: listOf(objects) }).on(`${JOBS} watch`, {
      lines: objects.map((object) => ({ type: 'ADDED', object })),
    });
  }

  /** Sends a change to the watches, also to those that begin later: they continue from the list. */
  send(given: { readonly metadata: object; readonly status?: unknown }, type = 'MODIFIED'): void {
    const resourceVersion = `${FIRST_VERSION + this.#sent.length}`;
    const object = { ...given, metadata: { ...given.metadata, resourceVersion } };
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#sent.push(line);
    for (const each of this.#watchers) each.write(line);
  }

  /** How often a path was requested. */
  count(path: string): number {
    return this.requests.filter((each) => each.path === path).length;
  }

  /** The objects that the API server received. */
  get created(): unknown[] {
    return this.requests
      .filter(({ method, path }) => method === 'POST' && path === JOBS)
      .map(({ body }) => body);
  }

  async run(...args: readonly string[]): Promise<Ended> {
    let [stdout, stderr] = ['', ''];
    const output = {
      print: (text: string) => {
        stdout += `${text}\n`;
        this.onPrint(text);
      },
      note: (text: string) => {
        stderr += `${text}\n`;
      },
      styled: (_: unknown, text: string) => text,
      columns: undefined,
    };
    const { environment } = this;
    const untilStopped = () => this.stop.signal;
    const code = await run(args, { version: '1.2.3', environment, output, untilStopped });
    return { code, stdout, stderr };
  }

  get environment(): Readonly<Record<string, string>> {
    return { KUBECONFIG: this.#kubeconfig, HOME: this.#folder };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#folder, { recursive: true });
  }

  get #kubeconfig(): string {
    return join(this.#folder, 'config');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', this.url);
    const watch = query.has('watch') ? ' watch' : '';
    const action = request.headers['x-acs-action'] ?? query.get('Action');
    const path = pathname === '/' && action ? `${action}` : `${pathname}${watch}`;
    const method = request.method ?? '';
    const text = await textOf(request);
    const body = text.startsWith('{') ? JSON.parse(text) : undefined;
    const received = { method, path, query, body };
    this.requests.push(received);
    const answer = this.#answers.get(`${method} ${path}`) ?? this.#answers.get(path) ?? { code: 404 };
    this.#reply(typeof answer === 'function' ? answer(received) : answer, response);
  }

  #reply(reply: Reply, response: ServerResponse): void {
    if (reply === 'silence') return;
    if ('lines' in reply) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      for (const line of reply.lines) response.write(`${JSON.stringify(line)}\n`);
      for (const line of this.#sent) response.write(line);
      this.#watchers.add(response);
      return;
    }
    const [code, body] = 'code' in reply ? [reply.code, reply.body ?? {}] : [200, reply.body];
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

/** A change as it is after a request for an observation. */
export function requested<T extends { metadata: object }>(object: T, token: string): T {
  const annotations = { [REQUESTED_AT_ANNOTATION]: token };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** An object as the API server has it. */
export function anObject(name: string, { status = aRunningStatus(), ...spec }: Record<string, unknown> = {}) {
  return {
    metadata: { namespace: NAMESPACE, name, uid: name, resourceVersion: '2', generation: 1 },
    spec: { clusterID: CLUSTER_ID, jobID: JOB_ID, ...spec },
    status,
  };
}

/** The object after the operator handled a request for an observation. */
export function handled<T extends { status: unknown }>(object: T, { body }: Pick<Request, 'body'>): T {
  const { metadata } = body as { metadata: { annotations: Record<string, string> } };
  const lastHandledRequestedAt = metadata.annotations[REQUESTED_AT_ANNOTATION];
  return { ...object, status: { ...(object.status as object), lastHandledRequestedAt } };
}

export function listOf(items: readonly object[], next?: string) {
  return { metadata: { resourceVersion: '9', ...(next && { continue: next }) }, items };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
