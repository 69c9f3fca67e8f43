/**
 * The events of a status that replaced another. Only transitions make events. They are found by comparing
 * with the stored status, so a restart repeats none.
 */
import { type Condition, findCondition } from '../../api/conditions.ts';
import type { HeldStatus, State } from '../../api/edge-transcode-job.ts';
import { EVENT_REASONS, type EventReason, type JobEvent } from '../model/kube-port.ts';
import { stateOfCode } from './decide.ts';

export function transitionEvents(before: HeldStatus, after: HeldStatus): JobEvent[] {
  return [
    ...foundOrMoved(before, after),
    ...readiness(before, after),
    ...refreshed(before, after),
    ...expectation(before, after),
  ];
}

function foundOrMoved(before: HeldStatus, after: HeldStatus): JobEvent[] {
  if (after.state !== 'Running' && after.state !== 'NotStarted') return [];
  const was = lastKnownState(before, after.observedTarget);
  if (was === undefined) return [normal('JobFound', `the job was found, ${after.state}`)];
  if (was === 'NotStarted' && after.state === 'Running') return [normal('JobStarted', 'the job was started')];
  if (was === 'Running' && after.state === 'NotStarted') return [normal('JobStopped', 'the job was stopped')];
  return [];
}

/**
 * Returns the state that was last observed of this target, even before an outage or a suspension; undefined
 * when no job was found.
 */
function lastKnownState(before: HeldStatus, target: string | undefined): State | undefined {
  const missing =
    before.state === 'NotFound' || findCondition(before.conditions, 'Ready')?.reason === 'JobNotFound';
  if (!before.job || missing || before.observedTarget !== target) return undefined;
  return stateOfCode(before.job.status);
}

function readiness(before: HeldStatus, after: HeldStatus): JobEvent[] {
  const was = findCondition(before.conditions, 'Ready');
  const is = findCondition(after.conditions, 'Ready');
  if (was?.status === 'False' && is?.reason === 'ObservationSucceeded')
    return [normal('ObservationRecovered', `observed again after ${was.reason}`)];
  const reason = EVENT_REASONS.find((known): known is EventReason => known === is?.reason);
  const isNew = was?.status !== 'False' || was.reason !== is?.reason;
  return is?.status === 'False' && reason && isNew ? [warning(reason, is.message)] : [];
}

function refreshed(before: HeldStatus, after: HeldStatus): JobEvent[] {
  const handled = after.lastHandledRequestedAt;
  if (handled === undefined || handled === before.lastHandledRequestedAt) return [];
  return [normal('RefreshHandled', 'the requested refresh was handled')];
}

function expectation(before: HeldStatus, after: HeldStatus): JobEvent[] {
  const isFalse = (condition: Condition | undefined) => condition?.status === 'False';
  const is = findCondition(after.conditions, 'AsExpected');
  if (!is || !isFalse(is) || isFalse(findCondition(before.conditions, 'AsExpected'))) return [];
  return [warning('StateDiffers', is.message)];
}

function normal(reason: EventReason, message: string): JobEvent {
  return { type: 'Normal', reason, message };
}

function warning(reason: EventReason, message: string): JobEvent {
  return { type: 'Warning', reason, message };
}
