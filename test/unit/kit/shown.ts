/**
 * A status in short, for readable comparisons:
 * `{ state: 'Running', Ready: 'True ObservationSucceeded', … }`.
 */
import { type Condition, type ConditionType, findCondition } from '../../../src/api/conditions.ts';
import type { HeldStatus } from '../../../src/api/edge-transcode-job.ts';

export type Shown = Partial<Record<ConditionType | 'state', string>>;

export function shown(status: HeldStatus): Shown {
  const conditions = Array.from(status.conditions ?? [], ({ type, status: is, reason }) => [
    type,
    `${is} ${reason}`,
  ]);
  return { ...(status.state && { state: status.state }), ...Object.fromEntries(conditions) };
}

export function condition(status: HeldStatus, type: ConditionType): Partial<Condition> {
  return findCondition(status.conditions, type) ?? {};
}

/** The short form of a status that was observed just now, without any failure. */
export function healthy(state: 'Running' | 'NotStarted'): Shown {
  return {
    state,
    Ready: 'True ObservationSucceeded',
    Fresh: 'True ObservationSucceeded',
    Running: state === 'Running' ? 'True JobRunning' : 'False JobNotStarted',
  };
}
