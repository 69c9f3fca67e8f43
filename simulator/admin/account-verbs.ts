/** The verbs about accounts, keys and permissions. */

import type { Accounts } from '../accounts/accounts.ts';
import type { AccountVerbs } from '../world/account-world.ts';
import { millisecondsOf } from '../world/times.ts';

export function accountVerbs(accounts: Accounts, now: () => number): AccountVerbs {
  return {
    async createAccount(account) {
      accounts.create(account);
    },
    async modifyAccount({ accountID, enabled, callsPerMinute }) {
      const account = accounts.account(accountID);
      account.enabled = enabled ?? account.enabled;
      account.quota.callsPerMinute = callsPerMinute ?? account.quota.callsPerMinute;
    },
    async spendQuota({ accountID, calls }) {
      accounts.account(accountID).quota.spend(calls, now());
    },
    async addKey(key) {
      accounts.addKey(key);
    },
    async modifyKey({ accessKeyID, active, expiresAt }) {
      const key = accounts.key(accessKeyID);
      key.expiresAt = millisecondsOf('expiresAt', expiresAt) ?? key.expiresAt;
      key.active = active ?? key.active;
    },
    async removeKey({ accessKeyID }) {
      accounts.removeKey(accessKeyID);
    },
    async deny(denial) {
      accounts.deny(denial);
    },
    async allow(denial) {
      accounts.allow(denial);
    },
  };
}
