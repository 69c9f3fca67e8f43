/**
 * What the planner sees of a cloud, and the plans that it receives. Each credential has an account of its own
 * unless the test says otherwise.
 */
import type { CloudPlan, CloudPlanning, Listing } from '../../../../src/job/model/cloud-port.ts';

export interface CloudToPlan extends CloudPlanning {
  mayUse(): boolean;
  /** Every plan that was applied, the newest last. */
  readonly plans: CloudPlan[];
}

export function aCloudToPlan(more: Partial<CloudPlanning> = {}): CloudToPlan {
  const plans: CloudPlan[] = [];
  const unknown: Listing = { refused: false };
  return {
    accountOf: (identity) => identity,
    capacity: 10,
    othersDemandOf: () => new Map(),
    listingOf: () => unknown,
    jobsPerPage: 100,
    apply: (plan) => void plans.push(plan),
    mayUse: () => true,
    plans,
    ...more,
  };
}
