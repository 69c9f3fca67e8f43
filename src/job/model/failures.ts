/**
 * The kinds of failure of a call to the cloud. `policies.ts` says what each kind means for the object.
 */

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
  /** Shown in a status. Holds no request ID, time, counter, URL, secret, nor text of a foreign response. */
  readonly message: string;
  /** Clock `now` before which another call is known to be useless. */
  readonly retryAt?: number;
}
