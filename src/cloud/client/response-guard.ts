/**
 * Reads the headers of an answer, which the vendor's SDK hides on errors, counts what the answer costs, and
 * destroys a request whose time is over. Node publishes each request and each answer on a diagnostics
 * channel.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { AnswerCost } from './answer-memory.ts';
import { UnexpectedBody } from './call-errors.ts';

const CHANNEL = 'http.client.response.finish';
const CREATED = 'http.client.request.created';

/** Header that identifies the request of an answer: no two calls share a nonce. */
export const NONCE_HEADER = 'x-acs-signature-nonce';

/** Name of the socket's property in httpx 2. */
const READ_TIMER = 'TIMER::READ_TIMER';

/** Most informational heads before an answer, such as 103 Early Hints. The vendor sends none. */
const MOST_INFORMATIONAL = 8;

/** What Node publishes about a request. */
interface Message {
  readonly request: ClientRequest;
}

/**
 * Passes the messages of a channel to the calls that they are about, each once. One listener serves all:
 * with one for each, a call would see the requests of every other call in flight.
 */
class Listeners<M extends Message> {
  readonly #byNonce = new Map<string, (message: M) => void>();

  constructor(channel: string) {
    subscribe(channel, (message) => this.#receive(message as M));
  }

  /** Runs `call`. Passes the message about the request that carries `nonce` to `listener`, if it comes. */
  async during<T>(nonce: string, listener: (message: M) => void, call: () => Promise<T>): Promise<T> {
    this.#byNonce.set(nonce, listener);
    try {
      return await call();
    } finally {
      this.#byNonce.delete(nonce);
    }
  }

  #receive(message: M): void {
    const nonce = message.request.getHeader(NONCE_HEADER);
    if (typeof nonce !== 'string') return;
    const listener = this.#byNonce.get(nonce);
    this.#byNonce.delete(nonce);
    listener?.(message);
  }
}

const created = new Listeners(CREATED);
const answered = new Listeners<Message & { readonly response: IncomingMessage }>(CHANNEL);

/**
 * Runs `call`, whose request carries `nonce`, and destroys the request when `over` is aborted: without an
 * answer it would stay open as long as the endpoint sends a byte of a head now and then. Aborts `over` with
 * an UnexpectedBody when informational heads come without end: they cost work, and no bound on the answer
 * counts them.
 */
export function holdRequest<T>(nonce: string, over: AbortController, call: () => Promise<T>): Promise<T> {
  return created.during(nonce, ({ request }) => hold(request, over), call);
}

function hold(request: ClientRequest, over: AbortController): void {
  const { signal } = over;
  if (signal.aborted) request.destroy();
  else signal.addEventListener('abort', () => request.destroy(), { once: true });
  let heads = 0;
  request.on('information', () => {
    heads += 1;
    if (heads > MOST_INFORMATIONAL)
      over.abort(new UnexpectedBody('the answer has too many heads; is a proxy in between?'));
  });
}

/**
 * Runs `call`, whose request carries `nonce`. Calls `onAnswer` as soon as the headers of its answer have
 * arrived, and then stops listening: `call` may never end, because the SDK does not promise to end when an
 * answer is destroyed before it has been read.
 */
export function hearAnswer<T>(
  nonce: string,
  call: () => Promise<T>,
  onAnswer: (answer: IncomingMessage) => void,
): Promise<T> {
  const listener = ({ request, response }: Message & { readonly response: IncomingMessage }) => {
    forgetTimer(request);
    onAnswer(response);
  };
  return answered.during(nonce, listener, call);
}

/**
 * Stops the timer that the SDK's HTTP client starts for each answer and never stops. It would keep the
 * request in memory until it fires: 10 s for each of 100 calls/s. The call's deadline and the socket's idle
 * timeout still bound the call.
 */
function forgetTimer({ socket }: ClientRequest): void {
  const name = Object.getOwnPropertySymbols(socket ?? {}).find(
    ({ description }) => description === READ_TIMER,
  );
  if (name) clearTimeout((socket as unknown as Record<symbol, NodeJS.Timeout | undefined>)[name]);
}

/**
 * Destroys the answer when `over` is aborted. Aborts `over` when the answer is compressed, with an
 * UnexpectedBody, or costs too much, with the error that `cost` gives.
 */
export function bound(answer: IncomingMessage, over: AbortController, cost: AnswerCost): void {
  const { signal } = over;
  if (signal.aborted) answer.destroy();
  else signal.addEventListener('abort', () => answer.destroy(), { once: true });
  if (isPacked(answer)) over.abort(new UnexpectedBody('the answer is compressed; is a proxy in between?'));
  cost.onExceeded = (error) => over.abort(error);
  cost.addHeaders(answer.rawHeaders);
  countChunks(answer, cost);
}

/**
 * A compressed body can be 1,000 times as long as it looks. The request asks for none, but the SDK would
 * unpack one.
 */
function isPacked({ headers }: IncomingMessage): boolean {
  return (headers['content-encoding'] ?? 'identity') !== 'identity';
}

/**
 * Counts each chunk as the parser delivers it. A listener would see the chunks too late: Node reads 64 KiB at
 * once, which can be 10,000 chunks, before the SDK begins to listen.
 */
function countChunks(answer: IncomingMessage, cost: AnswerCost): void {
  const push = answer.push.bind(answer);
  answer.push = (chunk: Buffer | null, encoding) => {
    if (chunk) cost.addChunk(chunk.length);
    return push(chunk, encoding);
  };
}

/** Longest wait, whatever the answer says: the vendor counts calls by the minute. */
const LONGEST_WAIT_MS = 60_000;

/**
 * The wait that an answer requests, ms: `x-acs-retry-after: 250`, or
 * `x-ratelimit-user-api: Limit:6000,Remain:0,TimeLeft:250`.
 */
export function retryAfterOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const texts = [
    /^(\d{1,9})$/.exec(`${headers['x-acs-retry-after']}`),
    /\bTimeLeft:(\d{1,9})\b/.exec(`${headers['x-ratelimit-user-api']}`),
    /\bTimeLeft:(\d{1,9})\b/.exec(`${headers['x-ratelimit-user']}`),
  ];
  const ms = texts.find((match) => match !== null)?.[1];
  return ms === undefined ? undefined : Math.min(Number(ms), LONGEST_WAIT_MS);
}
