/** The verbs about roles, OIDC tokens and sessions. */
import { roleStateOf } from '../accounts/roles.ts';
import type { StsParts } from '../sts/sts-operations.ts';
import type { StsVerbs } from '../world/sts-world.ts';

export function stsVerbs({ accounts, roles, tokens, sessions }: StsParts, now: () => number): StsVerbs {
  return {
    async createRole(role) {
      return roleStateOf(roles.create(accounts.named(role.accountID), role));
    },
    async modifyRole({ roleARN, ...change }) {
      return roleStateOf(roles.modify(roleARN, change));
    },
    async removeRole({ roleARN }) {
      roles.remove(roleARN);
    },
    async roles() {
      return roles.list().map(roleStateOf);
    },
    async addOIDCToken(token) {
      tokens.add(token, now());
    },
    async modifyOIDCToken({ token, expiresAt }) {
      tokens.modify(token, expiresAt);
    },
    async removeOIDCToken({ token }) {
      tokens.remove(token);
    },
    async sessions({ roleARN } = {}) {
      return sessions.list(roleARN);
    },
    async expireSessions({ roleARN, accessKeyID } = {}) {
      return { count: sessions.expire(roleARN, accessKeyID, now()) };
    },
  };
}
