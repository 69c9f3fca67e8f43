/**
 * The closed list of condition reasons. docs/reference.md explains each; a test holds the page to this list.
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
