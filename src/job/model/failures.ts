/**
 * Every way in which a call to the cloud can fail. `policies.ts` says what each kind means for the object.
 */

/** Every way in which asking the cloud can fail; `policies.ts` says what each means. */
export const FAILURE_KINDS = [
  'JobNotFound',
  'InvalidReference',
  'OperationDenied',
  'PermissionDenied',
  'AuthenticationFailed',
  'CredentialsNotFound',
  'ClockSkewed',
  'Throttled',
  'ServerError',
  'ConnectionFailed',
  'UnexpectedResponse',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

export interface Failure {
  readonly kind: FailureKind;
  /** For a person, in a status: no request ID, time, counter, URL, secret, nor text of a foreign body. */
  readonly message: string;
  /** Asking again before this (clock `now`) is known to be useless. */
  readonly retryAt?: number;
}
