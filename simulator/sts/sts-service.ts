/**
 * One call to the product `Sts`: known action and version → key, where the operation needs one → the
 * operation.
 */

import {
  answerOf,
  type Claim,
  claimOf,
  operationOf,
  type Served,
  type Service,
} from '../endpoint/gateway.ts';
import type { HttpRequest } from '../http/http-request.ts';
import { authenticate } from '../signing/authentication.ts';
import { signedRequestOf } from '../signing/signed-request.ts';
import { STS_OPERATIONS, STS_VERSION, type StsParts } from './sts-operations.ts';

export function stsService(parts: StsParts): Service {
  const { accounts, roles } = parts;
  const accountOf = (accessKeyID: string | undefined, parameters: Claim['parameters']) =>
    accounts.findKey(accessKeyID ?? '')?.account ?? roles.find(parameters.get('RoleArn') ?? '')?.account;
  return {
    name: 'sts',
    product: 'Sts',
    operations: STS_OPERATIONS,
    claim: (request) => claimOf(request, accountOf),
    serve: (request, claim, now) => serve(request, claim, parts, now),
  };
}

/** The vendor bounds these calls as well (6,000 a minute of AssumeRole); here only a fault throttles them. */
function serve(request: HttpRequest, claim: Claim, parts: StsParts, now: number): Served {
  return answerOf(request, 'Sts', (reach) => {
    const operation = operationOf(request, claim, STS_OPERATIONS, STS_VERSION);
    const { parameters } = claim;
    if (operation.kind === 'anonymous') {
      reach();
      return operation.respond({ parameters, parts, now });
    }
    const key = authenticate(signedRequestOf(request, parameters), parts, now);
    reach();
    return operation.respond({ key, parameters, parts, now });
  });
}
