/**
 * One call, from the parsed request to the answer: known action and version → key → quota → permission → account on →
 * the operation. The first that does not hold is what the caller is told.
 *
 * The parts are handed in, so that each is told and tested alone; nothing here knows HTTP.
 */
import type { Account, Accounts, Key } from './accounts.ts';
import { type Answer, failure, success } from './answer.ts';
import {
  ApiError,
  missingParameter,
  operationDenied,
  permissionDenied,
  throttled,
  unknownAction,
  unknownVersion,
} from './api-error.ts';
import { authenticate, claimedKeyID } from './authentication.ts';
import type { Jobs } from './jobs.ts';
import type { Nonces } from './nonces.ts';
import { OPERATIONS, type Operation, VERSION } from './operations.ts';
import type { HttpRequest } from './signature.ts';

export interface ServiceParts {
  readonly accounts: Accounts;
  readonly jobs: Jobs;
  readonly nonces: Nonces;
}

/** What was called, by whom as far as the request tells. None of it is verified. */
export interface Claim {
  readonly action: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly accessKeyID: string | undefined;
  /** The account that has the key, whether or not the request was signed with it. */
  readonly account: Account | undefined;
}

export interface Served {
  readonly answer: Answer;
  /** Whether the call passed key and quota, and so reached the service behind the gateway. */
  readonly reached: boolean;
}

export function claimOf(request: HttpRequest, accounts: Accounts): Claim {
  const parameters = parametersOf(request);
  const accessKeyID = claimedKeyID(request);
  return {
    action: request.headers['x-acs-action']?.[0] ?? parameters.get('Action') ?? '',
    parameters,
    accessKeyID,
    account: accessKeyID === undefined ? undefined : accounts.findKey(accessKeyID)?.account,
  };
}

/** @param now milliseconds since the Unix epoch. */
export function serve(request: HttpRequest, claim: Claim, parts: ServiceParts, now: number): Served {
  const host = request.headers.host?.[0] ?? '';
  let reached = false;
  try {
    const operation = operationOf(request, claim);
    const key = authenticate(request, parts.accounts, parts.nonces, now);
    spendQuota(key, now);
    reached = true;
    checkPermission(key, claim.action, parts.accounts);
    const { accountID } = key.account;
    return {
      reached,
      answer: success(operation({ accountID, parameters: claim.parameters, jobs: parts.jobs, now })),
    };
  } catch (error) {
    if (error instanceof ApiError) return { reached, answer: failure(error, host) };
    throw error;
  }
}

function operationOf(request: HttpRequest, { action, parameters }: Claim): Operation {
  if (!action) throw missingParameter('Action');
  const version = request.headers['x-acs-version']?.[0] ?? parameters.get('Version');
  if (!version) throw missingParameter('Version');
  if (version !== VERSION) throw unknownVersion();
  const operation = OPERATIONS.get(action);
  const { method, path } = request;
  if (!operation || path !== '/' || (method !== 'GET' && method !== 'POST')) throw unknownAction();
  return operation;
}

function spendQuota({ account }: Key, now: number): void {
  const retryAfter = account.quota.admit(now);
  if (retryAfter === 0) return;
  throw throttled({ code: 'Throttling.User', limit: account.quota.callsPerMinute, retryAfter });
}

function checkPermission(key: Key, action: string, accounts: Accounts): void {
  const denial = accounts.denial(key, action);
  if (denial) throw permissionDenied(denial);
  if (!key.account.enabled) throw operationDenied();
}

/** From the query and from a form in the body; where both name one, the body's. */
function parametersOf(request: HttpRequest): ReadonlyMap<string, string> {
  const contentType = request.headers['content-type']?.[0] ?? '';
  const isForm = contentType.toLowerCase().startsWith('application/x-www-form-urlencoded');
  const form = isForm ? new URLSearchParams(Buffer.from(request.body).toString()) : [];
  return new Map([...request.query, ...form]);
}
