/**
 * A server in front of an API server that forwards everything, and can refuse watches for their version, with
 * codes that the API server of the tests does not use.
 */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { parse, stringify } from 'yaml';
import { selfSignedCertificate } from '../../simulator/http/certificate.ts';

/** The answer to a watch. */
export interface Refusal {
  /** HTTP status. 200: the watch begins, and ends with an error event. */
  readonly status: number;
  /** The `Status` object. */
  readonly body: object;
}

export interface RefusingFrontOptions {
  /** The API server, such as `https://127.0.0.1:23456`, and the file of its authority. */
  readonly server: string;
  readonly caFile: string;
}

export class RefusingFront implements AsyncDisposable {
  /** Answer to each watch; undefined: watches are forwarded. */
  refusal: Refusal | undefined;
  /** How many watches were refused. */
  refused = 0;
  /** Called before a list of more than one object is forwarded. */
  onList: () => void = () => undefined;
  readonly #tls = selfSignedCertificate();
  readonly #server: string;
  readonly #caFile: string;
  readonly #listener: Server;

  constructor({ server, caFile }: RefusingFrontOptions) {
    this.#server = server;
    this.#caFile = caFile;
    this.#listener = createServer(this.#tls, (incoming, answer) => void this.#receive(incoming, answer));
  }

  async open(): Promise<void> {
    await once(this.#listener.listen(0, '127.0.0.1'), 'listening');
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Writes the same kubeconfig for this server, and returns its path. */
  async kubeconfigFrom(kubeconfig: string): Promise<string> {
    const config = parse(await readFile(kubeconfig, 'utf8'));
    const authority = Buffer.from(String(this.#tls.cert)).toString('base64');
    config.clusters[0].cluster = {
      server: `https://127.0.0.1:${this.port}`,
      'certificate-authority-data': authority,
    };
    const path = `${kubeconfig}-front-${this.port}`;
    await writeFile(path, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
    return path;
  }

  async #receive(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const query = new URL(incoming.url ?? '', this.#server).searchParams;
    if (query.has('watch') && this.refusal) return this.#refuse(answer, this.refusal);
    if (query.has('limit') && query.get('limit') !== '1') this.onList();
    const { method, headers, url } = incoming;
    const ca = await readFile(this.#caFile);
    const forwarded = request(new URL(url ?? '', this.#server), { method, headers, ca, agent: false });
    const end = () => {
      answer.destroy();
      forwarded.destroy();
    };
    answer.once('close', end);
    forwarded.on('error', end);
    forwarded.once('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.on('error', end).pipe(answer);
    });
    incoming.pipe(forwarded);
  }

  #refuse(answer: ServerResponse, { status, body }: Refusal): void {
    this.refused += 1;
    answer.writeHead(status, { 'content-type': 'application/json' });
    answer.end(`${JSON.stringify(status === 200 ? { type: 'ERROR', object: body } : body)}\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    this.#listener.closeAllConnections();
    await closed;
  }
}
