/**
 * ACS3-HMAC-SHA256: how Alibaba Cloud signs a request, after its page "V3 request structure and signature".
 *
 * Pure functions over a request. They share no code with the SDK, so that a mistake in one is not repeated by
 * the other.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { HttpRequest } from '../http/http-request.ts';

export const ALGORITHM = 'ACS3-HMAC-SHA256';

export interface Authorization {
  readonly accessKeyID: string;
  /** Lower-case names, in the order the client signed them. */
  readonly signedHeaders: readonly string[];
  /** HMAC-SHA256 in lower-case hex. */
  readonly signature: string;
}

/**
 * Every request has these. Action and version may come as parameters instead of headers, and are signed as
 * such.
 */
const ALWAYS_SIGNED = ['host', 'x-acs-content-sha256', 'x-acs-date', 'x-acs-signature-nonce'];

const AUTHORIZATION = /^(\S+) Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/;

/** The parts of an `Authorization` header, or undefined where it is not one of this algorithm. */
export function parseAuthorization(header: string): Authorization | undefined {
  const [, algorithm, accessKeyID, signedHeaders, signature] = AUTHORIZATION.exec(header) ?? [];
  if (algorithm !== ALGORITHM || !accessKeyID || !signedHeaders || !signature) return undefined;
  return { accessKeyID, signedHeaders: signedHeaders.toLowerCase().split(';'), signature };
}

/**
 * Header names that had to be signed and were not: the fixed ones, and every other `x-acs-` header that was
 * sent.
 */
export function unsignedHeaders(request: HttpRequest, signedHeaders: readonly string[]): readonly string[] {
  const sent = Object.keys(request.headers).filter((name) => name.startsWith('x-acs-'));
  return [...new Set([...ALWAYS_SIGNED, ...sent])].filter((name) => !signedHeaders.includes(name));
}

/** The text whose hash is signed: method, path, query, headers, names of the headers, hash of the body. */
export function canonicalRequest(request: HttpRequest, signedHeaders: readonly string[]): string {
  const names = [...signedHeaders].sort(compare);
  return [
    request.method.toUpperCase(),
    request.path,
    canonicalQuery(request.query),
    names.map((name) => canonicalHeader(name, request.headers[name])).join(''),
    names.join(';'),
    sha256(request.body),
  ].join('\n');
}

export function stringToSign(canonical: string): string {
  return `${ALGORITHM}\n${sha256(canonical)}`;
}

/**
 * The signature in lower-case hex. The secret is the key as it is: nothing is derived from it, nothing
 * appended.
 */
export function sign(secret: string, canonical: string): string {
  return createHmac('sha256', secret).update(stringToSign(canonical)).digest('hex');
}

export function isSignedWith(secret: string, canonical: string, signature: string): boolean {
  const expected = Buffer.from(sign(secret, canonical), 'hex');
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** SHA-256 in lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Sorted by name, then by value, both by character code; then encoded. */
export function canonicalQuery(query: HttpRequest['query']): string {
  const sorted = [...query].sort(([a, v], [b, w]) => compare(a, b) || compare(v, w));
  return sorted.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
}

function canonicalHeader(name: string, values: readonly string[] = []): string {
  const trimmed = values.map((value) => value.trim()).sort(compare);
  return `${name}:${trimmed.join(',')}\n`;
}

/** RFC 3986: all but A-Z a-z 0-9 - _ . ~ . `encodeURIComponent` leaves five more as they are. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
