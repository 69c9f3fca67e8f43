/** Who is calling: finds the key that a request was signed with, or throws the vendor's reason why it is refused. */
import type { Accounts, Key } from './accounts.ts';
import {
  expiredTimestamp,
  expiredToken,
  inactiveKey,
  incompleteSignature,
  malformedTimestamp,
  malformedToken,
  nonceUsed,
  signatureDoesNotMatch,
  unknownKey,
} from './api-error.ts';
import type { Nonces } from './nonces.ts';
import {
  type Authorization,
  canonicalRequest,
  type HttpRequest,
  isSignedWith,
  parseAuthorization,
  sha256,
  stringToSign,
  unsignedHeaders,
} from './signature.ts';

/** How far a request's date may be from the endpoint's clock, either way. */
const ALLOWED_SKEW_MS = 15 * 60_000;

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/** Throws `ApiError`. A nonce is used up only by a request that is good in all else. */
export function authenticate(request: HttpRequest, accounts: Accounts, nonces: Nonces, now: number): Key {
  const authorization = authorizationOf(request);
  checkTimestamp(header(request, 'x-acs-date'), now);
  const key = accounts.findKey(authorization.accessKeyID);
  if (!key) throw unknownKey();
  if (!key.active) throw inactiveKey();
  checkToken(key, header(request, 'x-acs-security-token'), now);
  checkSignature(request, authorization, key);
  if (!nonces.use(key.accessKeyID, header(request, 'x-acs-signature-nonce'), now)) throw nonceUsed();
  return key;
}

/** The key that a request names, whether or not it was signed with it. */
export function claimedKeyID(request: HttpRequest): string | undefined {
  return parseAuthorization(header(request, 'authorization'))?.accessKeyID;
}

function authorizationOf(request: HttpRequest): Authorization {
  const authorization = parseAuthorization(header(request, 'authorization'));
  if (!authorization) throw incompleteSignature();
  if (unsignedHeaders(request, authorization.signedHeaders).length > 0) throw incompleteSignature();
  return authorization;
}

function checkTimestamp(date: string, now: number): void {
  if (!TIMESTAMP.test(date)) throw malformedTimestamp();
  // A date such as the 31st of February is NaN, and NaN is never within the skew.
  if (!(Math.abs(Date.parse(date) - now) <= ALLOWED_SKEW_MS)) throw expiredTimestamp();
}

function checkToken(key: Key, token: string, now: number): void {
  if (token !== (key.securityToken ?? '')) throw malformedToken();
  if (key.expiresAt !== undefined && key.expiresAt <= now) throw expiredToken();
}

/** A body other than the one that was hashed is refused like any other change to what was signed. */
function checkSignature(request: HttpRequest, authorization: Authorization, key: Key): void {
  const canonical = canonicalRequest(request, authorization.signedHeaders);
  const sameBody = header(request, 'x-acs-content-sha256') === sha256(request.body);
  if (sameBody && isSignedWith(key.accessKeySecret, canonical, authorization.signature)) return;
  throw signatureDoesNotMatch(stringToSign(canonical), canonical);
}

function header(request: HttpRequest, name: string): string {
  return request.headers[name]?.[0] ?? '';
}
