/** The RAM roles of the simulated cloud: the callers that they trust, and their permissions. */

import { CloudWorldError } from '../world/cloud-world.ts';
import type { NewRole, RoleChange, RoleState } from '../world/sts-world.ts';
import type { Account, Key, Role } from './account.ts';
import { actionOf } from './accounts.ts';
import { principalID } from './identity.ts';

/** What the vendor lets a role be set to, in seconds. */
const LEAST_MAX_SESSION = 3_600;
const MOST_MAX_SESSION = 43_200;

const ROLE_NAME = /^[A-Za-z0-9.-]{1,64}$/;

export class Roles {
  readonly #roles = new Map<string, Role>();

  create(account: Account, { roleName, accountID: _, ...change }: NewRole): Role {
    if (!ROLE_NAME.test(roleName)) throw new CloudWorldError(`${roleName} is no name for a role.`);
    const roleARN = `acs:ram::${account.accountID}:role/${roleName}`;
    if (this.#roles.has(roleARN)) throw new CloudWorldError(`There is a role ${roleARN} already.`);
    check(change);
    const role = { account, roleName, roleARN, roleID: principalID(roleARN), ...defaults(account, change) };
    Object.assign(role, given(change));
    this.#roles.set(roleARN, role);
    return role;
  }

  find(roleARN: string): Role | undefined {
    return this.#roles.get(roleARN);
  }

  modify(roleARN: string, change: RoleChange): Role {
    check(change);
    return Object.assign(this.#role(roleARN), given(change));
  }

  /** Sessions keep the role, which then permits nothing. */
  remove(roleARN: string): void {
    Object.assign(this.#role(roleARN), { permissions: [] });
    this.#roles.delete(roleARN);
  }

  list(): readonly Role[] {
    return [...this.#roles.values()];
  }

  clear(): void {
    this.#roles.clear();
  }

  #role(roleARN: string): Role {
    const role = this.#roles.get(roleARN);
    if (!role) throw new CloudWorldError(`There is no role ${roleARN}.`);
    return role;
  }
}

/** Whether a caller with this key and this external ID may assume the role. */
export function trustsKey(role: Role, key: Key, externalID: string): boolean {
  const named =
    role.trustedAccounts.includes(key.account.accountID) || role.trustedKeys.includes(key.accessKeyID);
  return role.trusted && named && (role.externalID === '' || role.externalID === externalID);
}

export function trustsProvider(role: Role, providerARN: string): boolean {
  return role.trusted && role.trustedProviders.includes(providerARN);
}

/** @param action such as GetEdgeTranscodeJob, of the product `live`. */
export function permits(role: Role, action: string): boolean {
  return role.permissions.some((permission) =>
    ['*', 'live:*', action].includes(actionOfPermission(permission)),
  );
}

/** The state of a role as the verbs return it, without the external ID, which is a secret. */
export function roleStateOf({ account, roleID: _, externalID, ...role }: Role): RoleState {
  return { ...role, accountID: account.accountID, needsExternalID: externalID !== '' };
}

function actionOfPermission(permission: string): string {
  return permission === 'live:*' ? permission : actionOf(permission);
}

function defaults(
  { accountID }: Account,
  { trustedKeys, trustedProviders }: RoleChange,
): Required<RoleChange> {
  return {
    trusted: true,
    trustedAccounts: trustedKeys || trustedProviders ? [] : [accountID],
    trustedKeys: [],
    trustedProviders: [],
    externalID: '',
    permissions: ['*'],
    maxSessionSeconds: LEAST_MAX_SESSION,
    sessionSeconds: 0,
  };
}

function check({ maxSessionSeconds = LEAST_MAX_SESSION, sessionSeconds = 0 }: RoleChange): void {
  if (!isWhole(maxSessionSeconds, LEAST_MAX_SESSION, MOST_MAX_SESSION)) {
    throw new CloudWorldError(
      `maxSessionSeconds is a whole number from ${LEAST_MAX_SESSION} to ${MOST_MAX_SESSION}, not ${maxSessionSeconds}.`,
    );
  }
  if (!isWhole(sessionSeconds, 0, MOST_MAX_SESSION)) {
    throw new CloudWorldError(
      `sessionSeconds is a whole number from 0 to ${MOST_MAX_SESSION}, not ${sessionSeconds}.`,
    );
  }
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** Only what a change names, and nothing else that its object may carry. */
function given(change: RoleChange): RoleChange {
  const { trusted, trustedAccounts, trustedKeys, trustedProviders, externalID } = change;
  const { permissions, maxSessionSeconds, sessionSeconds } = change;
  const fields = {
    ...{ trusted, trustedAccounts, trustedKeys, trustedProviders, externalID },
    ...{ permissions, maxSessionSeconds, sessionSeconds },
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
