/**
 * What each kind of failure means for an object. A kind without a policy does not compile.
 */
import type { FailureKind } from './failures.ts';

export interface Policy {
  /** The failure is certain, so Ready turns False at once. Otherwise the failure may pass without action. */
  readonly definitive: boolean;
  /** A person has to act, so the object is Stalled. */
  readonly stalled: boolean;
  /** The failure says something about the job, so it counts as an observation. */
  readonly observation: boolean;
  /**
   * Shortest interval between polls, ms. A failure that only a person can repair need not be polled every few
   * seconds.
   */
  readonly minIntervalMs: number;
  /**
   * How long polls stay frequent after the first of such answers, ms. The cloud can deny for a while what was
   * just created, and be wrong for a moment.
   */
  readonly confirmForMs: number;
  /**
   * Longest time until the next attempt, ms. A repair that helps many objects shows soon, however rarely they
   * are polled.
   */
  readonly retryWithinMs: number;
  /**
   * Whether polls make calls. Not with a credential that is refused or missing: probes of the credential take
   * their place.
   */
  readonly calls: boolean;
}

const OWN_INTERVAL_MS = 0;
const SLOW_INTERVAL_MS = 5 * 60_000;
/**
 * A wrong reference stays wrong, as the IDs are immutable. One call an hour notices a cloud that answers
 * differently.
 */
const HOURLY_MS = 60 * 60_000;

/**
 * Longest interval between polls while a failure is confirmed, ms. A poll comes at most one and a half
 * intervals after the last, so a wrong answer is corrected within 30 s.
 */
export const CONFIRM_INTERVAL_MS = 20_000;
/** 2 min, six polls: a new job of the vendor can take tens of seconds until all its servers know it. */
const CONFIRM_FOR_MS = 2 * 60_000;

/**
 * A changed Secret takes effect within 30 s. A refused key is probed at least every 20 s, and its Secret
 * is read after each refusal.
 */
const SECRET_RETRY_MS = 30_000;
const KEY_RETRY_MS = 20_000;

const transient: Policy = {
  definitive: false,
  stalled: false,
  observation: false,
  minIntervalMs: OWN_INTERVAL_MS,
  confirmForMs: 0,
  retryWithinMs: Number.POSITIVE_INFINITY,
  calls: true,
};
const refusal: Policy = { ...transient, definitive: true, stalled: true, minIntervalMs: SLOW_INTERVAL_MS };
/** The credential decides when to try again (`Failure.retryAt`), not the object. */
const badCredential: Policy = { ...refusal, minIntervalMs: OWN_INTERVAL_MS, calls: false };

export const POLICIES = {
  JobNotFound: { ...refusal, observation: true, confirmForMs: CONFIRM_FOR_MS },
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
