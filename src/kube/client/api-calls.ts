/**
 * Calls of the API server: JSON out and in, with a deadline, a user agent and a bound on the answer, over the
 * pooled connection. The library's generated clients are not used: they hold every type of Kubernetes, which
 * takes memory and start-up time, and copy each body field by field (docs/decisions/0023-api-calls.md).
 */
import { RequestContext } from '@kubernetes/client-node';
import { type Clock, systemClock } from '../../base/clock.ts';
import { isUnauthorized, RefusedError, refusal } from './api-error.ts';
import { MOST_ANSWER_BYTES, MOST_REFUSAL_BYTES, Receiver, TooLargeError, unpacked } from './bounded-body.ts';
import type { Access, PooledKubeConfig } from './kube-config.ts';

export interface ApiCall {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Path of the URL, from `/api` or `/apis`. */
  readonly path: string;
  /** Undefined parameters are left out. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Data that is sent as JSON. */
  readonly body?: unknown;
  /** Default: `application/json`. */
  readonly contentType?: string;
  /** Most bytes that are read of the answer. Default: `MOST_ANSWER_BYTES`. */
  readonly most?: number;
}

export interface ApiAnswer {
  /** The parsed JSON of the body; nothing is checked yet. */
  readonly data: unknown;
  /** Size of the body after decompression. */
  readonly bytes: number;
  /** The server's clock, as its header `Date` says: whole seconds. */
  readonly date: string | undefined;
}

interface Attempt {
  readonly context: RequestContext;
  readonly access: Access;
  readonly receiver: Receiver;
}

export class ApiCalls {
  readonly #config: PooledKubeConfig;
  readonly #userAgent: string;
  readonly #deadlineMs: number;
  readonly #clock: Clock;

  constructor(config: PooledKubeConfig, userAgent: string, deadlineMs: number, clock: Clock = systemClock) {
    this.#config = config;
    this.#userAgent = userAgent;
    this.#deadlineMs = deadlineMs;
    this.#clock = clock;
  }

  /** @throws RefusedError, TooLargeError, and errors of the connection, the credential or the deadline */
  async call(call: ApiCall): Promise<ApiAnswer> {
    const receiver = new Receiver(call.most ?? MOST_ANSWER_BYTES);
    const late = () => receiver.abort(new DOMException('no answer in time', 'TimeoutError'));
    // Not `AbortSignal.timeout`: its timer stays, and wakes the process at the deadline of each call.
    const timer = this.#clock.after(this.#deadlineMs, late);
    return await this.#receive(receiver, call).finally(() => timer.cancel());
  }

  async #receive(receiver: Receiver, call: ApiCall): Promise<ApiAnswer> {
    // Only for what the library adds to it: the credential.
    const context = new RequestContext(this.#server, call.method);
    const access = await this.#config.authenticate(context);
    try {
      return await this.#send(call, { context, access, receiver });
    } catch (error) {
      // After 401 the credential may be revoked, or a client certificate be out of date.
      if (isUnauthorized(error)) this.#config.refused(access);
      // Without an answer the connection may be dead.
      else if (!(error instanceof RefusedError || error instanceof TooLargeError))
        this.#config.dropConnections(access);
      throw error;
    }
  }

  get #server(): string {
    return this.#config.getCurrentCluster()?.server.replace(/\/$/, '') ?? '';
  }

  #urlOf({ path, query = {} }: ApiCall): URL {
    const parameters = new URLSearchParams();
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) parameters.set(name, String(value));
    return new URL(`${this.#server}${path}${parameters.size === 0 ? '' : `?${parameters}`}`);
  }

  async #send(call: ApiCall, { context, access, receiver }: Attempt): Promise<ApiAnswer> {
    const { method, body, most = MOST_ANSWER_BYTES, contentType } = call;
    const { origin, pathname, search } = this.#urlOf(call);
    const request = {
      origin,
      path: `${pathname}${search}`,
      method,
      // The deadline of the call bounds both. For HTTP/1.1 they are a timer that rings each 0.5 s.
      headersTimeout: 0,
      bodyTimeout: 0,
      headers: {
        ...context.getHeaders(),
        accept: 'application/json',
        'user-agent': this.#userAgent,
        // The API server compresses what is long, which is what is read.
        ...(method === 'GET' && this.#config.acceptsGzip && { 'accept-encoding': 'gzip' }),
        ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    access.dispatcher.dispatch(request, receiver);
    const received = await receiver.received;
    const { status, isRefusal, headers, isBroken } = received;
    if (isBroken) this.#config.dropConnections(access);
    if (isRefusal) {
      // The status is known, whatever became of the body.
      const text = await unpacked(received, MOST_REFUSAL_BYTES).catch(() => '');
      throw new RefusedError(refusal(status, text.toString(), textOf(headers['retry-after'])));
    }
    const content = await unpacked(received, most);
    return { data: JSON.parse(content.toString()), bytes: content.length, date: textOf(headers.date) };
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
