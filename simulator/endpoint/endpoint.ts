/**
 * The endpoint: reads a request → serves it → applies the faults → logs the call → sends the answer.
 *
 * A call is served and logged when it arrives. A latency delays only the sending of that answer.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { CallLog } from '../accounts/call-log.ts';
import { failure } from '../http/answer.ts';
import { bodyTooLarge } from '../http/api-error.ts';
import { type HttpRequest, readRequest } from '../http/http-request.ts';
import { type Delivery, deliveryOf, send } from './delivery.ts';
import type { Faults, FaultTarget } from './faults.ts';
import type { Claim, Service } from './gateway.ts';

export interface EndpointParts {
  readonly service: Service;
  readonly faults: Faults;
  readonly log: CallLog;
}

interface Answered {
  readonly delivery: Delivery;
  /** Milliseconds that it is held back. */
  readonly latency: number;
}

/** Longest name kept from a request, in characters: clients can send names of any length. */
const LONGEST_NAME = 128;

/**
 * @param now milliseconds since the Unix epoch.
 * @param reset ends the connection that has this port at the client's end.
 */
export function endpointListener(
  parts: EndpointParts,
  now: () => number,
  reset: (clientPort: number | undefined) => void,
): RequestListener {
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = await readRequest(message);
    const { delivery, latency } = request
      ? answerCall(request, parts, now())
      : refuseLargeBody(message, parts.service);
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

function answerCall(request: HttpRequest, { service, faults, log }: EndpointParts, now: number): Answered {
  const claim = service.claim(request);
  const { answer, reached } = service.serve(request, claim, now);
  const target = targetOf(claim, service);
  const { latency, effect } = faults.meet(target, reached);
  const origin = { product: service.product, host: request.headers.host?.[0] ?? '' };
  const delivery = deliveryOf(answer, effect, origin, claim.account?.quota.callsPerMinute ?? 0);
  // Actions that do not exist are one name, since a client could make up any number of them.
  const operation = service.operations.has(claim.action) ? claim.action : '(unknown)';
  write(log, now, operation, target, delivery);
  return { delivery, latency };
}

function refuseLargeBody(message: IncomingMessage, { product }: Service): Answered {
  const origin = { product, host: message.headers.host ?? '' };
  return { delivery: deliveryOf(failure(bodyTooLarge(), origin), undefined, origin, 0), latency: 0 };
}

function targetOf({ action, parameters, account, accessKeyID }: Claim, { name }: Service): FaultTarget {
  return {
    service: name,
    action,
    accountID: account?.accountID,
    accessKeyID,
    clusterID: parameters.get('ClusterId'),
    jobID: parameters.get('JobId'),
    roleARN: parameters.get('RoleArn'),
  };
}

function write(log: CallLog, time: number, operation: string, target: FaultTarget, delivery: Delivery): void {
  const { status, code } = delivery;
  const { service: _, action: __, ...names } = target;
  const kept = Object.entries(names).filter(([, name]) => name !== undefined);
  const cut = Object.fromEntries(kept.map(([field, name]) => [field, name?.slice(0, LONGEST_NAME)]));
  log.add({ time, operation, status, code, ...cut });
}
