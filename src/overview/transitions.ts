/** What changed last: read from the conditions, so that every replica knows it and no history is kept. */
import type { Condition, ConditionType } from '../api/conditions.ts';
import type { Row } from './row.ts';

export interface Transition {
  readonly row: Row;
  readonly condition: Condition;
}

/** Stalled and Reconciling follow from the others. */
const SHOWN: ReadonlySet<ConditionType> = new Set(['AsExpected', 'Ready', 'Fresh', 'Running']);

/** The transitions of one object, the newest first. */
export function transitionsOf(row: Row): Transition[] {
  const shown = row.conditions.filter(({ type }) => SHOWN.has(type));
  return shown.map((condition) => ({ row, condition })).sort(newestFirst);
}

/**
 * The last transitions of all objects. A status that is not the operator's may date a transition in the
 * future, where it would stay ahead of all others: it is left out.
 */
export class LatestTransitions {
  readonly #most: number;
  readonly #until: string;
  #latest: Transition[] = [];
  #oldest = '';

  /**
   * @param most transitions that are wanted
   * @param until RFC 3339 in UTC: later transitions are left out
   */
  constructor(most: number, until: string) {
    this.#most = most;
    this.#until = until;
  }

  add(row: Row): void {
    for (const condition of row.conditions) {
      const { type, lastTransitionTime: time } = condition;
      if (!SHOWN.has(type) || time <= this.#oldest || time > this.#until) continue;
      this.#latest.push({ row, condition });
      if (this.#latest.length === 2 * this.#most) this.#cut();
    }
  }

  /** The newest first. */
  get all(): readonly Transition[] {
    return this.#latest.toSorted(newestFirst).slice(0, this.#most);
  }

  #cut(): void {
    this.#latest = [...this.all];
    this.#oldest = this.#latest.at(-1)?.condition.lastTransitionTime ?? '';
  }
}

function newestFirst(a: Transition, b: Transition): number {
  const [one, other] = [a.condition.lastTransitionTime, b.condition.lastTransitionTime];
  return one < other ? 1 : one > other ? -1 : 0;
}
