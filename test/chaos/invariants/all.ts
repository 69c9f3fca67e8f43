/** All invariants of a run, and their table. */
import type { Moment } from '../observer/moment.ts';
import { FreshInTime } from './fresh-in-time.ts';
import { NoLeak } from './no-leak.ts';
import { NoSecret } from './no-secret.ts';
import { NoUnwantedEnd } from './no-unwanted-end.ts';
import { OneEvent } from './one-event.ts';
import { OneWriter } from './one-writer.ts';
import { OnlyNews } from './only-news.ts';
import type { Invariant } from './parts/invariant.ts';
import { Truthful } from './truthful.ts';
import { WithinBudget } from './within-budget.ts';

export interface InvariantSettings {
  readonly callsPerMinute: number;
  readonly findSecrets: (text: string) => readonly string[];
}

export class Invariants {
  readonly truthful = new Truthful();
  readonly noLeak = new NoLeak();
  readonly all: readonly Invariant[];

  constructor({ callsPerMinute, findSecrets }: InvariantSettings) {
    this.all = [
      this.truthful,
      new WithinBudget(callsPerMinute),
      new OneWriter(),
      new FreshInTime(),
      new OnlyNews(),
      new OneEvent(),
      this.noLeak,
      new NoUnwantedEnd(),
      new NoSecret(findSecrets),
    ];
  }

  /** Returns the violations that this moment showed, one sentence each. */
  check(moment: Moment): string[] {
    return this.all.flatMap((invariant) => {
      const known = invariant.violations.length;
      invariant.check(moment);
      return invariant.violations.slice(known).map((sentence) => `${invariant.name}: ${sentence}`);
    });
  }

  /** How often anything was violated. */
  get violated(): number {
    return this.all.reduce((sum, { violated }) => sum + violated, 0);
  }

  /** A line for each invariant, and the violations. */
  table(): string {
    const width = Math.max(...this.all.map(({ name }) => name.length));
    const rows = this.all.map(
      ({ name, checked, violated }) =>
        `${name.padEnd(width)}  checked ${String(checked).padStart(7)}  violated ${String(violated).padStart(4)}`,
    );
    const violations = this.all.flatMap(({ name, violations }) =>
      violations.map((sentence) => `VIOLATED: ${name}: ${sentence}`),
    );
    return [...rows, ...violations].join('\n');
  }
}
