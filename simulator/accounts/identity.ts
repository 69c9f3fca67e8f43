/** The identity behind a key, as GetCallerIdentity answers it. */

import { createHash } from 'node:crypto';
import type { Key } from './account.ts';

/** The response without its RequestId. */
export function callerIdentity({ account, identity }: Key): Record<string, string> {
  const { accountID } = account;
  switch (identity.kind) {
    case 'account': {
      const arn = `acs:ram::${accountID}:root`;
      return { IdentityType: 'Account', ...user(accountID, accountID, arn) };
    }
    case 'user': {
      const arn = `acs:ram::${accountID}:user/${identity.userName}`;
      return { IdentityType: 'RAMUser', ...user(accountID, principalID(arn), arn) };
    }
    case 'role': {
      const { role, roleSessionName } = identity;
      return {
        IdentityType: 'AssumedRoleUser',
        AccountId: accountID,
        Arn: `acs:ram::${accountID}:assumed-role/${role.roleName}/${roleSessionName}`,
        PrincipalId: `${role.roleID}:${roleSessionName}`,
        RoleId: role.roleID,
      };
    }
  }
}

/** Eighteen digits, as the vendor numbers users and roles; the same for the same ARN. */
export function principalID(arn: string): string {
  const hash = createHash('sha256').update(arn).digest('hex');
  return `2${BigInt(`0x${hash.slice(0, 14)}`)}`.padEnd(18, '0');
}

function user(accountID: string, userID: string, arn: string): Record<string, string> {
  return { AccountId: accountID, Arn: arn, PrincipalId: userID, UserId: userID };
}
