/** The verbs about roles, the OIDC tokens that assume them, and the sessions that STS issued. */

export interface StsVerbs {
  createRole(role: NewRole): Promise<RoleState>;
  /** What is left out stays. Sessions that were issued feel a change of permissions at once. */
  modifyRole(role: { roleARN: string } & RoleChange): Promise<RoleState>;
  /** Its sessions are still known, and may do nothing. */
  removeRole(role: { roleARN: string }): Promise<void>;
  roles(): Promise<readonly RoleState[]>;

  /** Makes STS take a token for one that the provider issued. */
  addOIDCToken(token: NewOIDCToken): Promise<void>;
  modifyOIDCToken(token: { token: string; expiresAt: string }): Promise<void>;
  /** STS no longer knows the token: its signature is not the provider's. */
  removeOIDCToken(token: { token: string }): Promise<void>;

  /** What STS issued, the oldest first; the newest 10,000 are kept. */
  sessions(of?: { roleARN?: string }): Promise<readonly SessionState[]>;
  /** Makes sessions expire now: those of a role, one, or all. Resolves with how many did. */
  expireSessions(of?: { roleARN?: string; accessKeyID?: string }): Promise<{ count: number }>;
}

export interface RoleChange {
  /** Whether the role's trust policy lets in those named below; default true. */
  trusted?: boolean;
  /** Account IDs; default the role's own account, unless keys or providers are named. */
  trustedAccounts?: readonly string[];
  /** Access key IDs. */
  trustedKeys?: readonly string[];
  /** ARNs of OIDC providers, such as `acs:ram::1000000000000001:oidc-provider/simulator`. */
  trustedProviders?: readonly string[];
  /** A caller that assumes the role with a key must send it; empty: none is needed. */
  externalID?: string;
  /** RAM actions such as `live:GetEdgeTranscodeJob`, or `live:*`, or `*`; default `*`. */
  permissions?: readonly string[];
  /** The longest session that a caller may request, in seconds: 3,600 (default) to 43,200. */
  maxSessionSeconds?: number;
  /**
   * Length of sessions in place of the requested one, in seconds; 0: as requested. For tests that cannot wait
   * 900 s.
   */
  sessionSeconds?: number;
}

export interface NewRole extends RoleChange {
  roleName: string;
  /** Default: the first account. */
  accountID?: string;
}

export interface RoleState extends Required<Omit<RoleChange, 'externalID'>> {
  roleARN: string;
  roleName: string;
  accountID: string;
  needsExternalID: boolean;
}

export interface NewOIDCToken {
  /** Any text; a JSON web token has three parts. */
  token: string;
  /** The ARN of the OIDC provider that issued it. */
  providerARN: string;
  /** Default `system:serviceaccount:default:default`. */
  subject?: string;
  /** Default never. */
  expiresAt?: string;
}

export interface SessionState {
  accessKeyID: string;
  accountID: string;
  roleARN: string;
  roleSessionName: string;
  issuedAt: string;
  expiresAt: string;
}
