/**
 * The closed list of condition reasons. Each is explained in docs/reference.md, which a test holds to this list.
 */
export const REASONS = [
  'ObservationSucceeded',
  'Progressing',
  'ProgressingWithRetry',
  'Suspended',
  'InvalidReference',
  'JobNotFound',
  'CredentialsNotFound',
  'AuthenticationFailed',
  'PermissionDenied',
  'OperationDenied',
  'ClockSkewed',
  'Throttled',
  'ServerError',
  'ConnectionFailed',
  'UnexpectedResponse',
  'ObservationOverdue',
  'JobRunning',
  'JobNotStarted',
  'UnknownJobState',
  'MatchesExpectedState',
  'DiffersFromExpectedState',
] as const;

export type Reason = (typeof REASONS)[number];
