/**
 * What the observer saw since it last looked: the only input of the invariants.
 */

export interface StoredCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface StoredStatus {
  readonly observedGeneration?: number;
  readonly state?: string;
  readonly job?: Readonly<Record<string, string>>;
  readonly observedTarget?: string;
  readonly effectiveInterval?: string;
  readonly lastHandledRequestedAt?: string;
  readonly lastObservedTime?: string;
  readonly conditions?: readonly StoredCondition[];
}

/** An EdgeTranscodeJob as the API server has it. */
export interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation: number;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly clusterID: string;
    readonly jobID: string;
    readonly interval: string;
    readonly suspend?: boolean;
    readonly expectedState?: string;
  };
  readonly status?: StoredStatus;
}

export interface SeenObject {
  readonly object: StoredObject;
  /** When its user last changed it, or its name came to another object; ms since the epoch. */
  readonly changedAt: number;
}

/** A job of the cloud, as the simulator has it. */
export interface SeenJob {
  readonly accountID: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly changedAt: number;
}

export interface SeenCall {
  readonly time: number;
  readonly code: string;
  readonly operation: string;
  readonly accountID?: string;
  readonly clusterID?: string;
  readonly jobID?: string;
}

/** A status write that the API server accepted, or may have accepted. */
export interface StatusWrite {
  readonly at: number;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The version that the write was tested against. */
  readonly version: number;
  /** The replica. */
  readonly writer: string;
  /** False after an answer such as 504, which leaves it open. */
  readonly isAccepted: boolean;
  readonly status: StoredStatus;
}

/** A new holder of the Lease. */
export interface Claim {
  readonly at: number;
  readonly holder: string;
}

export interface CreatedEvent {
  readonly at: number;
  readonly uid: string;
  readonly reason: string;
}

/** A running operator, looked at from outside. */
export interface SeenProcess {
  readonly name: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly sockets: number;
  readonly residentBytes: number;
  /** Undefined while it does not answer. */
  readonly metrics: ReadonlyMap<string, number> | undefined;
}

/** An end of an operator that no fault wanted. */
export interface UnwantedEnd {
  readonly name: string;
  readonly how: string;
}

/** A text that a user, or a person who reads logs, may see. */
export interface SeenText {
  readonly where: string;
  readonly text: string;
}

/** What a fault disturbed, and until when. */
export interface Disturbance {
  readonly kind: string;
  readonly from: number;
  /** Infinity while it lasts. */
  readonly until: number;
  /** Accounts whose statuses may be wrong meanwhile; `all`, or none. */
  readonly accounts: readonly string[] | 'all';
  /** Whether the operators, their Lease or their way to the API server were disturbed. */
  readonly ofOperators: boolean;
  /** Whether writes may be stored that the audit log lacks, or logged that etcd lacks. */
  readonly losesWrites: boolean;
}

export interface Moment {
  readonly now: number;
  /** Undefined while the API server does not say. */
  readonly objects: readonly SeenObject[] | undefined;
  /** Jobs by `cluster/job`. */
  readonly jobs: ReadonlyMap<string, SeenJob>;
  readonly calls: readonly SeenCall[];
  readonly writes: readonly StatusWrite[];
  readonly claims: readonly Claim[];
  readonly events: readonly CreatedEvent[];
  /** The most calls in any sliding 60 s so far, by account. */
  readonly mostPerMinute: ReadonlyMap<string, number>;
  readonly processes: readonly SeenProcess[];
  readonly unwantedEnds: readonly UnwantedEnd[];
  readonly texts: readonly SeenText[];
  readonly disturbances: readonly Disturbance[];
}
