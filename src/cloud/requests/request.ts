/**
 * One request to the cloud: an operation about a cluster that waits for a permit or is in flight, and in the
 * end its result. A waiting request is this object and nothing else: no promise, no timer, no socket, because
 * 100,000 may wait.
 */

import type { Credential } from '../../credentials/credential.ts';
import type { Answer, ClusterReference, Destination, Priority } from '../../job/model/cloud-port.ts';
import type { Account } from '../budget/accounts.ts';
import type { Waiting } from '../budget/backlog.ts';
import type { CallResult, Operation } from '../client/live-client.ts';
import type { CircuitBreaker, Pass } from '../resilience/circuit-breaker.ts';
import type { EndpointGuard, EndpointGuards } from '../resilience/endpoint-guard.ts';

export type Result<T> = Extract<CallResult<T>, { kind: 'answered' }> | FailedResult | typeof WITHDRAWN;

export type FailedResult = Extract<Answer, { kind: 'failed' }> & {
  /** The failure is about listing alone: Get may work. */
  readonly isOnlyListing?: true;
};

/** No call was made. */
export const WITHDRAWN = { kind: 'withdrawn' } as const;

export type CredentialAccount = Account<Request<unknown>>;

export interface CredentialState {
  readonly breaker: CircuitBreaker;
  readonly guards: EndpointGuards;
  /** Undefined until STS has given it or 3 s have passed. */
  readonly account: CredentialAccount | undefined;
  /** The newest version: the breaker judges its key. */
  readonly credential: Credential;
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
export type Restart = 'badSecret' | 'staleSecret' | 'usedNonce' | 'refusedKey';

/** What a request is about. Makes the operation just before the call: a waiting request has no parameters. */
export interface Subject<T> {
  readonly operation: Operation<T>;
  /** Whether a call about it is in flight. Its answer serves the requests that wait, which use no permit. */
  readonly isCalling?: boolean;
}

export class Request<T> implements Waiting {
  readonly subject: Subject<T>;
  readonly about: ClusterReference;
  readonly priority: Priority;
  readonly deadline: number;
  /** Withdrawn, it is sent as no probe, and no Secret is read for it. */
  withdrawn = false;
  waitingSince = 0;
  /**
   * Whether its call is in flight. It can then not be withdrawn, and its answer is older than questions that
   * come from now on.
   */
  isCalling = false;
  /** Set while the request is in the backlog of its account, and during its call. */
  admission: Admission | undefined;
  /** Set once, when the request is finished. */
  result: Result<T> | undefined;
  #restarts: readonly Restart[] = NONE;

  constructor(
    subject: Subject<T>,
    about: ClusterReference,
    { priority, deadline }: { readonly priority: Priority; readonly deadline: number },
  ) {
    this.subject = subject;
    this.about = about;
    this.priority = priority;
    this.deadline = deadline;
  }

  get namespace(): string {
    return this.about.credential.namespace;
  }

  /** Notes a restart; false if there was one for this reason already. */
  noteRestart(reason: Restart): boolean {
    if (this.#restarts.includes(reason)) return false;
    this.#restarts = [...this.#restarts, reason];
    return true;
  }
}

const NONE: readonly Restart[] = [];
