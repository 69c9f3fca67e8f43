/**
 * Calls of the API server: JSON out and in, with a deadline, a user agent and a bound on the answer, over the
 * pooled connection. The library's generated clients are not used: they hold every type of Kubernetes, which
 * takes memory and start-up time, and copy each body field by field (docs/decisions/0023-api-calls.md).
 */
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { RequestContext } from '@kubernetes/client-node';
import { RefusedError, refusal } from './api-error.ts';
import { MOST_ANSWER_BYTES, readBounded, TooLargeError } from './bounded-body.ts';
import type { PooledKubeConfig } from './kube-config.ts';

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
}

const UNAUTHORIZED = 401;
const FIRST_REFUSAL = 400;

export class ApiCalls {
  readonly #config: PooledKubeConfig;
  readonly #userAgent: string;
  readonly #deadlineMs: number;

  constructor(config: PooledKubeConfig, userAgent: string, deadlineMs: number) {
    this.#config = config;
    this.#userAgent = userAgent;
    this.#deadlineMs = deadlineMs;
  }

  /** @throws RefusedError, TooLargeError, and errors of the connection or the deadline */
  async call(call: ApiCall): Promise<ApiAnswer> {
    try {
      return await this.#send(call);
    } catch (error) {
      // Without an answer the connection may be dead; after 401 its client certificate may be out of date.
      // The next call connects again.
      const isSound =
        error instanceof RefusedError
          ? error.failure.status !== UNAUTHORIZED
          : error instanceof TooLargeError;
      if (!isSound) this.#config.dropConnections();
      throw error;
    }
  }

  async #send({ method, path, query, body, most, contentType }: ApiCall): Promise<ApiAnswer> {
    const signal = AbortSignal.timeout(this.#deadlineMs);
    const server = this.#config.getCurrentCluster()?.server.replace(/\/$/, '') ?? '';
    const context = new RequestContext(`${server}${path}`, method);
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) context.setQueryParam(name, String(value));
    const dispatcher = await this.#config.authenticate(context);
    const { origin, pathname, search } = new URL(context.getUrl());
    const answer = await dispatcher.request({
      origin,
      path: `${pathname}${search}`,
      method,
      headers: {
        ...context.getHeaders(),
        accept: 'application/json',
        'user-agent': this.#userAgent,
        // The API server compresses what is long, which is what is read.
        ...(method === 'GET' && { 'accept-encoding': 'gzip' }),
        ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal,
    });
    const { statusCode, headers } = answer;
    const isRefusal = statusCode >= FIRST_REFUSAL;
    const stream = unpacked(answer.body, headers['content-encoding']);
    const content = await readBounded(stream, isRefusal, most ?? MOST_ANSWER_BYTES);
    const text = content.toString('utf8');
    if (isRefusal) throw new RefusedError(refusal(statusCode, text, textOf(headers['retry-after'])));
    return { data: JSON.parse(text), bytes: content.length };
  }
}

function unpacked(body: Readable, encoding: string | string[] | undefined): Readable {
  // The reader gets the errors; the callback only makes them handled.
  return encoding === 'gzip' ? pipeline(body, createGunzip(), () => undefined) : body;
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
