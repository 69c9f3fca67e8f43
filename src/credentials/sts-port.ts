/** What this room needs of the vendor's STS. `cloud/sts/sts.ts` implements it. */
import type { AccessKey, Role } from './credential.ts';
import type { Refused } from './secret-credential.ts';

/** The Secret, or the operator itself, that STS is called for. */
export interface StsCaller {
  /** Takes permits in rotation with other namespaces. */
  readonly namespace: string;
  /** `default` or the Secret's `namespace/name`. */
  readonly identity: string;
}

export interface SessionKey {
  readonly accessKey: AccessKey;
  /** Clock `now` when STS was called. */
  readonly assumedAt: number;
  /** Clock `now`; no later than STS says. */
  readonly expiresAt: number;
}

export type Assumed = { readonly key: SessionKey } | Refused;

/** A role with the token of the operator's service account, which replaces the signature. */
export type TokenRole = Role & { readonly oidcProviderARN: string; readonly token: string };

/** Gives sessions of roles. No method rejects. */
export interface SessionSource {
  assumeRole(caller: StsCaller, accessKey: AccessKey, role: Role): Promise<Assumed>;
  assumeRoleWithOIDC(caller: StsCaller, role: TokenRole): Promise<Assumed>;
}
