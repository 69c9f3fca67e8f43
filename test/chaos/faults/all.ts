/** What each kind of fault does. */
import type { KindName } from '../schedule/kinds.ts';
import { CLOUD_FAULTS } from './cloud.ts';
import { type MakeFault, nothing } from './fault.ts';
import { KEY_FAULTS } from './keys.ts';
import { KUBERNETES_FAULTS } from './kubernetes.ts';
import { OPERATOR_FAULTS } from './operators.ts';
import { REDIS_FAULTS } from './redis.ts';

export const FAULTS: Readonly<Record<KindName, MakeFault>> = {
  ...KUBERNETES_FAULTS,
  ...CLOUD_FAULTS,
  ...KEY_FAULTS,
  ...REDIS_FAULTS,
  ...OPERATOR_FAULTS,
  'all refreshed': ({ population }) => ({
    // Each object counts as changed, so its status has time again.
    scope: { accounts: [] },
    begin: () => population.refreshAll(),
    end: nothing,
  }),
};
