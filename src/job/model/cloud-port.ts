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

/** Names a cluster, together with the credential and the region by which the cloud is asked about it. */
export interface ClusterReference {
  readonly credential: CredentialReference;
  readonly clusterID: string;
  readonly regionID?: string;
}

/** Names the job that an object is about. */
export interface Reference extends ClusterReference {
  readonly jobID: string;
}

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

/** How often the targets of one cluster are to be polled with one credential. */
export interface ClusterDemand extends ClusterReference {
  /** Number of targets by interval, ms. A target counts once, at the shortest interval of its objects. */
  readonly targets: ReadonlyMap<number, number>;
}

/** Which requests of a cluster may share a sweep of its list: none, those of urgent priority, or all. */
export type Sweeping = 'none' | 'urgent' | 'all';

/** What the cloud knows of a cluster's list. */
export interface Listing {
  /** How many pages a sweep takes; undefined until the first sweep. */
  readonly pages?: number;
  /** Whether the cloud has refused to list the cluster within the last hour. */
  readonly refused: boolean;
}

/** What the planner (`schedule/planner.ts`) reads from the cloud, and where it sends each plan. Nothing here plans or calls. */
export interface CloudPlanning {
  /** Names the account whose budget the credential uses. Equal for credentials that share a budget, as far as is known now. */
  accountOf(identity: string): string;

  /** Calls per second that one account may make for the processes whose demand is known. */
  readonly capacity: number;

  /** Calls per second that the objects of other processes need from an account. */
  othersDemandOf(account: string): number;

  listingOf(cluster: ClusterReference): Listing;

  /** How many jobs one page of a list holds. */
  readonly jobsPerPage: number;

  /** Replaces the plan that the cloud goes by. Before the first plan there are no sweeps. */
  apply(plan: CloudPlan): void;
}

/** What the cloud needs of a plan. It never changes: the next plan replaces it. */
export interface CloudPlan {
  sweepingOf(cluster: ClusterReference): Sweeping;

  /** Whether an object names this cluster. */
  includes(cluster: ClusterReference): boolean;

  /** Whether an object names this credential. */
  names(identity: string): boolean;

  /** Calls per second that the objects' intervals need, by credential identity. Where clusters are polled together, the calls are pages. */
  readonly demand: ReadonlyMap<string, number>;
}
