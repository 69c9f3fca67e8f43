/** Authenticates a request: finds the key that signed it, or throws the vendor's error. */
import type { Key } from '../accounts/account.ts';
import type { Accounts } from '../accounts/accounts.ts';
import {
  expiredTimestamp,
  expiredToken,
  inactiveKey,
  incompleteSignature,
  malformedTimestamp,
  malformedToken,
  nonceUsed,
  unknownKey,
} from '../http/api-error.ts';
import type { Nonces } from './nonces.ts';
import type { SignedRequest } from './signed-request.ts';

export interface Keyring {
  readonly accounts: Accounts;
  readonly nonces: Nonces;
}

/** How far a request's date may be from the endpoint's clock, either way. */
const ALLOWED_SKEW_MS = 15 * 60_000;

const TIMESTAMP = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/;

/**
 * Throws `ApiError`. Only a request without any other error uses up its nonce.
 * @param signed undefined where the request is not signed, or not in full.
 */
export function authenticate(
  signed: SignedRequest | undefined,
  { accounts, nonces }: Keyring,
  now: number,
): Key {
  if (!signed) throw incompleteSignature();
  checkTimestamp(signed.date, now);
  const key = accounts.findKey(signed.accessKeyID);
  if (!key) throw unknownKey();
  if (!key.active) throw inactiveKey();
  checkToken(key, signed.securityToken, now);
  if (!signed.isSignedWith(key.accessKeySecret)) throw signed.mismatch();
  if (!nonces.use(key.accessKeyID, signed.nonce, now)) throw nonceUsed();
  return key;
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
