/**
 * What a status must say, from the object and the job in the cloud alone: written from docs/reference.md, not
 * from the operator's code.
 */
import type { SeenJob, StoredCondition, StoredObject, StoredStatus } from '../../observer/moment.ts';

/** The vendor's fields that a status repeats as they are. Stream URLs are redacted. */
const REPEATED = ['jobID', 'name', 'type', 'status', 'templateID', 'templateName'];

/** What differs from the truth, one phrase each. */
export function differences(
  { metadata, spec, status = {} }: StoredObject,
  job: SeenJob | undefined,
): string[] {
  const wanted = spec.suspend ? suspended() : job ? observed(job, spec.expectedState) : notFound();
  const requested = metadata.annotations?.['edgetranscode.live/requested-at'];
  return [
    ...differs('observedGeneration', status.observedGeneration, metadata.generation),
    ...differs('state', status.state, wanted.state),
    ...Object.entries(wanted.conditions).flatMap(([type, text]) =>
      differs(type, conditionOf(status, type), text),
    ),
    ...Object.entries(wanted.job).flatMap(([name, value]) =>
      differs(`job.${name}`, status.job?.[name], value),
    ),
    ...(requested ? differs('lastHandledRequestedAt', status.lastHandledRequestedAt, requested) : []),
  ];
}

interface Wanted {
  readonly state: string;
  /** `status reason` by type. */
  readonly conditions: Readonly<Record<string, string>>;
  readonly job: Readonly<Record<string, string>>;
}

function suspended(): Wanted {
  const conditions = { Ready: 'True Suspended', Fresh: 'Unknown Suspended', Running: 'Unknown Suspended' };
  return { state: 'Unknown', conditions, job: {} };
}

function notFound(): Wanted {
  const conditions = {
    Ready: 'False JobNotFound',
    Fresh: 'True ObservationSucceeded',
    Running: 'False JobNotFound',
    Stalled: 'True JobNotFound',
  };
  return { state: 'NotFound', conditions, job: {} };
}

function observed({ fields }: SeenJob, expectedState: string | undefined): Wanted {
  const isRunning = fields.status === '1';
  const state = isRunning ? 'Running' : 'NotStarted';
  const asExpected = state === expectedState ? 'True MatchesExpectedState' : 'False DiffersFromExpectedState';
  return {
    state,
    conditions: {
      Ready: 'True ObservationSucceeded',
      Fresh: 'True ObservationSucceeded',
      Running: isRunning ? 'True JobRunning' : 'False JobNotStarted',
      AsExpected: expectedState === undefined ? 'absent' : asExpected,
      Stalled: 'absent',
      Reconciling: 'absent',
    },
    job: Object.fromEntries(REPEATED.map((name) => [name, fields[name] ?? ''])),
  };
}

function conditionOf({ conditions = [] }: StoredStatus, type: string): string {
  const found = conditions.find((each: StoredCondition) => each.type === type);
  return found ? `${found.status} ${found.reason}` : 'absent';
}

function differs(what: string, is: unknown, wanted: unknown): string[] {
  return is === wanted ? [] : [`${what} is ${String(is)} instead of ${String(wanted)}`];
}
