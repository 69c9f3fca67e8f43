/**
 * The way into the cloud that an observation has found, through its credential's circuit and its gate to the endpoint; and what the end of its call
 * means for those who share them.
 */
import type { Asked, Failure, FailureKind, Reference } from '../../job/model/ports.ts';
import type { CallResult, JobCall } from '../client/job-call.ts';
import type { Credential } from '../credentials/secret-credential.ts';
import type { Pass } from '../resilience/circuit-breaker.ts';
import type { Gate } from '../resilience/endpoint-guard.ts';
import type { Session, Sessions } from './credential-states.ts';

/** Answers that need not have come from behind the gate where calls are counted. */
const SAYS_NOTHING_OF_THE_QUOTA: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
]);

export interface Way {
  readonly asked: Asked;
  readonly session: Session;
  /** The credential's. */
  readonly pass: Pass;
  readonly gate: Gate;
  readonly gatePass: Pass;
  /** The endpoint is a Secret's own. */
  readonly hasOwnEndpoint: boolean;
}

/** @param signal whoever has left is not sent to probe */
export async function findWay(
  { sessions, jobCall }: { readonly sessions: Sessions; readonly jobCall: Pick<JobCall, 'asked'> },
  reference: Reference,
  credential: Credential,
  signal: Pick<AbortSignal, 'aborted'>,
): Promise<Way | { refused: Failure; asked: Asked }> {
  const asked = jobCall.asked(reference, credential);
  const session = sessions.of(credential);
  const known = await session.circuit.enter(signal);
  if ('refused' in known) return { ...known, asked };
  const gate = session.gates.of(asked.endpoint, reference.credential.namespace);
  const entrance = await gate.enter(signal);
  const hasOwnEndpoint = credential.endpoint !== undefined;
  if ('pass' in entrance)
    return gate.shared({ asked, session, pass: known.pass, gate, gatePass: entrance.pass, hasOwnEndpoint });
  session.circuit.abandoned(known.pass);
  return { ...entrance, asked };
}

/** What a call's end means for those who share the endpoint or the account. */
export function tellOthers(way: Way, { failed, askedAt, retryAfterMs }: CallResult): void {
  const { gate, gatePass } = way;
  const { budget } = way.session;
  const kind = failed?.failure.kind;
  const isThrottled = kind === 'Throttled';
  if (failed && (kind === 'ConnectionFailed' || (isThrottled && isApart(way))))
    gate.failed(gatePass, failed.failure);
  else gate.succeeded(gatePass);
  if (isApart(way)) return;
  if (isThrottled) budget.throttled(askedAt, retryAfterMs);
  else if (!kind || !SAYS_NOTHING_OF_THE_QUOTA.has(kind)) budget.accepted(askedAt);
}

/** The call is not made, or not yet. */
export function abandon({ session, pass, gate, gatePass }: Way): void {
  session.circuit.abandoned(pass);
  gate.abandoned(gatePass);
}

/** Others spend the same budget: what a Secret's own endpoint answers, or not, must not touch them. Accounts join at any time. */
export function isApart({ hasOwnEndpoint, session }: Way): boolean {
  return hasOwnEndpoint && session.member.isShared;
}
