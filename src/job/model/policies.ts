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
  readonly minIntervalMs: number;
  /** Looked at again at least this soon, ms: what mends for many objects at once is noticed soon, however rarely they are polled. */
  readonly retryWithinMs: number;
}

const OWN_INTERVAL_MS = 0;
const SLOW_INTERVAL_MS = 5 * 60_000;
/** A bad reference cannot mend itself (the IDs are immutable): asked again in case the cloud changed its mind. */
const HOURLY_MS = 60 * 60_000;

/** A changed credential is in force within 30 s; a refused key is probed every 20 s at the latest, and its Secret read for it. */
const SECRET_RETRY_MS = 30_000;
const KEY_RETRY_MS = 20_000;

const transient: Policy = {
  definitive: false,
  stalled: false,
  observation: false,
  minIntervalMs: OWN_INTERVAL_MS,
  retryWithinMs: Number.POSITIVE_INFINITY,
};
const refusal: Policy = { ...transient, definitive: true, stalled: true, minIntervalMs: SLOW_INTERVAL_MS };
/** When to look again is the credential's to say (`Failure.retryAt`), not the object's. */
const badCredential: Policy = { ...refusal, minIntervalMs: OWN_INTERVAL_MS };

export const POLICIES = {
  JobNotFound: { ...refusal, observation: true },
  InvalidReference: { ...refusal, minIntervalMs: HOURLY_MS },
  OperationDenied: refusal,
  PermissionDenied: refusal,
  AuthenticationFailed: { ...badCredential, retryWithinMs: KEY_RETRY_MS },
  CredentialsNotFound: { ...badCredential, retryWithinMs: SECRET_RETRY_MS },
  ClockSkewed: transient,
  Throttled: transient,
  ServerError: transient,
  ConnectionFailed: transient,
  UnexpectedResponse: transient,
} as const satisfies Record<FailureKind, Policy>;

export function policyOf(kind: FailureKind): Policy {
  return POLICIES[kind];
}
