/** What an account consists of: its keys, its roles, and the identity that a call with a key has. */
import type { RoleChange } from '../world/sts-world.ts';
import type { Quota } from './quota.ts';

export interface Account {
  readonly accountID: string;
  readonly quota: Quota;
  enabled: boolean;
}

export interface Key {
  readonly account: Account;
  readonly identity: Identity;
  readonly accessKeyID: string;
  readonly accessKeySecret: string;
  /** Only temporary keys have one. */
  readonly securityToken: string | undefined;
  /** Milliseconds since the Unix epoch; undefined: never. */
  expiresAt: number | undefined;
  active: boolean;
}

/** The caller that a key stands for. */
export type Identity =
  | { readonly kind: 'account' }
  | { readonly kind: 'user'; readonly userName: string }
  | { readonly kind: 'role'; readonly role: Role; readonly roleSessionName: string };

export interface Role extends Required<RoleChange> {
  readonly account: Account;
  readonly roleName: string;
  readonly roleARN: string;
  readonly roleID: string;
}
