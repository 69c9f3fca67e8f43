/**
 * The resource as users see it in kubectl: names, spec and status. The schema is in crds/, and tests hold the two together.
 */
import type { Condition } from './conditions.ts';

export const GROUP = 'edgetranscode.live';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;
export const KIND = 'EdgeTranscodeJob';
export const PLURAL = 'edgetranscodejobs';

/** Observe now, ahead of the queue; any token. Answered by `status.lastHandledRequestedAt`. */
export const REQUESTED_AT_ANNOTATION = `${GROUP}/requested-at`;

/** Which shard of the operator serves the object. Without it: the one that has no name. */
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

/** What people, columns and selectors read. NotFound and Unknown are ours, the others translate the vendor's code. */
export const STATES = ['Running', 'NotStarted', 'NotFound', 'Unknown'] as const;
export type State = (typeof STATES)[number];

/** The vendor's eleven fields, verbatim but for the names' case. Times are RFC 3339 in UTC; what the vendor leaves empty is left out. */
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
  /** The generation of the spec that this status speaks of; -1 before the first visit. */
  readonly observedGeneration?: number;
  readonly state?: State;
  readonly job?: JobDetails;
  /** When the job was last observed; written with every change, else as a slow heartbeat. */
  readonly lastObservedTime?: string;
  /** Which reference and endpoint the observation asked, as two short hashes. */
  readonly observedTarget?: string;
  /** Only while it differs from the interval asked for. */
  readonly effectiveInterval?: string;
  /** The value of the refresh annotation last served. */
  readonly lastHandledRequestedAt?: string;
  readonly conditions?: readonly Condition[];
}

/** A status as it is held in memory: its conditions may be made whenever they are read. */
export interface HeldStatus extends Omit<EdgeTranscodeJobStatus, 'conditions'> {
  readonly conditions?: Iterable<Condition>;
}

/** One object, reduced to what the operator uses. */
export interface EdgeTranscodeJob {
  /** Namespace and name: made once, as whoever holds something of the object holds it under this. */
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
  /** Why the spec cannot be used, when an older schema let something through that this operator cannot read. */
  readonly invalid?: string;
  readonly status: HeldStatus;
}
