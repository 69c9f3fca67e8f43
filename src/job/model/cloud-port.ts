/**
 * The port to the cloud: what the domain asks and what it receives. `cloud/cloud-reader.ts` implements it.
 */
import type { JobDetails } from '../../api/edge-transcode-job.ts';
import type { Failure, FailureKind } from './failures.ts';

/**
 * The keys that sign a call: the Secret `name` in `namespace`; without a name, the operator's own keys used
 * for `namespace`.
 */
export interface CredentialReference {
  readonly namespace: string;
  readonly name?: string;
}

/** Names a cluster, with the credential and the region that its calls use. */
export interface ClusterReference {
  readonly credential: CredentialReference;
  readonly clusterID: string;
  readonly regionID?: string;
}

/** Names the job that an object is about. */
export interface Reference extends ClusterReference {
  readonly jobID: string;
}

/**
 * `urgent`: a user waits for the answer; `scheduled`: the interval is over; `retry`: the last call failed.
 */
export const PRIORITIES = ['urgent', 'scheduled', 'retry'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** The part of an AbortSignal that a question uses. */
export interface Signal {
  readonly aborted: boolean;
  addEventListener(type: 'abort', listener: AbortListener, options?: { readonly once: true }): void;
  removeEventListener(type: 'abort', listener: AbortListener): void;
}

type AbortListener = (() => void) | { handleEvent(): void };

/** A question about a job. It receives the answer itself: while 100,000 wait, a promise each takes memory. */
export interface Question {
  readonly reference: Reference;
  readonly priority: Priority;
  /** Clock `now`. Within a priority the request with the earliest deadline goes first. */
  readonly deadline: number;
  /**
   * Aborted when the answer is no longer needed. A waiting call is withdrawn; a call under way runs to its
   * end.
   */
  readonly signal: Signal;
  /**
   * The failure that the object's status shows already. While the circuit breaker of its key is open for that
   * same failure, the answer waits until a call is worth a try, instead of repeating the failure. Default:
   * none, so that every failure is answered at once.
   */
  readonly known?: FailureKind | undefined;
  /** Called once, after `observe` has returned. Must not throw. */
  answered(answer: Answer): void;
}

/** Where a call is sent. A Secret can set both, so an object alone does not determine its destination. */
export interface Destination {
  readonly endpoint: string;
  readonly regionID: string;
}

interface AnswerBase {
  /** Clock `now` when the call was sent, or when the cloud decided not to send one. */
  readonly sentAt: number;
  /** The vendor's ID of the call, for the log. */
  readonly requestID?: string;
  /** Set where the cluster's list is known to lack this job, so that only a call of its own observes it. */
  readonly unlisted?: true;
}

export type Answer =
  | (AnswerBase & { readonly kind: 'observed'; readonly job: JobDetails; readonly destination: Destination })
  | (AnswerBase & {
      readonly kind: 'failed';
      readonly failure: Failure;
      readonly destination?: Destination;
      /** No call was made: the answer is for the questions that receive it, and says nothing to others. */
      readonly notCalled?: true;
    })
  | { readonly kind: 'withdrawn' };

export interface CloudReader {
  /**
   * Waits for a permit of the account's budget, makes one call and answers. Questions that wait for the same
   * job share one call and receive the same answer, one and the same object. Where no call is made, the
   * questions of each namespace receive an answer of their own.
   */
  observe(question: Question): void;

  /**
   * Whether a namespace may use these keys, and so receive answers that other objects got with them. Always
   * true for a Secret: the API server decides when the Secret is read.
   */
  mayUse(credential: CredentialReference): boolean;

  /** Where a call would be sent. Undefined when a Secret, which has not been read, may change it. */
  leadsTo(reference: Reference): Destination | undefined;
}

/** How often the targets of one cluster are to be polled with one credential. */
export interface ClusterDemand extends ClusterReference {
  /** Number of targets by interval, ms. A target counts once, at the shortest interval of its objects. */
  readonly targets: ReadonlyMap<number, number>;
  /** Calls per second for these targets, one by one, by the namespace that they are made for. */
  readonly namespaces: ReadonlyMap<string, number>;
}

/** Calls per second that the objects of a namespace need with one credential. */
export interface NamespaceDemand {
  readonly identity: string;
  readonly namespace: string;
  readonly calls: number;
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

/**
 * What the planner (`schedule/planner.ts`) reads from the cloud, and where it sends each plan. Nothing here
 * plans or calls.
 */
export interface CloudPlanning {
  /**
   * Names the account whose budget the credential uses. Equal for credentials that share a budget, as far as
   * is known now.
   */
  accountOf(identity: string): string;

  /** Calls per second that one account may make for the processes whose demand is known. */
  readonly capacity: number;

  /** Calls per second that the objects of other processes need from an account, by namespace. */
  othersDemandOf(account: string): ReadonlyMap<string, number>;

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

  /**
   * Calls per second that the objects' intervals need, by credential and namespace. Where clusters are polled
   * together, the calls are pages.
   */
  readonly namespaceDemands: readonly NamespaceDemand[];
}
