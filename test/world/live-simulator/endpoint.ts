/**
 * The endpoint: read the request → serve it → let it meet the faults → write it down → send the answer.
 *
 * A call is written down, and its answer made, when it has arrived: what a latency delays is that answer, as it was then.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { failure } from './answer.ts';
import { bodyTooLarge } from './api-error.ts';
import type { CallLog } from './call-log.ts';
import { type Delivery, deliveryOf, send } from './delivery.ts';
import type { Faults, FaultTarget } from './faults.ts';
import { readRequest } from './http-request.ts';
import { OPERATIONS } from './operations.ts';
import { type Claim, claimOf, type ServiceParts, serve } from './service.ts';
import type { HttpRequest } from './signature.ts';

/** Everything that a call can see or change. */
export interface WorldState extends ServiceParts {
  readonly faults: Faults;
  readonly log: CallLog;
}

interface Answered {
  readonly delivery: Delivery;
  /** Milliseconds that it is held back. */
  readonly latency: number;
}

/** What clients make up is cut to this before it is kept. */
const LONGEST_NAME = 128;

/**
 * @param now milliseconds since the Unix epoch.
 * @param reset ends the connection that has this port at the client's end.
 */
export function endpointListener(
  state: WorldState,
  now: () => number,
  reset: (clientPort: number | undefined) => void,
): RequestListener {
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(message);
    const { delivery, latency } = request ? answerCall(request, state, now()) : refuseLargeBody(message);
    const finish = () => send(delivery, response, () => reset(message.socket.remotePort));
    if (latency === 0) {
      finish();
      return;
    }
    const timeout = setTimeout(finish, latency);
    response.once('close', () => clearTimeout(timeout));
  };
  // A client that goes away in the middle of its request gets no answer.
  return (message, response) => void handle(message, response).catch(() => response.destroy());
}

function answerCall(request: HttpRequest, state: WorldState, now: number): Answered {
  const claim = claimOf(request, state.accounts);
  const { answer, reached } = serve(request, claim, state, now);
  const target = targetOf(claim);
  const { latency, effect } = state.faults.meet(target, reached);
  const host = request.headers.host?.[0] ?? '';
  const delivery = deliveryOf(answer, effect, host, claim.account?.quota.callsPerMinute ?? 0);
  write(state.log, now, target, delivery);
  return { delivery, latency };
}

function refuseLargeBody(message: IncomingMessage): Answered {
  const host = message.headers.host ?? '';
  return { delivery: deliveryOf(failure(bodyTooLarge(), host), undefined, host, 0), latency: 0 };
}

function targetOf({ action, parameters, account, accessKeyID }: Claim): FaultTarget {
  return {
    action,
    accountID: account?.accountID,
    accessKeyID,
    clusterID: parameters.get('ClusterId'),
    jobID: parameters.get('JobId'),
  };
}

/** Actions that do not exist are one name, since a client could make up any number of them. */
function write(log: CallLog, time: number, target: FaultTarget, { status, code }: Delivery): void {
  const { action = '', ...names } = target;
  const operation = OPERATIONS.has(action) ? action : '(unknown)';
  const kept = Object.entries(names).filter(([, name]) => name !== undefined);
  const cut = Object.fromEntries(kept.map(([field, name]) => [field, name?.slice(0, LONGEST_NAME)]));
  log.add({ time, operation, status, code, ...cut });
}
