/** What is asked of each account, and what it gives: from the plan, and from the budgets in use. */
import { type Clock, wallTimeOf } from '../../base/clock.ts';
import type { AccountUse } from './page-source.ts';

/** The demand of the objects. Each map is by credential. */
export interface Demands {
  readonly demand: ReadonlyMap<string, number>;
  readonly loads: ReadonlyMap<string, number>;
  readonly scales: readonly { readonly identity: string; readonly factor: number }[];
}

export interface Budgets {
  accountOf(identity: string): string;
  callsPerSecond(identity: string): number;
  /** Clock `now`. */
  lastThrottledAt(identity: string): number | undefined;
  backlog(): Iterable<{ readonly identity: string; readonly waiting: number }>;
}

export function accountUses(
  { demand, loads, scales }: Demands,
  budgets: Budgets,
  clock: Pick<Clock, 'now' | 'date'>,
): AccountUse[] {
  const waiting = new Map<string, number>();
  for (const { identity, waiting: number } of budgets.backlog())
    waiting.set(identity, (waiting.get(identity) ?? 0) + number);
  const stretches = new Map<string, number>();
  for (const { identity, factor } of scales)
    stretches.set(identity, Math.max(factor, stretches.get(identity) ?? 1));
  const accounts = Map.groupBy(demand.keys(), (identity) => budgets.accountOf(identity));
  return Array.from(accounts.values(), (identities) => {
    const [first = ''] = identities;
    const throttledAt = budgets.lastThrottledAt(first);
    return {
      identities,
      budget: budgets.callsPerSecond(first),
      demand: sumOf(identities, demand),
      load: loads.get(first) ?? 0,
      stretch: identities.reduce((most, identity) => Math.max(most, stretches.get(identity) ?? 1), 1),
      waiting: sumOf(identities, waiting),
      throttledAt: throttledAt === undefined ? undefined : wallTimeOf(clock, throttledAt) / 1_000,
    };
  });
}

function sumOf(identities: readonly string[], numbers: ReadonlyMap<string, number>): number {
  return identities.reduce((sum, identity) => sum + (numbers.get(identity) ?? 0), 0);
}
