/** Builds statuses as the operator writes them: one function for each situation of an object. */
import type { ConditionStatus, ConditionType } from '../../../../src/api/conditions.ts';
import type { EdgeTranscodeJobStatus, JobDetails, State } from '../../../../src/api/edge-transcode-job.ts';
import type { Reason } from '../../../../src/api/reasons.ts';

export const OBSERVED_AT = '2026-01-01T00:00:00Z';
export const CHANGED_AT = '2025-12-31T23:00:00Z';

type Said = readonly [status: ConditionStatus, reason: Reason, message?: string];

export interface Situation {
  readonly state?: State;
  readonly job?: JobDetails;
  readonly conditions: Partial<Record<ConditionType, Said>>;
  /** When all conditions changed, RFC 3339. */
  readonly changedAt?: string;
}

export function aStatus({
  state = 'Unknown',
  job,
  conditions,
  changedAt = CHANGED_AT,
}: Situation): EdgeTranscodeJobStatus {
  return {
    observedGeneration: 1,
    state,
    ...(job && { job }),
    lastObservedTime: OBSERVED_AT,
    conditions: Object.entries(conditions).map(([type, [status, reason, message = '']]) => ({
      type: type as ConditionType,
      status,
      reason,
      message,
      lastTransitionTime: changedAt,
      observedGeneration: 1,
    })),
  };
}

export function aRunningStatus(job: JobDetails = { name: 'stream1-hd' }): EdgeTranscodeJobStatus {
  return aStatus({
    state: 'Running',
    job,
    conditions: {
      Ready: ['True', 'ObservationSucceeded'],
      Fresh: ['True', 'ObservationSucceeded'],
      Running: ['True', 'JobRunning'],
    },
  });
}

/** Observed, stopped, and expected to run. */
export function aDifferingStatus(changedAt?: string): EdgeTranscodeJobStatus {
  return aStatus({
    state: 'NotStarted',
    ...(changedAt !== undefined && { changedAt }),
    conditions: {
      Ready: ['True', 'ObservationSucceeded'],
      Fresh: ['True', 'ObservationSucceeded'],
      Running: ['False', 'JobNotStarted'],
      AsExpected: ['False', 'DiffersFromExpectedState', 'the job is NotStarted'],
    },
  });
}

export function aRefusedStatus(
  reason: Reason = 'AuthenticationFailed',
  message = 'refused',
): EdgeTranscodeJobStatus {
  return aStatus({
    conditions: {
      Ready: ['False', reason, message],
      Fresh: ['Unknown', 'Progressing'],
      Running: ['Unknown', 'Progressing'],
    },
  });
}

export function anOverdueStatus(): EdgeTranscodeJobStatus {
  return aStatus({
    conditions: {
      Ready: ['False', 'ObservationOverdue', 'too old'],
      Fresh: ['False', 'ObservationOverdue', 'too old'],
      Running: ['Unknown', 'ObservationOverdue'],
    },
  });
}
