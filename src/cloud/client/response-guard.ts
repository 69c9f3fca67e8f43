/**
 * What the vendor's SDK does not tell of an answer, its headers, and does not bound, its length: both are had where Node tells of every
 * answer that it receives.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { UnexpectedBody } from './map-response.ts';

const CHANNEL = 'http.client.response.finish';

/** By this header an answer is known to be the one to our request: no two calls share a nonce. */
export const NONCE_HEADER = 'x-acs-signature-nonce';

/** As httpx 2 names the socket's property. */
const READ_TIMER = 'TIMER::READ_TIMER';

/** A page of a hundred jobs takes about 100 KiB. A body without end would fill the memory of the process that all share. */
export const LONGEST_BODY_BYTES = 2 * 2 ** 20;

/**
 * Runs `call`, whose request carries `nonce`; `onAnswer` gets the answer to it as soon as its headers are there. Nothing is listened for
 * after that: the SDK promises nothing of an answer that is ended before it has been read, and `call` may never come to its end.
 */
export async function hearAnswer<T>(
  nonce: string,
  call: () => Promise<T>,
  onAnswer: (answer: IncomingMessage) => void,
): Promise<T> {
  const listener = (message: unknown) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    if (request.getHeader(NONCE_HEADER) !== nonce) return;
    unsubscribe(CHANNEL, listener);
    forgetTimer(request);
    onAnswer(response);
  };
  subscribe(CHANNEL, listener);
  try {
    return await call();
  } finally {
    unsubscribe(CHANNEL, listener);
  }
}

/**
 * The SDK's HTTP client starts a timer for each answer, which the SDK never stops: it would hold the request and all that belongs to it
 * until it rings, ten seconds for each of a hundred calls a second. The call's deadline and the socket's idleness bound what is left.
 */
function forgetTimer({ socket }: ClientRequest): void {
  const name = Object.getOwnPropertySymbols(socket ?? {}).find(
    ({ description }) => description === READ_TIMER,
  );
  if (name) clearTimeout((socket as unknown as Record<symbol, NodeJS.Timeout | undefined>)[name]);
}

/** Ends the answer when `over` is aborted, and aborts it with an UnexpectedBody when the answer is none that can be read. */
export function bound(answer: IncomingMessage, over: AbortController): void {
  const { signal } = over;
  if (signal.aborted) answer.destroy();
  else signal.addEventListener('abort', () => answer.destroy(), { once: true });
  if (isPacked(answer)) over.abort(new UnexpectedBody('the answer is compressed; is a proxy in between?'));
  else
    watchLength(answer, () =>
      over.abort(new UnexpectedBody('the answer is too long; is a proxy in between?')),
    );
}

/** A compressed body may be a thousand times as long as it looks. We ask for none, and the SDK would unpack it all the same. */
function isPacked({ headers }: IncomingMessage): boolean {
  return (headers['content-encoding'] ?? 'identity') !== 'identity';
}

/** Calls back once when the body turns out to be longer than `LONGEST_BODY_BYTES`. */
function watchLength(answer: IncomingMessage, onTooLong: () => void): void {
  let length = 0;
  const count = (chunk: Buffer) => {
    length += chunk.length;
    if (length <= LONGEST_BODY_BYTES) return;
    answer.off('data', count);
    onTooLong();
  };
  // To listen for data makes it flow, which must not be before the SDK listens as well.
  const whenRead = (event: string | symbol) => {
    if (event !== 'data') return;
    answer.off('newListener', whenRead);
    answer.on('data', count);
  };
  answer.on('newListener', whenRead);
}
