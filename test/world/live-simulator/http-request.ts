/** Reads a whole HTTP request, as the signature needs it and as the admin port does. */
import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from './signature.ts';

/** Far more than any call or verb needs. */
const LARGEST_BODY = 1024 * 1024;

/** Undefined where the body is larger than 1 MiB. Rejects when the client goes away. */
export async function readRequest(message: IncomingMessage): Promise<HttpRequest | undefined> {
  const body = await readBody(message);
  if (!body) return undefined;
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://endpoint');
  const headers = message.headersDistinct as Record<string, string[]>;
  return { method: message.method ?? '', path: pathname, query: [...searchParams], headers, body };
}

async function readBody(message: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LARGEST_BODY) chunks.push(chunk);
  }
  return length <= LARGEST_BODY ? Buffer.concat(chunks) : undefined;
}
