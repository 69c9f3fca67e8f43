/** Maps the bodies of STS answers, of any shape, to a session or an account. Pure. */

import type { AccessKey } from '../../credentials/credential.ts';
import { FORMATS } from '../../credentials/credential.ts';
import { UnexpectedBody } from '../client/call-errors.ts';

export interface SessionBody {
  readonly accessKey: AccessKey;
  /** Unix time, ms. */
  readonly expiration: number;
}

/** @throws UnexpectedBody with a message free of the body's text */
export function mapSession(body: unknown): SessionBody {
  const { Credentials: fields } = (body ?? {}) as { Credentials?: Record<string, unknown> | null };
  const [accessKeyID, accessKeySecret, securityToken] = [
    fields?.AccessKeyId,
    fields?.AccessKeySecret,
    fields?.SecurityToken,
  ].map((value) => (typeof value === 'string' && FORMATS.keyText.test(value) ? value : ''));
  const expiration = typeof fields?.Expiration === 'string' ? Date.parse(fields.Expiration) : Number.NaN;
  if (!accessKeyID || !accessKeySecret || !securityToken || Number.isNaN(expiration))
    throw new UnexpectedBody('the answer of STS holds no session');
  return { accessKey: { accessKeyID, accessKeySecret, securityToken }, expiration };
}

/** @throws UnexpectedBody with a message free of the body's text */
export function mapAccountID(body: unknown): string {
  const { AccountId: accountID } = (body ?? {}) as { AccountId?: unknown };
  if (typeof accountID !== 'string' || !FORMATS.accountID.test(accountID))
    throw new UnexpectedBody('the answer of STS names no account');
  return accountID;
}
