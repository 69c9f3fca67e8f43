/**
 * Admits a request: the circuit breaker of its key and the guard of its endpoint let it wait for a permit.
 * Also reports the end of its call to both and to the budget.
 */
import type { Failure, FailureKind } from '../../job/model/failures.ts';
import type { CallResult } from '../client/live-client.ts';
import { MAY_COME_FROM_A_PROXY } from '../client/map-error.ts';
import type { Admission, Request } from './request.ts';

/** Failures that come before the cloud has checked the key, or without an answer. */
const SAYS_NOTHING_OF_THE_KEY: ReadonlySet<FailureKind> = new Set([
  ...MAY_COME_FROM_A_PROXY,
  'Throttled',
  'ClockSkewed',
]);

/**
 * Lets a request wait for a permit, or returns the failure that prevents it. A request that was withdrawn
 * meanwhile is not sent as a probe.
 */
export async function admit(
  place: Pick<Admission, 'credential' | 'destination' | 'state' | 'account'>,
  request: Request<unknown>,
): Promise<Admission | { readonly refused: Failure }> {
  const { destination, state } = place;
  const entrance = await state.breaker.enter(request);
  if ('refused' in entrance) return entrance;
  const { pass } = entrance;
  const guard = state.guards.of(destination.endpoint, request.namespace);
  const guardEntrance = await guard.enter(request);
  if ('pass' in guardEntrance) return shared({ ...place, pass, guard, guardPass: guardEntrance.pass });
  state.breaker.abandoned(pass);
  return guardEntrance;
}

/**
 * Returns the admission of the last request if it is equal. While both breakers are closed, all waiting
 * requests share one: that saves 96 bytes for each.
 */
function shared(admission: Admission): Admission {
  const { state } = admission;
  const names = Object.keys(admission) as (keyof Admission)[];
  const { lastAdmission } = state;
  if (lastAdmission && names.every((name) => lastAdmission[name] === admission[name])) return lastAdmission;
  state.lastAdmission = admission;
  return admission;
}

/** Gives an admission back: the call is not made, or not yet. */
export function abandon({ state, pass, guard, guardPass }: Admission): void {
  state.breaker.abandoned(pass);
  guard.abandoned(guardPass);
}

/** Reports the end of a call to its key's circuit breaker, its endpoint's guard and its account's budget. */
export function report(admission: Admission, result: CallResult<unknown>): void {
  const { state, pass, guard, guardPass, account, credential } = admission;
  const failed = result.kind === 'failed' ? result : undefined;
  const failure = failed?.failed.failure;
  // A key that was replaced during the call: its refusal shows nothing about the new key.
  const isReplaced = state.credential.version !== credential.version;
  if (!failure) state.breaker.succeeded(pass);
  else if (isReplaced || SAYS_NOTHING_OF_THE_KEY.has(failure.kind)) state.breaker.inconclusive(pass);
  else if (failure.kind === 'AuthenticationFailed') state.breaker.failed(pass, failure);
  else state.breaker.succeeded(pass);
  if (failure?.kind === 'ConnectionFailed') guard.failed(guardPass, failure);
  else guard.succeeded(guardPass);
  if (failure?.kind === 'Throttled') account.budget.throttled(result.sentAt, failed?.retryAfterMs);
  // A proxy may have answered before the cloud has counted the call.
  else if (!failure || !MAY_COME_FROM_A_PROXY.has(failure.kind)) account.budget.accepted(result.sentAt);
}
