/**
 * The vendor's errors: status, code and message as its pages give them. Codes and statuses are what clients
 * act on; where a page leaves the text open ("%s."), it is written here.
 */

import type { DenialCode } from '../world/account-world.ts';

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: string;
  /** Response headers beyond the usual ones. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

// Errors of the operation.

export function missingParameter(name: string): ApiError {
  const message = `The input parameter "${name}" that is mandatory for processing this request is not supplied.`;
  return new ApiError(400, 'MissingParameter', message);
}

export function invalidParameter(name: string): ApiError {
  return new ApiError(400, 'InvalidParameter', `The specified parameter "${name}" is not valid.`);
}

export function jobNotFound(jobID: string): ApiError {
  return new ApiError(404, 'JobNotFound', `The job ${jobID} is not found, please check and try again later.`);
}

export function operationDenied(): ApiError {
  const message = 'The account may not use this service, please check and try again later.';
  return new ApiError(403, 'OperationDenied', message);
}

// Errors of the gateway about the action.

export function unknownAction(): ApiError {
  const message = 'Specified api is not found, please check your url and method.';
  return new ApiError(404, 'InvalidAction.NotFound', message);
}

export function unknownVersion(): ApiError {
  return new ApiError(404, 'InvalidVersion', 'Specified parameter Version is not valid.');
}

export function bodyTooLarge(): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', 'The request body is too large.');
}

// Errors of the gateway about the caller.

export function incompleteSignature(): ApiError {
  const message = 'The request signature does not conform to Aliyun standards.';
  return new ApiError(400, 'IncompleteSignature', message);
}

/** The vendor shows what it signed. That text has the caller's security token in it, if there is one. */
export function signatureDoesNotMatch(stringToSign: string, canonical: string): ApiError {
  const message =
    'Specified signature does not match our calculation. ' +
    `server StringToSign is [${stringToSign}] server CanonicalRequest is [${canonical}]`;
  return new ApiError(400, 'SignatureDoesNotMatch', message);
}

/** The same for a request signed the older way. */
export function rpcSignatureDoesNotMatch(stringToSign: string): ApiError {
  const message = `Specified signature is not matched with our calculation. server string to sign is:${stringToSign}`;
  return new ApiError(400, 'SignatureDoesNotMatch', message);
}

export function unknownKey(): ApiError {
  return new ApiError(404, 'InvalidAccessKeyId.NotFound', 'Specified access key is not found.');
}

export function inactiveKey(): ApiError {
  return new ApiError(400, 'InvalidAccessKeyId.Inactive', 'Specified access key is disabled.');
}

export function malformedToken(): ApiError {
  return new ApiError(400, 'InvalidSecurityToken.Malformed', 'Specified SecurityToken is malformed.');
}

export function expiredToken(): ApiError {
  return new ApiError(400, 'InvalidSecurityToken.Expired', 'Specified SecurityToken is expired.');
}

export function expiredTimestamp(): ApiError {
  const message = 'Specified time stamp or date value is expired.';
  return new ApiError(400, 'InvalidTimeStamp.Expired', message);
}

export function malformedTimestamp(): ApiError {
  const message = 'Specified time stamp or date value is not well formatted.';
  return new ApiError(400, 'InvalidTimeStamp.Format', message);
}

export function nonceUsed(): ApiError {
  return new ApiError(400, 'SignatureNonceUsed', 'Specified signature nonce was used already.');
}

// Errors of the gateway about permission.

const DENIALS: Readonly<Record<DenialCode, string>> = {
  NoPermission: 'You are not authorized to do this action. You should be authorized by RAM.',
  'Forbidden.RAM':
    "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
  Forbidden: 'User not authorized to operate on the specified resource.',
};

export function permissionDenied(code: DenialCode): ApiError {
  return new ApiError(403, code, DENIALS[code]);
}

export function isDenialCode(code: string): code is DenialCode {
  return Object.hasOwn(DENIALS, code);
}

export interface Throttling {
  readonly code: string;
  /** The account's quota, in calls a minute. */
  readonly limit: number;
  /** Milliseconds until a call is let through again. */
  readonly retryAfter: number;
}

/** The two headers are the ones that the vendor's SDKs read; both give the wait in milliseconds. */
export function throttled({ code, limit, retryAfter }: Throttling): ApiError {
  const message = `Request was denied due to ${code === 'Throttling.Api' ? 'api' : 'user'} flow control.`;
  const wait = Math.ceil(retryAfter);
  return new ApiError(400, code, message, {
    'x-acs-retry-after': `${wait}`,
    'x-ratelimit-user-api': `Limit:${limit},Remain:0,TimeLeft:${wait}`,
  });
}
