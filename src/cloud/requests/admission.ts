/**
 * The way into the cloud that an observation has found, through its credential's circuit and its gate to the endpoint; and what the end of its call
 * means for those who share them.
 */

import type { Destination, Reference } from '../../job/model/cloud-port.ts';
import type { Failure, FailureKind } from '../../job/model/failures.ts';
import type { Credential } from '../client/credential.ts';
import type { CallResult, JobCall } from '../client/job-call.ts';

import type { Pass } from '../resilience/circuit-breaker.ts';
import type { EndpointGuard } from '../resilience/endpoint-guard.ts';
import type { Session, Sessions } from './credential-states.ts';

/** Answers that need not have come from behind the gate where calls are counted. */
const SAYS_NOTHING_OF_THE_QUOTA: ReadonlySet<FailureKind> = new Set([
  'ConnectionFailed',
  'ServerError',
  'UnexpectedResponse',
]);

export interface Way {
  readonly destination: Destination;
  readonly session: Session;
  /** The credential's. */
  readonly pass: Pass;
  readonly gate: EndpointGuard;
  readonly gatePass: Pass;
  /** The endpoint is a Secret's own. */
  readonly hasOwnEndpoint: boolean;
}

/** @param signal whoever has left is not sent to probe */
export async function findWay(
  { sessions, jobCall }: { readonly sessions: Sessions; readonly jobCall: Pick<JobCall, 'destinationOf'> },
  reference: Reference,
  credential: Credential,
  signal: Pick<AbortSignal, 'aborted'>,
): Promise<Way | { refused: Failure; destination: Destination }> {
  const destination = jobCall.destinationOf(reference, credential);
  const session = sessions.of(credential);
  const known = await session.circuit.enter(signal);
  if ('refused' in known) return { ...known, destination };
  const gate = session.gates.of(destination.endpoint, reference.credential.namespace);
  const entrance = await gate.enter(signal);
  const hasOwnEndpoint = credential.endpoint !== undefined;
  if ('pass' in entrance)
    return gate.shared({
      destination,
      session,
      pass: known.pass,
      gate,
      gatePass: entrance.pass,
      hasOwnEndpoint,
    });
  session.circuit.abandoned(known.pass);
  return { ...entrance, destination };
}

/** What a call's end means for those who share the endpoint or the account. */
export function tellOthers(way: Way, { failed, sentAt, retryAfterMs }: CallResult): void {
  const { gate, gatePass } = way;
  const { budget } = way.session;
  const kind = failed?.failure.kind;
  const isThrottled = kind === 'Throttled';
  if (failed && (kind === 'ConnectionFailed' || (isThrottled && isApart(way))))
    gate.failed(gatePass, failed.failure);
  else gate.succeeded(gatePass);
  if (isApart(way)) return;
  if (isThrottled) budget.throttled(sentAt, retryAfterMs);
  else if (!kind || !SAYS_NOTHING_OF_THE_QUOTA.has(kind)) budget.accepted(sentAt);
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
