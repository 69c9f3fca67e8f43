/** A whole HTTP request: as the signatures need it, and how it is read. */
import type { IncomingMessage } from 'node:http';

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Decoded, in the order they came; a name may come more than once. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** Header values by lower-case name; a header may come more than once. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly body: Uint8Array;
}

/** Far more than any call needs. */
const LARGEST_CALL = 1024 * 1024;

/**
 * Undefined where the body is larger than `largest` bytes, 1 MiB by default. Rejects when the client goes
 * away.
 */
export async function readRequest(
  message: IncomingMessage,
  largest = LARGEST_CALL,
): Promise<HttpRequest | undefined> {
  const body = await readBody(message, largest);
  if (!body) return undefined;
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://endpoint');
  const headers = message.headersDistinct as Record<string, string[]>;
  return { method: message.method ?? '', path: pathname, query: [...searchParams], headers, body };
}

/** The first of this name; empty where there is none. */
export function header(request: HttpRequest, name: string): string {
  return request.headers[name]?.[0] ?? '';
}

/**
 * Reads parameters from the query and from a form in the body. Where both name a parameter, the body's value
 * counts.
 */
export function parametersOf(request: HttpRequest): ReadonlyMap<string, string> {
  const contentType = header(request, 'content-type').toLowerCase();
  const isForm = contentType.startsWith('application/x-www-form-urlencoded');
  const form = isForm ? new URLSearchParams(Buffer.from(request.body).toString()) : [];
  return new Map([...request.query, ...form]);
}

async function readBody(message: IncomingMessage, largest: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= largest) chunks.push(chunk);
  }
  return length <= largest ? Buffer.concat(chunks) : undefined;
}
