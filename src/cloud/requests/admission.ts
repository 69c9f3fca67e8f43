/**
 * The admission of a request: the circuit breaker of its key and the guard of its endpoint let it wait for a permit. What the end of its
 * call means for the requests that share them is said here as well.
 */
import type { Failure, FailureKind } from '../../job/model/failures.ts';
import type { CallFailure } from '../client/map-error.ts';
import type { Admission, Request } from './request.ts';

/** Answers given before the key was looked at, or not given at all. */
const SAYS_NOTHING_OF_THE_KEY: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
  'Throttled',
  'ClockSkewed',
]);

/** Answers that may come from in front of the place where the quota is counted. */
const SAYS_NOTHING_OF_THE_QUOTA: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
]);

/** Lets a request wait for a permit, or says why not. A request that was withdrawn meanwhile is not sent as a probe. */
export async function admit(
  {
    credential,
    destination,
    state,
    account,
  }: Pick<Admission, 'credential' | 'destination' | 'state' | 'account'>,
  request: Request<unknown>,
): Promise<Admission | { readonly refused: Failure }> {
  const entrance = await state.breaker.enter(request);
  if ('refused' in entrance) return entrance;
  const guard = state.guards.of(destination.endpoint, request.namespace);
  const guardEntrance = await guard.enter(request);
  const { pass } = entrance;
  if ('pass' in guardEntrance)
    return shared({ credential, destination, state, account, pass, guard, guardPass: guardEntrance.pass });
  state.breaker.abandoned(pass);
  return guardEntrance;
}

/**
 * The admission that the last request got, if it is the same: while both breakers are closed, all waiting requests have the same one.
 * It saves 80 of 1,085 bytes for each.
 */
function shared(admission: Admission): Admission {
  const { state } = admission;
  const names = Object.keys(admission) as (keyof Admission)[];
  const { lastAdmission } = state;
  if (lastAdmission && names.every((name) => lastAdmission[name] === admission[name])) return lastAdmission;
  state.lastAdmission = admission;
  return admission;
}

/** The call is not made, or not yet. */
export function abandon({ state, pass, guard, guardPass }: Admission): void {
  state.breaker.abandoned(pass);
  guard.abandoned(guardPass);
}

/** What a call's end means for the requests to the same endpoint and for the account. */
export function report(
  admission: Admission,
  sentAt: number,
  failed: CallFailure | undefined,
  retryAfterMs?: number,
): void {
  const { guard, guardPass, account } = admission;
  const kind = failed?.failure.kind;
  const isThrottled = kind === 'Throttled';
  if (failed && (kind === 'ConnectionFailed' || (isThrottled && isApart(admission))))
    guard.failed(guardPass, failed.failure);
  else guard.succeeded(guardPass);
  if (isApart(admission)) return;
  if (isThrottled) account.budget.throttled(sentAt, retryAfterMs);
  else if (!kind || !SAYS_NOTHING_OF_THE_QUOTA.has(kind)) account.budget.accepted(sentAt);
}

/** What a call's end means for the key, unless the key was refused. */
export function reportKey({ state, pass }: Admission, kind: FailureKind | undefined): void {
  if (kind && SAYS_NOTHING_OF_THE_KEY.has(kind)) state.breaker.inconclusive(pass);
  else state.breaker.succeeded(pass);
}

/** Others spend the same budget: what a Secret's own endpoint answers, or not, must not touch them. Accounts join at any time. */
export function isApart({ credential, account }: Admission): boolean {
  return credential.endpoint !== undefined && account.members > 1;
}
