/** What is asked of each account, and what it gives: from the plan, and from the budgets in use. */
import { type Clock, wallTimeOf } from '../../base/clock.ts';
import type { NamespaceDemand } from '../../job/model/cloud-port.ts';
import { namespaceOfIdentity, OWN_IDENTITY } from '../../job/model/reference.ts';
import type { AccountUse } from './page-source.ts';

/** The plan, as far as the accounts are concerned. */
export interface Demands {
  /** Calls a second by credential. One that the cloud refuses demands nothing. */
  readonly demandByIdentity: ReadonlyMap<string, number>;
  /** The same by namespace, without those that demand nothing. */
  readonly namespaceDemands: readonly NamespaceDemand[];
  /** The demand of all processes as a part of the account's budget, by credential. */
  readonly loads: ReadonlyMap<string, number>;
  readonly scales: readonly {
    readonly identity: string;
    readonly namespace: string;
    readonly factor: number;
  }[];
}

export interface Budgets {
  accountOf(identity: string): string;
  callsPerSecond(identity: string): number;
  /** Clock `now`. */
  lastThrottledAt(identity: string): number | undefined;
  backlog(): Iterable<{ readonly identity: string; readonly waiting: number }>;
}

/**
 * @param shown the namespaces whose demand may be shown. Undefined: all. Otherwise the load is theirs, and
 *   waiting calls are not counted where those of other namespaces may be among them
 */
export function accountUses(
  { demandByIdentity: all, namespaceDemands, loads, scales }: Demands,
  budgets: Budgets,
  clock: Pick<Clock, 'now' | 'date'>,
  shown?: ReadonlySet<string>,
): AccountUse[] {
  const isShown = ({ namespace }: { readonly namespace: string }) => !shown || shown.has(namespace);
  const waiting = sums(Array.from(budgets.backlog(), (each) => [each.identity, each.waiting]));
  const demand = sums(namespaceDemands.filter(isShown).map(({ identity, calls }) => [identity, calls]));
  const factors = Map.groupBy(scales.filter(isShown), ({ identity }) => identity);
  const used = [...all.keys()].filter((identity) => !shown || mayBeUsedBy(shown, identity));
  const accounts = Map.groupBy(used, (identity) => budgets.accountOf(identity));
  return Array.from(accounts.values(), (identities) => {
    const [first = ''] = identities;
    const throttledAt = budgets.lastThrottledAt(first);
    const budget = budgets.callsPerSecond(first);
    const needed = sumOf(identities, demand);
    const stretches = identities.flatMap((each) => factors.get(each) ?? []).map(({ factor }) => factor);
    const knowsWaiting = !shown || !identities.includes(OWN_IDENTITY);
    return {
      identities,
      budget,
      demand: needed,
      load: shown ? needed / budget : (loads.get(first) ?? 0),
      stretch: Math.max(1, ...stretches),
      waiting: knowsWaiting ? sumOf(identities, waiting) : undefined,
      throttledAt: throttledAt === undefined ? undefined : wallTimeOf(clock, throttledAt) / 1_000,
    };
  });
}

/** Objects of all namespaces may use the operator's own credentials. Any other is of one namespace. */
function mayBeUsedBy(namespaces: ReadonlySet<string>, identity: string): boolean {
  return identity === OWN_IDENTITY || namespaces.has(namespaceOfIdentity(identity));
}

function sums(parts: readonly (readonly [identity: string, number: number])[]): Map<string, number> {
  const all = new Map<string, number>();
  for (const [identity, number] of parts) all.set(identity, (all.get(identity) ?? 0) + number);
  return all;
}

function sumOf(identities: readonly string[], numbers: ReadonlyMap<string, number>): number {
  return identities.reduce((sum, identity) => sum + (numbers.get(identity) ?? 0), 0);
}
