/**
 * Maps an error of an STS call to one kind of failure. Pure. Everything that is wrong with a role, its trust
 * policy or the key that assumes it becomes AuthenticationFailed: a person has to correct the credential.
 */
import type { FailureKind } from '../../job/model/failures.ts';
import { type CallFailure, credentialsOf, type Dialect, kindOf, translate } from './map-error.ts';

/** Kinds that concern a job in an answer of Live. In an answer of STS they concern the role. */
const OF_THE_ROLE: ReadonlySet<FailureKind> = new Set([
  'JobNotFound',
  'PermissionDenied',
  'OperationDenied',
  'InvalidReference',
]);

type Advice = (code: string, who: string) => string;

const ofTheKey: Advice = (code, who) => `STS did not accept ${who} (${code}); put in a valid access key`;

/** Messages by code, where the key is not at fault. The first pattern that matches counts. */
const ADVICE: readonly (readonly [RegExp, Advice])[] = [
  [
    /^EntityNotExist/,
    (code, who) => `the role that ${who} are to assume does not exist (${code}); check the role's ARN`,
  ],
  [
    /^AuthenticationFail\b/,
    (code) =>
      `STS did not accept the service account's token (${code}); check the OIDC provider and the role's trust policy`,
  ],
  [
    /^(NoPermission|Forbidden)/,
    (code, who) =>
      `the role may not be assumed with ${who} (${code}); check its trust policy, the external ID and the permission sts:AssumeRole`,
  ],
  [
    /^(InvalidParameter|MissingParameter)/,
    (code) =>
      `STS cannot use the role as it is given (${code}); check roleARN, roleSessionName and externalID`,
  ],
];

/** @param identity `default` or the Secret's `namespace/name` */
export function mapStsError(error: unknown, identity: string): CallFailure {
  return translate(error, {
    server: 'STS',
    kindOf: stsKind,
    messageOf: (kind, code) => messageOf(kind, code, credentialsOf(identity)),
  });
}

const stsKind: Dialect['kindOf'] = (status, code) => {
  if (code && /^(EntityNotExist|AuthenticationFail)(\.|$)/.test(code)) return 'AuthenticationFailed';
  const kind = kindOf(status, code);
  return OF_THE_ROLE.has(kind) ? 'AuthenticationFailed' : kind;
};

function messageOf(kind: FailureKind, code: string, who: string): string {
  switch (kind) {
    case 'AuthenticationFailed':
      return (ADVICE.find(([pattern]) => pattern.test(code))?.[1] ?? ofTheKey)(code, who);
    case 'ClockSkewed':
      return `STS calls the request out of date (${code}); set the clock of the operator's node`;
    case 'Throttled':
      return `STS throttles the calls of the account (${code}); find what else calls it`;
    case 'ServerError':
      return `STS failed to answer (${code})`;
    default:
      return `STS gave an answer that this operator does not know (${code})`;
  }
}
