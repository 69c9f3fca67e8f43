/**
 * Reads the headers of an answer, which the vendor's SDK hides on errors, counts what the answer costs, and
 * destroys a request whose time is over. Node publishes each request on a diagnostics channel.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { AnswerCost } from './answer-memory.ts';
import type { CallAbort } from './call-abort.ts';
import { UnexpectedBody } from './call-errors.ts';

/** Header that identifies the request of a call: no two calls share a nonce. */
export const NONCE_HEADER = 'x-acs-signature-nonce';

/** Name of the socket's property in httpx 2, and the symbol with that name once a socket has it. */
const READ_TIMER = 'TIMER::READ_TIMER';
let readTimer: symbol | undefined;

/** Most informational heads before an answer, such as 103 Early Hints. The vendor sends none. */
const MOST_INFORMATIONAL = 8;

/** What each call does with its request, until the request is created. By nonce. */
const calls = new Map<string, (request: ClientRequest) => void>();

subscribe('http.client.request.created', (message) => {
  const { request } = message as { readonly request: ClientRequest };
  const nonce = request.getHeader(NONCE_HEADER);
  if (typeof nonce !== 'string') return;
  const onRequest = calls.get(nonce);
  calls.delete(nonce);
  onRequest?.(request);
});

/**
 * Runs `call`, whose request carries `nonce`, and destroys the request when `over` is aborted: without an
 * answer it would stay open as long as the endpoint sends a byte of a head now and then. Aborts `over` with
 * an UnexpectedBody when informational heads come without end: they cost work, and no bound on the answer
 * counts them.
 *
 * @param onAnswer called as soon as the headers of the answer have arrived
 */
export async function guarded<T>(
  nonce: string,
  over: CallAbort,
  onAnswer: (answer: IncomingMessage) => void,
  call: () => Promise<T>,
): Promise<T> {
  calls.set(nonce, (request) => hold(request, over, onAnswer));
  try {
    return await call();
  } finally {
    calls.delete(nonce);
  }
}

function hold(request: ClientRequest, over: CallAbort, onAnswer: (answer: IncomingMessage) => void): void {
  over.destroys(request);
  let heads = 0;
  request.on('information', () => {
    heads += 1;
    if (heads > MOST_INFORMATIONAL)
      over.abort(new UnexpectedBody('the answer has too many heads; is a proxy in between?'));
  });
  request.once('response', (answer) => {
    forgetTimer(request);
    onAnswer(answer);
  });
}

/**
 * Stops the timer that the SDK's HTTP client starts for each answer and never stops. It would keep the
 * request in memory until it fires: 10 s for each of 100 calls/s. The call's deadline and the socket's idle
 * timeout still bound the call.
 */
function forgetTimer({ socket }: ClientRequest): void {
  // A socket has forty symbols, and the list of them would be made for each answer.
  readTimer ??= Object.getOwnPropertySymbols(socket ?? {}).find(
    ({ description }) => description === READ_TIMER,
  );
  if (readTimer) clearTimeout((socket as unknown as Record<symbol, NodeJS.Timeout | undefined>)[readTimer]);
}

/**
 * Destroys the answer when `over` is aborted. Aborts `over` when the answer is compressed, with an
 * UnexpectedBody, or costs too much, with the error that `cost` gives.
 */
export function bound(answer: IncomingMessage, over: CallAbort, cost: AnswerCost): void {
  over.destroys(answer);
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
