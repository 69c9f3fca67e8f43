/**
 * A plan as the cloud receives it, without the planner that makes one: `aPlan('all')` lets every request
 * share a sweep.
 */
import type { CloudPlan, Sweeping } from '../../../../src/job/model/cloud-port.ts';

export function aPlan(sweeping: Sweeping, more: Partial<CloudPlan> = {}): CloudPlan {
  return {
    sweepingOf: () => sweeping,
    includes: () => true,
    names: () => false,
    namespaceDemands: [],
    ...more,
  };
}
