/**
 * The common part of both products' endpoints: reads the claim of a call, finds its operation, and turns an
 * error into an answer. It knows no sockets.
 */
import type { Account } from '../accounts/account.ts';
import { type Answer, failure, success } from '../http/answer.ts';
import { ApiError, missingParameter, unknownAction, unknownVersion } from '../http/api-error.ts';
import { type HttpRequest, header, parametersOf } from '../http/http-request.ts';
import { claimedKeyID } from '../signing/signed-request.ts';
import type { ServiceName } from '../world/cloud-world.ts';

/** What a request says about its action and its caller. None of it is verified. */
export interface Claim {
  readonly action: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly accessKeyID: string | undefined;
  /**
   * The account that has the key, whether or not the request was signed with it; or that has the role to
   * assume.
   */
  readonly account: Account | undefined;
}

export interface Served {
  readonly answer: Answer;
  /** Whether the call passed the gateway (a good key, the quota), and so reached the service behind it. */
  readonly reached: boolean;
}

/** One product behind one endpoint. */
export interface Service {
  readonly name: ServiceName;
  /** The product's name as the vendor writes it in errors. */
  readonly product: string;
  /** The operations by action. */
  readonly operations: ReadonlyMap<string, unknown>;
  claim(request: HttpRequest): Claim;
  /** @param now milliseconds since the Unix epoch. */
  serve(request: HttpRequest, claim: Claim, now: number): Served;
}

export function claimOf(
  request: HttpRequest,
  accountOf: (accessKeyID: string | undefined, parameters: Claim['parameters']) => Account | undefined,
): Claim {
  const parameters = parametersOf(request);
  const accessKeyID = claimedKeyID(request, parameters);
  return {
    action: header(request, 'x-acs-action') || (parameters.get('Action') ?? ''),
    parameters,
    accessKeyID,
    account: accountOf(accessKeyID, parameters),
  };
}

/** Throws `ApiError` where there is no such operation. */
export function operationOf<Operation>(
  request: HttpRequest,
  { action, parameters }: Claim,
  operations: ReadonlyMap<string, Operation>,
  version: string,
): Operation {
  if (!action) throw missingParameter('Action');
  const requested = header(request, 'x-acs-version') || parameters.get('Version');
  if (!requested) throw missingParameter('Version');
  if (requested !== version) throw unknownVersion();
  const operation = operations.get(action);
  const { method, path } = request;
  if (!operation || path !== '/' || (method !== 'GET' && method !== 'POST')) throw unknownAction();
  return operation;
}

/**
 * The answer that `respond` gives, or the error that it throws.
 * @param respond calls `reach` once the gateway has let the call through.
 */
export function answerOf(
  request: HttpRequest,
  product: string,
  respond: (reach: () => void) => Record<string, unknown>,
): Served {
  let reached = false;
  try {
    const response = respond(() => {
      reached = true;
    });
    return { reached, answer: success(response) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { reached, answer: failure(error, { product, host: header(request, 'host') }) };
  }
}
