/**
 * What each kind of failure means for an object. A kind without a policy does not compile.
 */
import type { FailureKind } from './failures.ts';

export interface Policy {
  /** The cloud (or we, of our own knowledge) answered for certain: Ready turns False at once. Otherwise it may pass by itself. */
  readonly definitive: boolean;
  /** A person has to act: Stalled. */
  readonly stalled: boolean;
  /** We know something of the job by it, so it counts as an observation. */
  readonly observation: boolean;
  /** Polls come no closer together than this, ms: what only a person mends is not asked about every few seconds. */
  readonly paceMs: number;
  /** Looked at again at least this soon, ms: what mends for many objects at once is noticed soon, however rarely they are polled. */
  readonly againWithinMs: number;
}

const OWN_PACE = 0;
const SLOW_PACE = 5 * 60_000;
/** A bad reference cannot mend itself (the IDs are immutable): asked again in case the cloud changed its mind. */
const HOURLY = 60 * 60_000;

/** A changed credential is in force within 30 s; a refused key is probed every 20 s at the latest, and its Secret read for it. */
const SECRET_AGAIN = 30_000;
const KEY_AGAIN = 20_000;

const transient: Policy = {
  definitive: false,
  stalled: false,
  observation: false,
  paceMs: OWN_PACE,
  againWithinMs: Number.POSITIVE_INFINITY,
};
const refusal: Policy = { ...transient, definitive: true, stalled: true, paceMs: SLOW_PACE };
/** When to look again is the credential's to say (`Failure.retryAt`), not the object's. */
const badCredential: Policy = { ...refusal, paceMs: OWN_PACE };

export const POLICIES = {
  JobNotFound: { ...refusal, observation: true },
  InvalidReference: { ...refusal, paceMs: HOURLY },
  OperationDenied: refusal,
  PermissionDenied: refusal,
  AuthenticationFailed: { ...badCredential, againWithinMs: KEY_AGAIN },
  CredentialsNotFound: { ...badCredential, againWithinMs: SECRET_AGAIN },
  ClockSkewed: transient,
  Throttled: transient,
  ServerError: transient,
  ConnectionFailed: transient,
  UnexpectedResponse: transient,
} as const satisfies Record<FailureKind, Policy>;

export function policyOf(kind: FailureKind): Policy {
  return POLICIES[kind];
}
