/**
 * The samples of the gauges by credential. Users choose the names of Secrets and how many there are, so these
 * series have a limit, too: with more credentials, all Secrets are shown as one, `other`.
 */
import { findCondition } from '../api/conditions.ts';
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import { REASONS } from '../api/reasons.ts';
import { credentialOf, identityOf, OWN_IDENTITY } from '../job/model/reference.ts';
import type { MetricsSources } from './metrics-sources.ts';
import type { Sample } from './sampled-gauge.ts';

type Sources = Pick<
  MetricsSources,
  'backlog' | 'demand' | 'budgetOf' | 'stretches' | 'loads' | 'lastThrottledAt' | 'jobs'
>;

type Values = readonly (readonly [name: string, value: number])[];

type Join = (a: number, b: number) => number;

/** Stands for what has no series of its own. */
export const OTHER = 'other';

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

  /** Demand of the account as a part of its budget. `other` has the greatest. */
  load(): Iterable<readonly Sample[]> {
    return this.#byIdentity([...this.#sources.loads()], Math.max, this.#sources.demand().keys());
  }

  /** When the account was last throttled, if ever. `other` has the latest. */
  lastThrottling(): Iterable<readonly Sample[]> {
    const identities = [...this.#sources.demand().keys()];
    const throttled = identities.flatMap((identity) => {
      const at = this.#sources.lastThrottledAt(identity);
      return at === undefined ? [] : [[identity, at] as const];
    });
    return this.#byIdentity(throttled, Math.max, identities);
  }

  /**
   * Objects that name the credential, by the reason of their Ready. Yields nothing for each object that it
   * counts, so that other work runs in between.
   */
  *jobs(): Iterable<readonly Sample[]> {
    const reasons = new Map<string, Map<string, number>>();
    const identities = new Set<string>();
    // A copy: objects come and go while they are counted.
    for (const job of [...this.#sources.jobs()]) {
      const identity = identityOf(credentialOf(job));
      const reason = reasonOf(job);
      const counts = reasons.get(reason) ?? new Map<string, number>();
      reasons.set(reason, counts.set(identity, (counts.get(identity) ?? 0) + 1));
      identities.add(identity);
      yield [];
    }
    const show = this.#shownAs([...identities]);
    for (const [reason, counts] of reasons) {
      const shown = Array.from(counts, ([identity, count]) => [show(identity), count] as const);
      for (const [identity, count] of joined(shown, sum)) yield [[{ identity, reason }, count]];
    }
  }

  /** Factors by which intervals are longer, the greatest of the namespaces. `other` has the greatest. */
  stretch(): Iterable<readonly Sample[]> {
    return this.#byIdentity([...this.#sources.stretches()], Math.max);
  }

  /** @param all the credentials that count for the limit. Default: those with a value */
  *#byIdentity(
    values: Values,
    join: Join,
    all: Iterable<string> = values.map(([identity]) => identity),
  ): Iterable<readonly Sample[]> {
    const show = this.#shownAs([...all]);
    const shown = values.map(([identity, value]) => [show(identity), value] as const);
    for (const [identity, value] of joined(shown, join)) yield [[{ identity }, value]];
  }

  #shownAs(identities: readonly string[]): (identity: string) => string {
    return shownAs(identities, this.#limit);
  }
}

/** Returns the name that the metrics show for a credential: its own, or above the limit `other`. */
export function shownAs(identities: readonly string[], limit: number): (identity: string) => string {
  if (new Set(identities).size <= limit) return (identity) => identity;
  // No user chooses the name of the operator's own credentials.
  return (identity) => (identity === OWN_IDENTITY ? OWN_IDENTITY : OTHER);
}

/** The reason of Ready; `none` before the first visit. Another client could store any reason. */
function reasonOf({ status }: EdgeTranscodeJob): string {
  const reason = findCondition(status.conditions, 'Ready')?.reason;
  if (reason === undefined) return 'none';
  return REASONS.includes(reason) ? reason : OTHER;
}

/** Returns one value for each name. */
export function joined(values: Values, join: Join): Map<string, number> {
  const byName = new Map<string, number>();
  for (const [name, value] of values) {
    const before = byName.get(name);
    byName.set(name, before === undefined ? value : join(before, value));
  }
  return byName;
}

export function sum(a: number, b: number): number {
  return a + b;
}
