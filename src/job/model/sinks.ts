/**
 * The ports to Kubernetes: where objects and Secrets are read, and where statuses and events go. The room `kube` implements them.
 */
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus, HeldStatus } from '../../api/edge-transcode-job.ts';
import type { ObjectKey } from '../../base/object-key.ts';

/** An object before and after; undefined where it did not exist. */
export interface Change {
  readonly before: EdgeTranscodeJob | undefined;
  readonly after: EdgeTranscodeJob | undefined;
}

/** A Secret's values, decoded. */
export type SecretData = Readonly<Record<string, string>>;

export interface SecretReader {
  /** `missing`: there is none; `forbidden`: we may not read it; rejects when the API server gives neither answer. */
  read(namespace: string, name: string): Promise<SecretData | 'missing' | 'forbidden'>;
}

export interface JobStore {
  get(key: ObjectKey): EdgeTranscodeJob | undefined;
  /** Every key now in the store. */
  keys(): Iterable<ObjectKey>;
}

export interface StatusSink {
  /**
   * Writes the status as soon as possible; a later call for the same key replaces one not yet written.
   * `onResult` is called once: with the status that was replaced, or undefined when nothing was written.
   */
  write(
    object: EdgeTranscodeJob,
    status: EdgeTranscodeJobStatus,
    onResult: (replaced: HeldStatus | undefined) => void,
  ): void;
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
