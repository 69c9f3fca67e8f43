/**
 * The events that a change of a status must bring, written from the table in docs/reference.md.
 */
import type { StoredStatus } from '../../observer/moment.ts';

const WARNINGS = [
  'JobNotFound',
  'CredentialsNotFound',
  'AuthenticationFailed',
  'PermissionDenied',
  'OperationDenied',
  'ObservationOverdue',
];

/** The reasons of the events. @param before empty for a new object */
export function transitionsBetween(before: StoredStatus, after: StoredStatus): string[] {
  return [
    ...ofTheJob(before, after),
    ...ofReady(before, after),
    ...(after.lastHandledRequestedAt && after.lastHandledRequestedAt !== before.lastHandledRequestedAt
      ? ['RefreshHandled']
      : []),
    ...(statusOf(after, 'AsExpected') === 'False' && statusOf(before, 'AsExpected') !== 'False'
      ? ['StateDiffers']
      : []),
  ];
}

/** The state counts across an outage and a suspension: the job's code stays in the status meanwhile. */
function ofTheJob(before: StoredStatus, after: StoredStatus): string[] {
  if (after.state !== 'Running' && after.state !== 'NotStarted') return [];
  const wasThere =
    before.job !== undefined &&
    before.state !== 'NotFound' &&
    reasonOf(before, 'Ready') !== 'JobNotFound' &&
    before.observedTarget === after.observedTarget;
  if (!wasThere) return ['JobFound'];
  const was = before.job?.status === '1' ? 'Running' : 'NotStarted';
  if (was === after.state) return [];
  return [after.state === 'Running' ? 'JobStarted' : 'JobStopped'];
}

function ofReady(before: StoredStatus, after: StoredStatus): string[] {
  const [was, is] = [statusOf(before, 'Ready'), statusOf(after, 'Ready')];
  const reason = reasonOf(after, 'Ready') ?? '';
  if (was === 'False' && reason === 'ObservationSucceeded') return ['ObservationRecovered'];
  const isNew = was !== 'False' || reasonOf(before, 'Ready') !== reason;
  return is === 'False' && WARNINGS.includes(reason) && isNew ? [reason] : [];
}

function statusOf({ conditions }: StoredStatus, type: string): string | undefined {
  return conditions?.find((each) => each.type === type)?.status;
}

function reasonOf({ conditions }: StoredStatus, type: string): string | undefined {
  return conditions?.find((each) => each.type === type)?.reason;
}
