/** An answer of the service before it is sent, and the JSON of the vendor's errors. */
import { randomUUID } from 'node:crypto';
import type { ApiError } from './api-error.ts';

export interface Answer {
  readonly status: number;
  /** `OK`, or the vendor's error code. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

export function success(response: Record<string, unknown>): Answer {
  const requestID = newRequestID();
  return {
    status: 200,
    code: 'OK',
    headers: { 'x-acs-request-id': requestID },
    body: { ...response, RequestId: requestID },
  };
}

/** The source of an error, which the error's body names. */
export interface Origin {
  /** The product's name as the vendor writes it: `live`, `Sts`. */
  readonly product: string;
  /** The host that the client addressed. */
  readonly host: string;
}

export function failure(error: ApiError, { product, host }: Origin): Answer {
  const requestID = newRequestID();
  const { status, code, message } = error;
  return {
    status,
    code,
    headers: { 'x-acs-request-id': requestID, ...error.headers },
    body: {
      Code: code,
      Message: message,
      RequestId: requestID,
      HostId: host,
      Recommend: `https://api.aliyun.com/troubleshoot?q=${encodeURIComponent(code)}&product=${product}&requestId=${requestID}`,
    },
  };
}

/** The vendor writes its UUIDs in capitals. */
function newRequestID(): string {
  return randomUUID().toUpperCase();
}
