/**
 * One call to the product `live`: known action and version → key → quota → permission → account on → the
 * operation. The first check that fails is the answer.
 */
import type { Key } from '../accounts/account.ts';
import type { Accounts } from '../accounts/accounts.ts';
import { permits } from '../accounts/roles.ts';
import {
  answerOf,
  type Claim,
  claimOf,
  operationOf,
  type Served,
  type Service,
} from '../endpoint/gateway.ts';
import { operationDenied, permissionDenied, throttled } from '../http/api-error.ts';
import type { HttpRequest } from '../http/http-request.ts';
import { authenticate, type Keyring } from '../signing/authentication.ts';
import { signedRequestOf } from '../signing/signed-request.ts';
import type { Jobs } from './jobs.ts';
import { OPERATIONS, VERSION } from './live-operations.ts';

export interface LiveParts extends Keyring {
  readonly jobs: Jobs;
}

export function liveService(parts: LiveParts): Service {
  const { accounts } = parts;
  const accountOf = (accessKeyID?: string) => accounts.findKey(accessKeyID ?? '')?.account;
  return {
    name: 'live',
    product: 'live',
    operations: OPERATIONS,
    claim: (request) => claimOf(request, accountOf),
    serve: (request, claim, now) => serve(request, claim, parts, now),
  };
}

function serve(request: HttpRequest, claim: Claim, parts: LiveParts, now: number): Served {
  return answerOf(request, 'live', (reach) => {
    const operation = operationOf(request, claim, OPERATIONS, VERSION);
    const { parameters } = claim;
    const key = authenticate(signedRequestOf(request, parameters), parts, now);
    spendQuota(key, now);
    reach();
    checkPermission(key, claim.action, parts.accounts);
    return operation({ accountID: key.account.accountID, parameters, jobs: parts.jobs, now });
  });
}

function spendQuota({ account }: Key, now: number): void {
  const retryAfter = account.quota.admit(now);
  if (retryAfter === 0) return;
  throw throttled({ code: 'Throttling.User', limit: account.quota.callsPerMinute, retryAfter });
}

function checkPermission(key: Key, action: string, accounts: Accounts): void {
  const denial = accounts.denial(key, action);
  if (denial) throw permissionDenied(denial);
  const { identity } = key;
  if (identity.kind === 'role' && !permits(identity.role, action)) throw permissionDenied('NoPermission');
  if (!key.account.enabled) throw operationDenied();
}
