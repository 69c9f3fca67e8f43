/**
 * What the domain needs of the world. `cloud` and `kube` implement these; nothing here knows how.
 */
import type {
  EdgeTranscodeJob,
  EdgeTranscodeJobStatus,
  HeldStatus,
  JobDetails,
} from '../../api/edge-transcode-job.ts';
import type { ObjectKey } from '../../base/object-key.ts';

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

/** The keys to sign with: the Secret `name` of `namespace`, or without a name the operator's own, on behalf of `namespace`. */
export interface CredentialReference {
  readonly namespace: string;
  readonly name?: string;
}

/** What a user asks about. */
export interface Reference {
  readonly credential: CredentialReference;
  readonly clusterID: string;
  readonly jobID: string;
  readonly regionID?: string;
}

/** `asked`: somebody waits for it; `due`: its interval is over; `retry`: the last call failed. */
export const LANES = ['asked', 'due', 'retry'] as const;
export type Lane = (typeof LANES)[number];

export interface ObserveOptions {
  readonly lane: Lane;
  /** Clock `now`; within a lane the earliest goes first. */
  readonly deadline: number;
  /** Aborted when the answer is no longer wanted: a call still waiting is withdrawn, one under way ends as it ends. */
  readonly signal: AbortSignal;
}

/** Where a reference led to, once region and endpoint were known. */
export interface Asked {
  readonly endpoint: string;
  readonly regionID: string;
}

interface AnswerBase {
  /** Clock `now` when the call was sent, or when it was known that none would be. */
  readonly askedAt: number;
  /** For the log. */
  readonly requestID?: string;
  /**
   * Set where the targets of a cluster are best asked about together: a hash that all of them share, of which each poll's instant is
   * then made instead of the target's own.
   */
  readonly phase?: string;
}

export type Answer =
  | (AnswerBase & { readonly kind: 'observed'; readonly job: JobDetails; readonly asked: Asked })
  | (AnswerBase & { readonly kind: 'failed'; readonly failure: Failure; readonly asked?: Asked })
  | { readonly kind: 'withdrawn' };

export interface CloudReader {
  /**
   * Waits its turn in the account's budget, asks once, and answers; never rejects. Those who wait for the same share one call and get
   * the same answer, one object.
   */
  observe(reference: Reference, options: ObserveOptions): Promise<Answer>;

  /** Whether it may use these keys, and so be told what others learnt by them. A Secret's are for the API server to say. */
  mayUse(credential: CredentialReference): boolean;

  /** Where a call would be sent, as far as that can be told without asking anybody: undefined where a Secret may say otherwise. */
  leadsTo(reference: Reference): Asked | undefined;
}

/** What the objects' intervals ask about one cluster with one credential. */
export interface ClusterDemand extends Omit<Reference, 'jobID'> {
  /** Targets by the shortest interval of their objects, ms. */
  readonly targets: ReadonlyMap<number, number>;
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
