/**
 * The resource as users see it in kubectl: names, spec and status. The schema is in crds/; tests hold the two
 * together.
 */
import type { Condition } from './conditions.ts';

export const GROUP = 'edgetranscode.live';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'EdgeTranscodeJob';
export const PLURAL = 'edgetranscodejobs';

/**
 * Requests an observation now, ahead of the queue. `status.lastHandledRequestedAt` takes its value, any
 * token.
 */
export const REQUESTED_AT_ANNOTATION = `${GROUP}/requested-at`;

/** Names the shard of the operator that serves the object. Default: the shard without a name. */
export const SHARD_LABEL = `${GROUP}/shard`;

export interface EdgeTranscodeJobSpec {
  /** The data centre of the job. Immutable. */
  readonly clusterID: string;
  /** Immutable. */
  readonly jobID: string;
  /** Default: the Secret's region, else the operator's. */
  readonly regionID?: string;
  /** Go-style duration, 5s to 24h. Default: the operator's `--interval`. */
  readonly interval?: string;
  readonly suspend?: boolean;
  readonly expectedState?: ExpectedState;
  /** A Secret of the same namespace. Default: the operator's own credentials. */
  readonly credentialsRef?: { readonly name: string };
}

export const EXPECTED_STATES = ['Running', 'NotStarted'] as const;
export type ExpectedState = (typeof EXPECTED_STATES)[number];

/**
 * The state that people, columns and selectors read. NotFound and Unknown are the operator's own; the others
 * translate the vendor's code.
 */
export const STATES = ['Running', 'NotStarted', 'NotFound', 'Unknown'] as const;
export type State = (typeof STATES)[number];

/**
 * The vendor's fields, verbatim but for the case of their names. Times are RFC 3339 in UTC. An empty
 * field of the vendor is left out.
 */
export interface JobDetails {
  readonly createTime?: string;
  readonly jobID?: string;
  readonly lastStartAt?: string;
  readonly lastStopAt?: string;
  readonly name?: string;
  /** `"0"` not started, `"1"` in progress; other codes are kept. */
  readonly status?: string;
  readonly streamInput?: string;
  readonly streamOutput?: string;
  readonly templateID?: string;
  readonly templateName?: string;
  /** `common`, `nbhd-2`, `ultra-hd`; other values are kept. */
  readonly type?: string;
}

export interface EdgeTranscodeJobStatus {
  /** The generation of the spec that this status answers; -1 before the first visit. */
  readonly observedGeneration?: number;
  readonly state?: State;
  readonly job?: JobDetails;
  /** When the job was last observed; written with every change, else as a slow heartbeat. */
  readonly lastObservedTime?: string;
  /**
   * The target of the observation as two short hashes: of the reference, and of the endpoint that it led to.
   */
  readonly observedTarget?: string;
  /** Set only while it differs from the requested interval. */
  readonly effectiveInterval?: string;
  /** The value of the refresh annotation that was answered last. */
  readonly lastHandledRequestedAt?: string;
  readonly conditions?: readonly Condition[];
}

/** A status as the store holds it: its conditions may be computed at each read. */
export interface HeldStatus extends Omit<EdgeTranscodeJobStatus, 'conditions'> {
  readonly conditions?: Iterable<Condition>;
}

/** One object, reduced to what the operator uses. */
export interface EdgeTranscodeJob {
  /** Namespace and name. Built once: every map of objects shares this string. */
  readonly key: `${string}/${string}`;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  /** The value of the refresh annotation. */
  readonly requestedAt?: string;
  /** The value of the shard label. */
  readonly shard?: string;
  readonly spec: EdgeTranscodeJobSpec;
  /**
   * Whether the object has a `deletionTimestamp`: a finalizer holds it for a while. The store takes it for
   * deleted.
   */
  readonly isDeleting?: boolean;
  /** Why the spec cannot be used. An older schema may have accepted what this operator cannot read. */
  readonly invalid?: string;
  readonly status: HeldStatus;
}
