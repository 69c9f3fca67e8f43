/**
 * One request to the cloud: an operation about a cluster that waits for a permit or is in flight, and in the
 * end its result. A waiting request is this object and nothing else: no promise, no timer, no socket, because
 * 100,000 may wait.
 */
import type { ClusterReference, Destination, Priority } from '../../job/model/cloud-port.ts';
import type { Failure } from '../../job/model/failures.ts';
import type { Account } from '../budget/accounts.ts';
import type { Waiting } from '../budget/backlog.ts';
import type { Credential } from '../client/credential.ts';
import type { Operation } from '../client/live-client.ts';
import type { CircuitBreaker, Pass } from '../resilience/circuit-breaker.ts';
import type { EndpointGuard, EndpointGuards } from '../resilience/endpoint-guard.ts';

export type Result<T> =
  | {
      readonly kind: 'answered';
      readonly value: T;
      readonly destination: Destination;
      /** Clock `now` when the call was sent. */
      readonly sentAt: number;
    }
  | Refused
  /** No call was made. */
  | { readonly kind: 'withdrawn' };

export interface Refused {
  readonly kind: 'failed';
  readonly failure: Failure;
  /** Undefined when the failure was known before the destination was. */
  readonly destination?: Destination;
  /** Clock `now` when the call was sent, or when it was clear that none would be. */
  readonly sentAt: number;
  readonly requestID?: string;
  /** The failure is about listing alone: Get may work. */
  readonly isListRefused?: true;
}

export type CredentialAccount = Account<Request<unknown>>;

export interface CredentialState {
  readonly breaker: CircuitBreaker;
  readonly guards: EndpointGuards;
  /** Undefined until STS has given it or 3 s have passed. */
  readonly account: CredentialAccount | undefined;
  /** Version of the credential that the breaker judges. */
  readonly version: string;
  /** Shared by requests that are admitted alike. */
  lastAdmission?: Admission;
}

/** What lets a request wait for a permit, and make its call. */
export interface Admission {
  readonly credential: Credential;
  readonly destination: Destination;
  readonly state: CredentialState;
  /** The account that the credential spent when it was admitted. */
  readonly account: CredentialAccount;
  readonly pass: Pass;
  readonly guard: EndpointGuard;
  readonly guardPass: Pass;
}

/** Reasons to start a request again from its credential. Each is valid once. */
export type Restart = 'staleSecret' | 'usedNonce' | 'refusedKey';

export class Request<T> implements Waiting {
  readonly about: ClusterReference;
  readonly priority: Priority;
  readonly deadline: number;
  withdrawn = false;
  waitingSince = 0;
  /** Whether it is in the backlog of its account. */
  isQueued = false;
  /**
   * Whether its call is in flight. It can then not be withdrawn, and its answer is older than questions that
   * come from now on.
   */
  isCalling = false;
  admission: Admission | undefined;
  /** Set once, when the request is finished. */
  result: Result<T> | undefined;
  /** Argument of the function that makes the operation: a pending job, or the number of a page. */
  readonly subject: unknown;
  readonly #operationOf: (subject: never) => Operation<T>;
  #restarts: readonly Restart[] = NONE;

  /** @param operationOf makes the operation just before the call; a waiting request holds no parameters */
  constructor(
    operationOf: (subject: never) => Operation<T>,
    subject: unknown,
    about: ClusterReference,
    { priority, deadline }: { readonly priority: Priority; readonly deadline: number },
  ) {
    this.#operationOf = operationOf;
    this.subject = subject;
    this.about = about;
    this.priority = priority;
    this.deadline = deadline;
  }

  get operation(): Operation<T> {
    return this.#operationOf(this.subject as never);
  }

  get namespace(): string {
    return this.about.credential.namespace;
  }

  /** Whether nothing waits for the request. The circuit breaker sends no such request as a probe. */
  get aborted(): boolean {
    return this.withdrawn || this.result !== undefined;
  }

  /** Notes a restart; false if there was one for this reason already. */
  restarts(reason: Restart): boolean {
    if (this.#restarts.includes(reason)) return false;
    this.#restarts = [...this.#restarts, reason];
    return true;
  }
}

const NONE: readonly Restart[] = [];
