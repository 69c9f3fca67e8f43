/**
 * How long a refused call was told to wait. The vendor's SDK drops the headers of an error answer, so they are read where Node tells
 * of every answer that it receives.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest, IncomingMessage } from 'node:http';

const CHANNEL = 'http.client.response.finish';

/** By this header an answer is known to be the one to our request: no two calls share a nonce. */
export const NONCE_HEADER = 'x-acs-signature-nonce';

/** Whatever an answer says: the vendor counts by the minute, so that after one everybody may call again. */
const LONGEST_MS = 60_000;

/** Runs `call`, whose request carries `nonce`; `onTold` gets the milliseconds that its answer says to wait, if it says so. */
export async function hearRetryAfter<T>(
  nonce: string,
  call: () => Promise<T>,
  onTold: (ms: number) => void,
): Promise<T> {
  const listener = (message: unknown) => {
    const { request, response } = message as { request: ClientRequest; response: IncomingMessage };
    if (request.getHeader(NONCE_HEADER) !== nonce) return;
    const ms = retryAfterOf(response.headers);
    if (ms !== undefined) onTold(ms);
  };
  subscribe(CHANNEL, listener);
  try {
    return await call();
  } finally {
    unsubscribe(CHANNEL, listener);
  }
}

/** Milliseconds, at most a minute: `x-acs-retry-after: 250`, or `x-ratelimit-user-api: Limit:6000,Remain:0,TimeLeft:250`. */
export function retryAfterOf(headers: Readonly<Record<string, unknown>>): number | undefined {
  const texts = [
    /^(\d{1,9})$/.exec(`${headers['x-acs-retry-after']}`),
    /\bTimeLeft:(\d{1,9})\b/.exec(`${headers['x-ratelimit-user-api']}`),
    /\bTimeLeft:(\d{1,9})\b/.exec(`${headers['x-ratelimit-user']}`),
  ];
  const told = texts.find((match) => match !== null)?.[1];
  return told === undefined ? undefined : Math.min(Number(told), LONGEST_MS);
}
