/** Faults of keys, of the Secrets that hold them, of the right to read these, and of STS. */

import { OTHER_ACCOUNT, TENANTS, type Tenant } from '../population/tenants.ts';
import type { KindName } from '../schedule/kinds.ts';
import type { PlannedFault } from '../schedule/schedule.ts';
import { chosen, type MakeFault } from './fault.ts';

/** docs/reference.md: a changed Secret is known within 30 s, and a key in use is replaced until then. */
const KNOWN_MS = 30_000;

export const KEY_FAULTS = {
  'key revoked': ({ cloud, keyOf }, planned) => {
    const { accessKeyID } = keyOf(chosen(planned, TENANTS));
    return {
      scope: { accounts: 'all' },
      begin: () => cloud.modifyKey({ accessKeyID, active: false }),
      end: () => cloud.modifyKey({ accessKeyID, active: true }),
    };
  },
  /** Where the old key stays until the new one is known, nothing is disturbed. */
  'key rotated': (world, planned) => {
    const tenant = withSecret(planned);
    const old = world.keyOf(tenant).accessKeyID;
    return {
      scope: { accounts: planned.lasts > KNOWN_MS ? [] : [tenant.accountID] },
      begin: () => world.rotateKey(tenant),
      end: () => world.cloud.removeKey({ accessKeyID: old }),
    };
  },
  'Secret deleted': ({ cluster }, planned) => {
    const tenant = withSecret(planned);
    const data = cluster.secretOf(tenant);
    return {
      scope: { accounts: [tenant.accountID] },
      begin: () => cluster.setSecret(tenant, undefined),
      end: () => cluster.setSecret(tenant, data),
    };
  },
  'Role withdrawn': ({ cluster }, planned) => {
    const tenant = withSecret(planned);
    return {
      scope: { accounts: [tenant.accountID] },
      begin: () => cluster.setRole(tenant, false),
      end: () => cluster.setRole(tenant, true),
    };
  },
  'STS down': ({ cloud }) => ({
    scope: { accounts: [OTHER_ACCOUNT] },
    begin: () => cloud.refuseConnections({ service: 'sts' }),
    end: () => cloud.acceptConnections({ service: 'sts' }),
  }),
} as const satisfies Partial<Record<KindName, MakeFault>>;

function withSecret(planned: PlannedFault): Tenant {
  return chosen(
    planned,
    TENANTS.filter(({ secret }) => secret !== undefined),
  );
}
