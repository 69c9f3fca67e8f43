/**
 * The samples of the gauges by credential. Users choose the names of Secrets and how many there are, so these
 * series have a limit, too: with more credentials, all Secrets are shown as one, `other`.
 */
import { identityOf } from '../job/model/reference.ts';
import type { MetricsSources } from './metrics-sources.ts';
import type { Sample } from './sampled-gauge.ts';

type Sources = Pick<MetricsSources, 'backlog' | 'demand' | 'budgetOf' | 'stretches'>;

type Values = readonly (readonly [name: string, value: number])[];

type Join = (a: number, b: number) => number;

const OTHER = 'other';

/** The operator's own credentials. No user chooses their name. */
const OWN = identityOf({ namespace: '' });

export class CredentialSeries {
  readonly #sources: Sources;
  readonly #limit: number;

  /** @param limit most credentials that have series of their own */
  constructor(sources: Sources, limit: number) {
    this.#sources = sources;
    this.#limit = limit;
  }

  /** Calls that wait, by credential and priority; those of `other` are added up. */
  *backlog(): Iterable<readonly Sample[]> {
    const entries = [...this.#sources.backlog()];
    const show = this.#shownAs(entries.map(({ identity }) => identity));
    for (const [priority, same] of Map.groupBy(entries, (entry) => entry.priority)) {
      const waiting = same.map((entry) => [show(entry.identity), entry.waiting] as const);
      for (const [identity, value] of joined(waiting, sum)) yield [[{ identity, priority }, value]];
    }
  }

  /** Calls a second that intervals require; those of `other` are added up. */
  demand(): Iterable<readonly Sample[]> {
    return this.#byIdentity([...this.#sources.demand()], sum);
  }

  /**
   * Calls a second that are allowed. `other` has the smallest: credentials of one account share a budget,
   * which a sum would count for each of them.
   */
  budget(): Iterable<readonly Sample[]> {
    const sources = this.#sources;
    const identities = [...sources.demand().keys()];
    return this.#byIdentity(
      identities.map((identity) => [identity, sources.budgetOf(identity)]),
      Math.min,
    );
  }

  /** Factors by which intervals are longer, the greatest of the namespaces. `other` has the greatest. */
  stretch(): Iterable<readonly Sample[]> {
    return this.#byIdentity([...this.#sources.stretches()], Math.max);
  }

  *#byIdentity(values: Values, join: Join): Iterable<readonly Sample[]> {
    const show = this.#shownAs(values.map(([identity]) => identity));
    const shown = values.map(([identity, value]) => [show(identity), value] as const);
    for (const [identity, value] of joined(shown, join)) yield [[{ identity }, value]];
  }

  #shownAs(identities: readonly string[]): (identity: string) => string {
    if (new Set(identities).size <= this.#limit) return (identity) => identity;
    return (identity) => (identity === OWN ? OWN : OTHER);
  }
}

/** Returns one value for each name. */
function joined(values: Values, join: Join): Map<string, number> {
  const byName = new Map<string, number>();
  for (const [name, value] of values) {
    const before = byName.get(name);
    byName.set(name, before === undefined ? value : join(before, value));
  }
  return byName;
}

function sum(a: number, b: number): number {
  return a + b;
}
