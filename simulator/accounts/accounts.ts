/** The accounts of the simulated cloud, their keys, and the denied actions. */

import { isDenialCode } from '../http/api-error.ts';
import type { Denial, DenialCode, NewAccount, NewKey } from '../world/account-world.ts';
import { CloudWorldError } from '../world/cloud-world.ts';
import { millisecondsOf } from '../world/times.ts';
import type { Account, Key } from './account.ts';
import { DEFAULT_CALLS_PER_MINUTE, Quota } from './quota.ts';

export class Accounts {
  readonly #accounts = new Map<string, Account>();
  readonly #keys = new Map<string, Key>();
  readonly #defaultQuota: number;
  #denials: readonly Denial[] = [];

  /** @param defaultQuota calls a minute of an account that is created without one. */
  constructor(defaultQuota = DEFAULT_CALLS_PER_MINUTE) {
    this.#defaultQuota = defaultQuota;
  }

  create({ accountID, callsPerMinute = this.#defaultQuota }: NewAccount): Account {
    if (this.#accounts.has(accountID)) throw new CloudWorldError(`There is an account ${accountID} already.`);
    const account = { accountID, quota: new Quota(callsPerMinute), enabled: true };
    this.#accounts.set(accountID, account);
    return account;
  }

  account(accountID: string): Account {
    const account = this.#accounts.get(accountID);
    if (!account) throw new CloudWorldError(`There is no account ${accountID}.`);
    return account;
  }

  /** The account of this ID; without an ID, the first that was created. */
  named(accountID: string | undefined): Account {
    if (accountID !== undefined) return this.account(accountID);
    const [account] = this.#accounts.values();
    if (!account) throw new CloudWorldError('There is no account yet.');
    return account;
  }

  addKey({ accountID, accessKeyID, accessKeySecret, securityToken, expiresAt, userName }: NewKey): void {
    if (this.#keys.has(accessKeyID)) throw new CloudWorldError(`There is a key ${accessKeyID} already.`);
    this.add({
      account: this.account(accountID),
      identity: userName === '' ? { kind: 'account' } : { kind: 'user', userName: userName ?? 'operator' },
      accessKeyID,
      accessKeySecret,
      securityToken,
      expiresAt: millisecondsOf('expiresAt', expiresAt),
      active: true,
    });
  }

  add(key: Key): void {
    this.#keys.set(key.accessKeyID, key);
  }

  findKey(accessKeyID: string): Key | undefined {
    return this.#keys.get(accessKeyID);
  }

  key(accessKeyID: string): Key {
    const key = this.#keys.get(accessKeyID);
    if (!key) throw new CloudWorldError(`There is no key ${accessKeyID}.`);
    return key;
  }

  removeKey(accessKeyID: string): void {
    this.key(accessKeyID);
    this.#keys.delete(accessKeyID);
  }

  deny(denial: Denial): void {
    const { code = 'NoPermission' } = denial;
    if (!isDenialCode(code)) throw new CloudWorldError(`A permission is not denied with the code ${code}.`);
    this.#denials = [...this.#denials, { ...denial, code, action: actionOf(denial.action) }];
  }

  /** Removes every denial that has the given values. */
  allow({ action, accountID, accessKeyID }: Partial<Denial>): void {
    const wanted = { action: action && actionOf(action), accountID, accessKeyID };
    this.#denials = this.#denials.filter((denial) => !fits(wanted, denial));
  }

  /** The code that this key's call of `action` is denied with, if it is. */
  denial(key: Key, action: string): DenialCode | undefined {
    const call = { action, accountID: key.account.accountID, accessKeyID: key.accessKeyID };
    return this.#denials.find(({ code, ...denied }) => fits(denied, call))?.code;
  }

  clear(): void {
    this.#accounts.clear();
    this.#keys.clear();
    this.#denials = [];
  }
}

type Target = Partial<Pick<Denial, 'action' | 'accountID' | 'accessKeyID'>>;

/** Whether `other` has every value that `wanted` names. */
function fits(wanted: { [name in keyof Target]: string | undefined }, other: Target): boolean {
  const names = ['action', 'accountID', 'accessKeyID'] as const;
  return names.every((name) => wanted[name] === undefined || wanted[name] === other[name]);
}

/** RAM policies write `live:GetEdgeTranscodeJob` for the action GetEdgeTranscodeJob. */
export function actionOf(ramAction: string): string {
  return ramAction.replace(/^(live|sts):/, '');
}
