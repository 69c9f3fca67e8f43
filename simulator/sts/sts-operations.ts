/** The operations of the product `Sts`, API version 2015-04-01, as its pages describe them. */
import type { Key, Role } from '../accounts/account.ts';
import { callerIdentity } from '../accounts/identity.ts';
import { type Roles, trustsKey, trustsProvider } from '../accounts/roles.ts';
import { permissionDenied } from '../http/api-error.ts';
import type { Keyring } from '../signing/authentication.ts';
import { timeOf } from '../world/times.ts';
import type { OIDCToken, OIDCTokens } from './oidc-tokens.ts';
import {
  anotherIssuer,
  assumeRoleDenied,
  emptyOIDCToken,
  expiredOIDCToken,
  forgedOIDCToken,
  malformedOIDCToken,
  noSuchProvider,
  providerNotTrusted,
  roleNotFound,
  rootMayNotAssume,
} from './sts-error.ts';
import {
  externalIDOf,
  refusePolicy,
  required,
  roleARNOf,
  secondsOf,
  sessionNameOf,
} from './sts-parameters.ts';
import type { SessionKey, StsSessions } from './sts-sessions.ts';

export const STS_VERSION = '2015-04-01';

export interface StsParts extends Keyring {
  readonly roles: Roles;
  readonly tokens: OIDCTokens;
  readonly sessions: StsSessions;
}

interface AnonymousInvocation {
  readonly parameters: ReadonlyMap<string, string>;
  readonly parts: StsParts;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

interface SignedInvocation extends AnonymousInvocation {
  /** The key that the call was signed with. */
  readonly key: Key;
}

/** Each responds without the RequestId, or throws `ApiError`. */
type StsOperation =
  | { readonly kind: 'signed'; respond(invocation: SignedInvocation): Record<string, unknown> }
  | { readonly kind: 'anonymous'; respond(invocation: AnonymousInvocation): Record<string, unknown> };

/** The operations of STS by action. */
export const STS_OPERATIONS: ReadonlyMap<string, StsOperation> = new Map<string, StsOperation>([
  // Needs no permission: a denial of it would have no effect at the vendor's either.
  ['GetCallerIdentity', { kind: 'signed', respond: ({ key }) => callerIdentity(key) }],
  ['AssumeRole', { kind: 'signed', respond: assumeRole }],
  ['AssumeRoleWithOIDC', { kind: 'anonymous', respond: assumeRoleWithOIDC }],
]);

function assumeRole({ key, parameters, parts, now }: SignedInvocation): Record<string, unknown> {
  const roleARN = roleARNOf(parameters);
  const sessionName = sessionNameOf(parameters);
  const externalID = externalIDOf(parameters);
  refusePolicy(parameters);
  if (key.identity.kind === 'account') throw rootMayNotAssume();
  const denial = parts.accounts.denial(key, 'AssumeRole');
  if (denial) throw permissionDenied(denial);
  const role = parts.roles.find(roleARN);
  if (!role) throw roleNotFound(roleARN);
  if (!trustsKey(role, key, externalID)) throw assumeRoleDenied();
  const seconds = secondsOf(parameters, role.maxSessionSeconds);
  return assumed(role, sessionName, parts.sessions.issue(role, sessionName, seconds, now));
}

function assumeRoleWithOIDC({ parameters, parts, now }: AnonymousInvocation): Record<string, unknown> {
  const providerARN = required(parameters, 'OIDCProviderArn');
  const roleARN = roleARNOf(parameters);
  const sessionName = sessionNameOf(parameters);
  refusePolicy(parameters);
  const token = goodToken(parameters.get('OIDCToken') ?? '', providerARN, parts.tokens, now);
  const role = parts.roles.find(roleARN);
  if (!role) throw roleNotFound(roleARN);
  if (!trustsProvider(role, providerARN)) throw providerNotTrusted();
  const seconds = secondsOf(parameters, role.maxSessionSeconds);
  return {
    ...assumed(role, sessionName, parts.sessions.issue(role, sessionName, seconds, now)),
    OIDCTokenInfo: tokenInfo(token),
  };
}

/** The order matters: a token that is both forged and of another provider is refused as forged. */
function goodToken(text: string, providerARN: string, tokens: OIDCTokens, now: number): OIDCToken {
  if (!tokens.hasProvider(providerARN)) throw noSuchProvider();
  if (!text) throw emptyOIDCToken();
  const token = tokens.find(text);
  if (!token) throw text.split('.').length === 3 ? forgedOIDCToken() : malformedOIDCToken();
  if (token.providerARN !== providerARN) throw anotherIssuer();
  if (token.expiresAt !== undefined && token.expiresAt <= now) throw expiredOIDCToken();
  return token;
}

function assumed({ roleARN, roleID }: Role, sessionName: string, key: SessionKey): Record<string, unknown> {
  return {
    AssumedRoleUser: { Arn: `${roleARN}/${sessionName}`, AssumedRoleId: `${roleID}:${sessionName}` },
    Credentials: {
      AccessKeyId: key.accessKeyID,
      AccessKeySecret: key.accessKeySecret,
      SecurityToken: key.securityToken,
      Expiration: timeOf(key.expiresAt),
    },
  };
}

function tokenInfo({ subject, issuedAt, expiresAt }: OIDCToken): Record<string, string> {
  return {
    Subject: subject,
    Issuer: 'https://kubernetes.default.svc',
    ClientIds: 'sts.aliyuncs.com',
    IssuanceTime: timeOf(issuedAt),
    ...(expiresAt !== undefined && { ExpirationTime: timeOf(expiresAt) }),
    VerificationInfo: 'Success',
  };
}
