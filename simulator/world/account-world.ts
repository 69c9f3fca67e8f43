/** The verbs about accounts, their keys, and what they may not do. */

export interface AccountVerbs {
  createAccount(account: NewAccount): Promise<void>;
  /** An account that is switched off answers OperationDenied at Live; STS still answers it. */
  modifyAccount(account: { accountID: string; enabled?: boolean; callsPerMinute?: number }): Promise<void>;
  /**
   * Spends calls of the account's quota, as another tool of the same account would. They are not counted as
   * calls.
   */
  spendQuota(spending: { accountID: string; calls: number }): Promise<void>;

  addKey(key: NewKey): Promise<void>;
  modifyKey(key: { accessKeyID: string; active?: boolean; expiresAt?: string }): Promise<void>;
  removeKey(key: { accessKeyID: string }): Promise<void>;

  /** Denies an action: to one account, to one key, or without either to every caller. */
  deny(denial: Denial): Promise<void>;
  /** Removes the denials that fit; without arguments, all of them. */
  allow(denial: Partial<Omit<Denial, 'code'>>): Promise<void>;
}

export interface NewAccount {
  accountID: string;
  /** Quota of the product Live. Default: 6,000, or what the simulator was started with. */
  callsPerMinute?: number;
}

export interface NewKey {
  accountID: string;
  accessKeyID: string;
  accessKeySecret: string;
  /** Makes it a temporary key, as STS gives them. */
  securityToken?: string;
  /** When the security token expires; default never. */
  expiresAt?: string;
  /**
   * The RAM user that has it; default `operator`. Empty: the account itself has it, which may assume no role.
   */
  userName?: string;
}

/** The codes with which the vendor refuses an action for lack of permission. */
export type DenialCode = 'NoPermission' | 'Forbidden.RAM' | 'Forbidden';

export interface Denial {
  /** `GetEdgeTranscodeJob` or `AssumeRole`, with or without the `live:` or `sts:` of the RAM action. */
  action: string;
  accountID?: string;
  accessKeyID?: string;
  /** What is answered, with 403; default NoPermission. */
  code?: DenialCode;
}
