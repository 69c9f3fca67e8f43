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

/** The last `most` transitions of all objects, the newest first. */
export function latestTransitions(rows: Iterable<Row>, most: number): Transition[] {
  let latest: Transition[] = [];
  let oldest = '';
  for (const row of rows)
    for (const condition of row.conditions) {
      if (!SHOWN.has(condition.type) || condition.lastTransitionTime <= oldest) continue;
      latest.push({ row, condition });
      if (latest.length < 2 * most) continue;
      latest = latest.sort(newestFirst).slice(0, most);
      oldest = latest.at(-1)?.condition.lastTransitionTime ?? '';
    }
  return latest.sort(newestFirst).slice(0, most);
}

function newestFirst(a: Transition, b: Transition): number {
  const [one, other] = [a.condition.lastTransitionTime, b.condition.lastTransitionTime];
  return one < other ? 1 : one > other ? -1 : 0;
}
