/**
 * One watch request: yields its events as they come, until it ends. It has a connection of its own, which
 * ends with it: a watch must never reconnect to a pooled connection that is dead.
 */
import { once } from 'node:events';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { type Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { checkServerIdentity } from 'node:tls';
import { isUnauthorized, RefusedError, refusal } from './api-error.ts';
import type { PooledKubeConfig } from './kube-config.ts';
import { Places } from './places.ts';

/** Event as the API server sends it; nothing is checked yet. */
export interface RawEvent {
  readonly type?: unknown;
  /** A reader that waits for the next event removes it: it may have a megabyte, and watches are many. */
  object?: unknown;
}

export interface WatchQuery {
  readonly resourceVersion: string;
  readonly timeoutSeconds: number;
  /** Selects objects by fields, such as one object by its name. */
  readonly fieldSelector?: string;
  /** Selects objects by labels. */
  readonly labelSelector?: string;
}

export interface WatchLimits {
  /** Longest time from the request to the head of its answer, or to the end of a refusal, ms. */
  readonly answerMs: number;
  /** Longest time without a byte, ms. */
  readonly idleMs: number;
  /** Longest line, in characters. */
  readonly longestLine: number;
}

const LIMITS: WatchLimits = {
  // The deadline of the other calls of the API server.
  answerMs: 20_000,
  // Bookmarks come about once a minute: a watch without a byte for longer is dead.
  idleMs: 80_000,
  // etcd holds at most 1.5 MiB per object; a line is not much longer.
  longestLine: 4 * 1_024 * 1_024,
};

/**
 * Most long lines that are read at the same time, by all watches of a client together. Each holds the bytes
 * of an object until its end has come.
 */
const MOST_LONG_LINES = 8;

/** A longer line needs a place. 64 Ki, as much as the network delivers at once. */
const LONG_LINE = 64 * 1_024;

/** Most characters that are read of a refusal: a Status is below 1 KiB. */
const LONGEST_BODY = 16 * 1_024;

const OK = 200;

/** A line that cannot be read as an event: the change that it reported is lost. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** A watch that had begun lost its connection. `cause` is the error of the connection. */
export class CutError extends Error {
  override readonly name = 'CutError';
}

interface Started {
  readonly request: ClientRequest;
  /** Identity of the credential of an exec plugin. */
  readonly credential: object | undefined;
}

export class WatchClient {
  readonly #config: PooledKubeConfig;
  readonly #userAgent: string;
  readonly #limits: WatchLimits;
  readonly #longLines = new Places(MOST_LONG_LINES);

  /**
   * @param config its connections for calls are dropped when a watch ends because nothing came: they may be
   * dead too
   */
  constructor(config: PooledKubeConfig, userAgent: string, limits: Partial<WatchLimits> = {}) {
    this.#config = config;
    this.#userAgent = userAgent;
    this.#limits = { ...LIMITS, ...limits };
  }

  /**
   * Yields events; ends without an error when the server ends the watch, or when nothing has come for
   * `idleMs`.
   *
   * @param path of the collection
   * @throws RefusedError, UnreadableError, CutError, and errors of the connection; when `signal` is aborted,
   * its reason or such an error
   */
  async *events(path: string, query: WatchQuery, signal: AbortSignal): AsyncGenerator<RawEvent, void> {
    const { answerMs, idleMs, longestLine } = this.#limits;
    const { request, credential } = await this.#request(path, query, signal);
    let hasBegun = false;
    let idle = false;
    try {
      const response = await answerTo(request, answerMs);
      hasBegun = true;
      request.setTimeout(idleMs, () => {
        idle = true;
        request.destroy();
      });
      yield* eventsIn(response, longestLine, this.#longLines);
    } catch (error) {
      // Were the list that follows to use a dead connection too, its deadline would make 80 s 100 s.
      if (idle) this.#config.dropConnections();
      if (isUnauthorized(error)) this.#config.execCredential?.forget(credential);
      if (!idle) throw hasBegun && !(error instanceof UnreadableError) ? cut(error) : error;
    } finally {
      request.destroy();
    }
  }

  async #request(path: string, query: WatchQuery, signal: AbortSignal): Promise<Started> {
    const server = this.#config.getCurrentCluster()?.server.replace(/\/$/, '') ?? '';
    const url = new URL(`${server}${path}`);
    const parameters = { watch: 'true', allowWatchBookmarks: 'true', ...query };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
    const options = { ...(await this.#access(url)), signal };
    const credential = this.#config.execCredential?.current;
    const request = url.protocol === 'http:' ? httpRequest(url, options) : httpsRequest(url, options);
    request.setHeader('User-Agent', this.#userAgent);
    // An error before the answer is thrown where the answer is awaited; a later one is thrown by the answer
    // itself.
    request.on('error', () => undefined);
    return { request, credential };
  }

  /** Reads the credentials for each watch: certificates and tokens change. */
  async #access({ hostname }: URL): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await this.#config.applyToHTTPSOptions(options);
    const { proxyUrl, tlsServerName } = this.#config.getCurrentCluster() ?? {};
    if (!proxyUrl) return { ...options, agent: false };
    // The library's agent alone can connect through a proxy, but it keeps the first certificates forever.
    const { agent, ca, cert, key } = options;
    Object.assign((agent as Agent).options, { ca, cert, key });
    // Its agent for SOCKS expects the name localhost in the certificate of a server that is named by address.
    const name = tlsServerName ?? hostname.replace(/^\[|\]$/g, '');
    return { ...options, checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate) };
  }
}

function cut(cause: unknown): CutError {
  return new CutError('the connection of the watch was cut', { cause });
}

/** Waits for the head of the answer. @throws RefusedError as well */
async function answerTo(request: ClientRequest, withinMs: number): Promise<IncomingMessage> {
  const late = () => request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(late, withinMs);
  // Node ends a request without an error when the answer changes to another protocol.
  const closed = once(request, 'close').then(() => {
    throw Object.assign(new Error('no answer'), { code: 'ECONNRESET' });
  });
  try {
    const [response] = (await Promise.race([once(request.end(), 'response'), closed])) as [IncomingMessage];
    if (response.statusCode !== OK) throw await refusalOf(response);
    return response;
  } finally {
    clearTimeout(timer);
  }
}

async function refusalOf(response: IncomingMessage): Promise<RefusedError> {
  let body = '';
  try {
    for await (const chunk of response.setEncoding('utf8')) {
      body += chunk;
      if (body.length > LONGEST_BODY) break;
    }
  } catch {
    // The status is known, whatever became of the body.
  }
  return new RefusedError(refusal(response.statusCode ?? 0, body, response.headers['retry-after']));
}

/**
 * Yields the events of whole lines only: an event that is cut comes again when the watch resumes. A long line
 * is read to its end when it has a place; until then its connection holds the rest back.
 */
async function* eventsIn(
  response: IncomingMessage,
  longest: number,
  places: Places,
): AsyncGenerator<RawEvent, void> {
  const lines = new Lines();
  let leave: (() => void) | undefined;
  try {
    for await (const piece of response.setEncoding('utf8') as AsyncIterable<string>) {
      lines.add(piece);
      if (lines.unfinished <= LONG_LINE) {
        leave?.();
        leave = undefined;
      }
      while (lines.hasWhole) yield lines.nextEvent();
      if (lines.unfinished > longest) throw new UnreadableError(`a line of more than ${longest} characters`);
      if (lines.unfinished > LONG_LINE) leave ??= await places.enter();
    }
  } finally {
    leave?.();
  }
}

/**
 * Lines that come in pieces. A generator that waits keeps all its variables, so that each watch would keep
 * its last line: no line is in one.
 */
class Lines {
  /** Whole lines, the next one last. */
  #whole: string[] = [];
  #rest = '';

  add(piece: string): void {
    const parts = piece.split('\n');
    parts[0] = this.#rest + parts[0];
    this.#rest = parts.pop() ?? '';
    this.#whole = parts.reverse();
  }

  get hasWhole(): boolean {
    return this.#whole.length > 0;
  }

  /** Number of characters of the line whose end has not come. */
  get unfinished(): number {
    return this.#rest.length;
  }

  /** Removes the next whole line. @throws UnreadableError */
  nextEvent(): RawEvent {
    return parsed(this.#whole.pop() ?? '');
  }
}

function parsed(line: string): RawEvent {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === 'object' && event !== null) return event;
  } catch {
    // Thrown below.
  }
  throw new UnreadableError('a line that is no event');
}
