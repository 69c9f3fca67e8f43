/**
 * An API server with one collection of objects. It lists and watches like a real one, except for the faults
 * that a test sets.
 */
import type { Http2ServerResponse as Response } from 'node:http2';
import { json, LoopbackApiServer, type Received } from '../client/loopback-api-server.ts';

interface Stored {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly spec: object;
}

interface Change {
  readonly version: number;
  readonly line: string;
}

/** Answers one request in place of the server. */
export type Fault = (response: Response) => void;

export class ScriptedCollection {
  readonly server = new LoopbackApiServer();
  /** Faults of the next watches and lists, one each. */
  readonly watchFaults: Fault[] = [];
  readonly listFaults: Fault[] = [];
  /** Versions from which watches were requested. */
  readonly watchedFrom: string[] = [];
  lists = 0;
  /** Requests for the present version: lists of one object. */
  checks = 0;
  #version = 100;
  /** Oldest version from which a watch can resume. */
  #compacted = 0;
  readonly #objects = new Map<string, Stored>();
  readonly #changes: Change[] = [];
  readonly #watches = new Set<Response>();

  constructor() {
    this.server.respond = (response, received) => this.#respond(response, received);
  }

  /** Creates or changes the object. */
  put(name: string, namespace = 'media'): void {
    const uid = this.#objects.get(`${namespace}/${name}`)?.metadata.uid ?? `uid-${this.#version}`;
    const version = this.#next();
    const metadata = { namespace, name, uid, resourceVersion: String(version) };
    const object: Stored = { metadata, spec: { clusterID: 'c', jobID: 'j' } };
    this.#objects.set(`${namespace}/${name}`, object);
    this.#send(version, 'MODIFIED', object);
  }

  remove(name: string, namespace = 'media'): void {
    const before = this.#objects.get(`${namespace}/${name}`) as Stored;
    this.#objects.delete(`${namespace}/${name}`);
    const version = this.#next();
    const metadata = { ...before.metadata, resourceVersion: String(version) };
    this.#send(version, 'DELETED', { ...before, metadata });
  }

  /** Compacts: no watch from an earlier version can resume. */
  compact(): void {
    this.#compacted = this.#version;
    this.#changes.length = 0;
  }

  bookmark(): void {
    this.#send(this.#next(), 'BOOKMARK', { metadata: { resourceVersion: String(this.#version) } });
  }

  /** Hides the next change from the open watches. */
  loseWatches(): Response[] {
    const lost = [...this.#watches];
    this.#watches.clear();
    return lost;
  }

  /** Objects by key, with uid and version. */
  get content(): Record<string, string> {
    return Object.fromEntries(
      [...this.#objects].map(([key, { metadata }]) => [key, `${metadata.uid}@${metadata.resourceVersion}`]),
    );
  }

  /** Removes the faults that are left. */
  get isWell(): boolean {
    return this.watchFaults.length + this.listFaults.length === 0;
  }

  get watches(): number {
    return this.#watches.size;
  }

  #next(): number {
    this.#version += 1;
    return this.#version;
  }

  #send(version: number, type: string, object: object): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#changes.push({ version, line });
    for (const watch of this.#watches) watch.write(line);
  }

  #respond(response: Response, { url }: Received): void {
    // Not the server's own URL: a request may arrive while the server is closed.
    const { searchParams } = new URL(url ?? '', 'https://any.invalid');
    if (searchParams.get('watch') === 'true')
      this.#watch(response, searchParams.get('resourceVersion') ?? '');
    else if (searchParams.get('limit') === '1') this.#check(response);
    else this.#list(response);
  }

  #check(response: Response): void {
    this.checks += 1;
    json(response, 200, { metadata: { resourceVersion: String(this.#version) }, items: [] });
  }

  #list(response: Response): void {
    this.lists += 1;
    const metadata = { resourceVersion: String(this.#version) };
    const answer = () => json(response, 200, { metadata, items: [...this.#objects.values()] });
    (this.listFaults.shift() ?? answer)(response);
  }

  #watch(response: Response, from: string): void {
    this.watchedFrom.push(from);
    const tooOld = Number(from) < this.#compacted ? refuse(410, 'Expired') : undefined;
    const answer = () => this.#follow(response, Number(from));
    (this.watchFaults.shift() ?? tooOld ?? answer)(response);
  }

  #follow(response: Response, from: number): void {
    response.writeHead(200).write('');
    for (const { version, line } of this.#changes) if (version > from) response.write(line);
    this.#watches.add(response);
    response.once('close', () => this.#watches.delete(response));
  }
}

export function refuse(status: number, reason: string, headers: Record<string, string> = {}): Fault {
  return (response) => json(response, status, { kind: 'Status', code: status, reason }, headers);
}

/** Makes a watch begin well, send this text, and then stay open, end or break. */
export function sends(text: string, then: 'stays' | 'ends' | 'breaks' = 'stays'): Fault {
  return (response) => {
    response.writeHead(200).write(text);
    if (then === 'ends') response.end();
    if (then === 'breaks') setImmediate(() => response.destroy());
  };
}
