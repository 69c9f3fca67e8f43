/**
 * One watch request: yields its events as they come, until it ends. Its connection is its own and ends with it: a watch must
 * never come back onto a pooled one that is dead.
 */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { RefusedError, refusal } from './api-error.ts';

/** As the API server sends it; nothing is checked yet. */
export interface RawEvent {
  readonly type?: unknown;
  readonly object?: unknown;
}

export interface WatchQuery {
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  /** Of what is watched only a part, such as one object by its name. */
  readonly fieldSelector?: string;
  /** As above, such as all objects with a label. */
  readonly labelSelector?: string;
}

export interface WatchLimits {
  /** From the request to the head of its answer, or to the end of a refusal. */
  readonly answerMs: number;
  /** Without a byte. */
  readonly idleMs: number;
  /** In characters. */
  readonly longestLine: number;
}

const LIMITS: WatchLimits = {
  // As any other call of the API server.
  answerMs: 20_000,
  // Bookmarks come about once a minute: a watch without a byte for longer is dead.
  idleMs: 80_000,
  // etcd takes 1.5 MiB for an object; a line is not much more than that.
  longestLine: 4 * 1_024 * 1_024,
};

/** Of a refusal: a Status is below 1 KiB. */
const LONGEST_BODY = 16 * 1_024;

const OK = 200;

/** What came is no event: which change it told of is not known. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

export class WatchClient {
  readonly #config: KubeConfig;
  readonly #userAgent: string;
  readonly #limits: WatchLimits;
  readonly #onSilence: () => void;

  /** @param onSilence called when a watch has ended because nothing came: the way that other connections go may be as dead */
  constructor(
    config: KubeConfig,
    userAgent: string,
    limits: Partial<WatchLimits> = {},
    onSilence: () => void = () => undefined,
  ) {
    this.#config = config;
    this.#userAgent = userAgent;
    this.#limits = { ...LIMITS, ...limits };
    this.#onSilence = onSilence;
  }

  /**
   * Ends in good order when the server ends it, or when nothing has come for `idleMs`.
   *
   * @param path of the collection
   * @throws RefusedError, UnreadableError, and what breaks connections; when `signal` is aborted, its reason or such an error
   */
  async *events(path: string, query: WatchQuery, signal: AbortSignal): AsyncGenerator<RawEvent, void> {
    const { answerMs, idleMs, longestLine } = this.#limits;
    const request = await this.#request(path, query, signal);
    let idle = false;
    try {
      const response = await answerTo(request, answerMs);
      request.setTimeout(idleMs, () => {
        idle = true;
        request.destroy();
      });
      for await (const line of lines(response, longestLine)) yield parsed(line);
    } catch (error) {
      if (!idle) throw error;
      this.#onSilence();
    } finally {
      request.destroy();
    }
  }

  async #request(path: string, query: WatchQuery, signal: AbortSignal): Promise<ClientRequest> {
    const server = this.#config.getCurrentCluster()?.server.replace(/\/$/, '') ?? '';
    const url = new URL(`${server}${path}`);
    const parameters = { watch: 'true', allowWatchBookmarks: 'true', ...query };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    const options = { ...(await this.#access()), signal };
    const request = url.protocol === 'http:' ? httpRequest(url, options) : httpsRequest(url, options);
    request.setHeader('User-Agent', this.#userAgent);
    // What goes wrong before the answer is thrown where that is awaited, and afterwards by the answer itself.
    return request.on('error', () => undefined);
  }

  /** Read for each watch: certificates and tokens change. */
  async #access(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    // The library's agent keeps the first certificates for good; the way through a proxy is known to it alone.
    return this.#config.getCurrentCluster()?.proxyUrl ? options : { ...options, agent: false };
  }
}

/** @throws also what the API server refuses */
async function answerTo(request: ClientRequest, withinMs: number): Promise<IncomingMessage> {
  const late = () => request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(late, withinMs);
  try {
    const response: IncomingMessage = (await once(request.end(), 'response'))[0];
    if (response.statusCode !== OK) throw await refusalOf(response);
    return response;
  } finally {
    clearTimeout(timer);
  }
}

async function refusalOf(response: IncomingMessage): Promise<RefusedError> {
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) {
    body += chunk;
    if (body.length > LONGEST_BODY) break;
  }
  return new RefusedError(refusal(response.statusCode ?? 0, body, response.headers['retry-after']));
}

/** Whole lines only: what is cut in the middle comes again when the watch is resumed. */
async function* lines(response: IncomingMessage, longest: number): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of response.setEncoding('utf8') as AsyncIterable<string>) {
    const [first = '', ...others] = chunk.split('\n');
    const parts = [rest + first, ...others];
    rest = parts.pop() ?? '';
    yield* parts;
    if (rest.length > longest) throw new UnreadableError(`a line of more than ${longest} characters`);
  }
}

function parsed(line: string): RawEvent {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === 'object' && event !== null) return event;
  } catch {
    // As below.
  }
  throw new UnreadableError('a line that is no event');
}
