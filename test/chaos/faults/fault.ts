/** A fault of the world: what it disturbs, how it begins, and how it ends. */

import type { Scope } from '../observer/disturbances.ts';
import { OTHER_ACCOUNT, OWN_ACCOUNT } from '../population/tenants.ts';
import type { PlannedFault } from '../schedule/schedule.ts';
import type { ChaosWorld } from '../world/chaos-world.ts';

export interface Fault {
  readonly scope: Scope;
  begin(): Promise<void>;
  /** Resolves when the world is as it was: what was stopped runs again. */
  end(): Promise<void>;
}

export type MakeFault = (world: ChaosWorld, planned: PlannedFault) => Fault;

/** Nothing has to be put back. */
export async function nothing(): Promise<void> {
  return undefined;
}

/** One of these, as the schedule chose. */
export function chosen<T>({ choice }: PlannedFault, values: readonly T[]): T {
  return values[choice % values.length] as T;
}

/** Returns the account that a fault of the cloud meets; undefined: every account. */
export function chosenAccount(planned: PlannedFault): string | undefined {
  return chosen(planned, [undefined, OWN_ACCOUNT, OTHER_ACCOUNT]);
}

/** The scope of what hinders the operators or their way to the API server. */
export function ofOperators(recoveryMs: number): Scope {
  return { accounts: 'all', ofOperators: true, recoveryMs };
}
