/**
 * The port to the cloud: what the domain asks and what it receives. `cloud/cloud-reader.ts` implements it.
 */
import type { JobDetails } from '../../api/edge-transcode-job.ts';
import type { Failure, FailureKind } from './failures.ts';

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

/** One cluster as one credential sees it: its jobs share a list. */
export type ClusterReference = Omit<Reference, 'jobID'>;

/** `urgent`: somebody waits for it; `scheduled`: its interval is over; `retry`: the last call failed. */
export const PRIORITIES = ['urgent', 'scheduled', 'retry'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface ObserveOptions {
  readonly priority: Priority;
  /** Clock `now`; within a priority the earliest goes first. */
  readonly deadline: number;
  /** Aborted when the answer is no longer wanted: a call still waiting is withdrawn, one under way ends as it ends. */
  readonly signal: AbortSignal;
  /**
   * The failure that the object's status shows already. While the circuit breaker of its key is open for that same failure, the answer
   * waits until there is news, instead of repeating the failure. Default: none, so that every failure is answered at once.
   */
  readonly known?: FailureKind;
}

/** Where a reference led to, once region and endpoint were known. */
export interface Destination {
  readonly endpoint: string;
  readonly regionID: string;
}

interface AnswerBase {
  /** Clock `now` when the call was sent, or when it was known that none would be. */
  readonly sentAt: number;
  /** For the log. */
  readonly requestID?: string;
  /** Set where the cluster's list is known to lack this job, so that only a call of its own observes it. */
  readonly unlisted?: true;
  /**
   * Set where the targets of a cluster are best asked about together: a hash that all of them share, of which each poll's instant is
   * then made instead of the target's own.
   */
  readonly phase?: string;
}

export type Answer =
  | (AnswerBase & { readonly kind: 'observed'; readonly job: JobDetails; readonly destination: Destination })
  | (AnswerBase & { readonly kind: 'failed'; readonly failure: Failure; readonly destination?: Destination })
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
  leadsTo(reference: Reference): Destination | undefined;
}

/** What the objects' intervals ask about one cluster with one credential. */
export interface ClusterDemand extends ClusterReference {
  /** Targets by the shortest interval of their objects, ms. */
  readonly targets: ReadonlyMap<number, number>;
}
