/**
 * Maps an error of an STS call to one kind of failure. Pure. Everything that is wrong with a role, its trust
 * policy or the key that assumes it becomes AuthenticationFailed: a person has to correct the credential.
 */
import type { FailureKind } from '../../job/model/failures.ts';
import {
  accountTrouble,
  type CallFailure,
  credentialsOf,
  type Dialect,
  keyAdvice,
  kindOf,
  translate,
  unknownAnswer,
} from '../client/map-error.ts';

/** Kinds that concern a job in an answer of Live. In an answer of STS they concern the role. */
const OF_THE_ROLE: ReadonlySet<FailureKind> = new Set([
  'JobNotFound',
  'PermissionDenied',
  'OperationDenied',
  'InvalidReference',
]);

type Advice = (code: string, who: string) => string;

const ofTheKey: Advice = (code, who) => `STS did not accept ${who} (${code}); ${keyAdvice(code)}`;

/** Messages by code, where the key is not at fault. The first pattern that matches counts. */
const ADVICE: readonly (readonly [RegExp, Advice])[] = [
  [
    /^EntityNotExist\.OIDCProvider/,
    (code) => `the OIDC provider does not exist (${code}); enable RRSA for the cluster`,
  ],
  [
    /^EntityNotExist/,
    (code, who) => `the role that ${who} are to assume does not exist (${code}); check the role's ARN`,
  ],
  [
    /^AuthenticationFail\.OIDCToken\.Expired/,
    (code) =>
      `the service account's token is expired (${code}); check that the kubelet renews the token's file, and the node's clock`,
  ],
  [
    /^AuthenticationFail\.OIDCToken\.AudienceNotMatch/,
    (code) =>
      `the service account's token has another audience than the OIDC provider (${code}); mount a token for sts.aliyuncs.com`,
  ],
  [
    /^AuthenticationFail\.OIDCToken\.IssuerNotMatch/,
    (code) =>
      `the service account's token has another issuer than the OIDC provider (${code}); name the provider of this cluster`,
  ],
  [
    /^AuthenticationFail\.NoPermission/,
    (code) =>
      `the role may not be assumed with the service account's token (${code}); check oidc:sub, oidc:aud and oidc:iss in its trust policy, and that RRSA is enabled for the cluster`,
  ],
  [
    /^AuthenticationFail\b/,
    (code) =>
      `STS did not accept the service account's token (${code}); check the OIDC provider and the role's trust policy`,
  ],
  [
    /^(NoPermission|Forbidden|IllegalOperation|ActionUnauthorized)/,
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
    case 'AuthenticationFailed': {
      const trouble = accountTrouble(code);
      if (trouble) return `STS gives ${who} no session (${code}); ${trouble}`;
      return (ADVICE.find(([pattern]) => pattern.test(code))?.[1] ?? ofTheKey)(code, who);
    }
    case 'ClockSkewed':
      return `STS calls the request out of date (${code}); set the clock of the operator's node`;
    case 'Throttled':
      return `STS throttles the calls of the account (${code}); find what else calls it`;
    case 'ServerError':
      return `STS failed to answer (${code})`;
    default:
      return unknownAnswer('STS', code);
  }
}
