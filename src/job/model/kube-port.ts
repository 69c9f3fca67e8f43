/**
 * The ports to Kubernetes: where objects and Secrets are read, and where statuses and events go. The room
 * `kube` implements them.
 */
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus, HeldStatus } from '../../api/edge-transcode-job.ts';
import type { ObjectKey } from '../../base/object-key.ts';

/** An object before and after a change; undefined where it did not exist. */
export interface Change {
  readonly before: EdgeTranscodeJob | undefined;
  readonly after: EdgeTranscodeJob | undefined;
}

/** Decoded values of a Secret, by key. */
export type SecretData = Readonly<Record<string, string>>;

/** `missing`: there is no such Secret; `forbidden`: it may not be read; `tooLarge`: it is not read whole. */
export type SecretContent = SecretData | 'missing' | 'forbidden' | 'tooLarge';

export interface SecretReader {
  /**
   * Returns these keys of a Secret, as far as it has them. Rejects when the API server does not answer.
   */
  read(namespace: string, name: string, keys: readonly string[]): Promise<SecretContent>;
}

export interface JobStore {
  get(key: ObjectKey): EdgeTranscodeJob | undefined;
}

/** A status that was decided and waits to be written. */
export interface DecidedStatus {
  /** Made again at each reading, always equal: a status takes 1 KB, and 10,000 may wait. */
  readonly status: EdgeTranscodeJobStatus;
  /** Receives the result, once: undefined when nothing was written. */
  onResult(written: Written | undefined): void;
}

/** A status that was written, or found stored: then it may show an earlier observation. */
export interface Written {
  /** What the API server stores of it. Events are made from this: a dropped field must not look like news. */
  readonly status: HeldStatus;
  /** The status that it replaced. */
  readonly replaced: HeldStatus;
  /** Whether the API server stored all that the status says: an older CRD drops fields. */
  readonly isWhole: boolean;
}

export interface StatusSink {
  /**
   * Writes the status as soon as possible. A later call for the same object replaces a status that is not
   * written yet.
   */
  write(object: EdgeTranscodeJob, decided: DecidedStatus): void;
}

export const EVENT_REASONS = [
  'JobFound',
  'JobStarted',
  'JobStopped',
  'ObservationRecovered',
  'RefreshHandled',
  'JobNotFound',
  'CredentialsNotFound',
  'AuthenticationFailed',
  'PermissionDenied',
  'OperationDenied',
  'ObservationOverdue',
  'StateDiffers',
] as const;
export type EventReason = (typeof EVENT_REASONS)[number];

export interface JobEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason;
  readonly message: string;
}

export interface EventSink {
  record(object: EdgeTranscodeJob, event: JobEvent): void;
}
