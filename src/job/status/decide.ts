/**
 * The status of an object, as a pure function of the object and the facts. Each condition is one small
 * function. Its lines, read in order, are its specification: the first line that applies decides.
 */
import { CONDITION_TYPES, conditionsFrom, type Finding, type Findings } from '../../api/conditions.ts';
import type { EdgeTranscodeJob, EdgeTranscodeJobStatus, State } from '../../api/edge-transcode-job.ts';
import { rfc3339 } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { printable } from '../../base/foreign-text.ts';
import { policyOf } from '../model/policies.ts';
import { effectiveInterval, requestedInterval, type ScheduleSettings } from '../schedule/poll-schedule.ts';
import { type Facts, isPending } from './facts.ts';
import * as say from './messages.ts';

/** @param time RFC 3339; the transition time of conditions whose status changes now */
export function decide(
  object: EdgeTranscodeJob,
  facts: Facts,
  settings: ScheduleSettings,
  time: string,
): EdgeTranscodeJobStatus {
  const state = stateOf(facts);
  const requested = requestedInterval(object.spec, settings);
  const effective = effectiveInterval(object.spec, settings);
  const running = runningFinding(facts, state);
  const findings: Findings = {
    Ready: readyFinding(facts),
    Fresh: freshFinding(facts),
    Running: running,
    AsExpected: asExpectedFinding(object, state, running),
    Stalled: stalledFinding(facts),
    Reconciling: reconcilingFinding(object, facts),
  };
  return {
    observedGeneration: object.generation,
    state,
    ...(facts.observed?.job && { job: facts.observed.job }),
    ...(facts.observed && { lastObservedTime: rfc3339(new Date(facts.observed.time * 1_000)) }),
    observedTarget: facts.endpoint ? `${facts.referenceHash}-${facts.endpoint}` : facts.referenceHash,
    ...(effective !== requested && { effectiveInterval: formatDuration(effective) }),
    ...(facts.servedRequest !== undefined && { lastHandledRequestedAt: facts.servedRequest }),
    conditions: conditionsFrom(object.status.conditions, printed(findings), object.generation, time),
  };
}

/** Cleans the messages: a failure can quote an answer, and the first facts come from a stored status. */
function printed(findings: Findings): Findings {
  const clean: { -readonly [Type in keyof Findings]: Findings[Type] } = {};
  for (const type of CONDITION_TYPES) {
    const finding = findings[type];
    if (!finding) continue;
    const message = printable(finding.message);
    clean[type] = message === finding.message ? finding : { ...finding, message };
  }
  return clean;
}

export function stateOf(facts: Facts): State {
  const { observed } = facts;
  if (!observed || observed.beforeSuspension || facts.suspended || facts.overdue !== undefined)
    return 'Unknown';
  if (!observed.found) return 'NotFound';
  return stateOfCode(observed.job?.status);
}

/** Translates the vendor's status code. Other codes may appear and are not an error. */
export function stateOfCode(code: string | undefined): State {
  if (code === '1') return 'Running';
  return code === '0' ? 'NotStarted' : 'Unknown';
}

function readyFinding(facts: Facts): Finding {
  const { definitiveFailure, transientFailure, observed, overdue } = facts;
  if (facts.suspended) return { status: 'True', reason: 'Suspended', message: say.SUSPENDED };
  if (definitiveFailure)
    return { status: 'False', reason: definitiveFailure.kind, message: definitiveFailure.message };
  if (observed && overdue !== undefined)
    return { status: 'False', reason: 'ObservationOverdue', message: overdue };
  if (observed && !observed.beforeSuspension)
    return { status: 'True', reason: 'ObservationSucceeded', message: say.OBSERVED };
  if (transientFailure)
    return { status: 'False', reason: transientFailure.kind, message: transientFailure.message };
  return { status: 'Unknown', reason: 'Progressing', message: say.WAITING };
}

function freshFinding(facts: Facts): Finding {
  if (facts.suspended) return { status: 'Unknown', reason: 'Suspended', message: say.SUSPENDED };
  if (!facts.observed) return { status: 'Unknown', reason: 'Progressing', message: say.NEVER_OBSERVED };
  if (facts.overdue !== undefined)
    return { status: 'False', reason: 'ObservationOverdue', message: facts.overdue };
  if (facts.observed.beforeSuspension)
    return { status: 'Unknown', reason: 'Progressing', message: say.NOT_SINCE_RESUMED };
  return { status: 'True', reason: 'ObservationSucceeded', message: say.FRESH };
}

function runningFinding(facts: Facts, state: State): Finding {
  switch (state) {
    case 'Running':
      return { status: 'True', reason: 'JobRunning', message: say.RUNNING };
    case 'NotStarted':
      return { status: 'False', reason: 'JobNotStarted', message: say.NOT_STARTED };
    case 'NotFound':
      return { status: 'False', reason: 'JobNotFound', message: say.NO_SUCH_JOB };
    case 'Unknown':
      return unknownFinding(facts);
  }
}

/** Says why the job's state is not known now. */
function unknownFinding(facts: Facts): Finding {
  const fresh = freshFinding(facts);
  if (fresh.status !== 'True') return { ...fresh, status: 'Unknown' };
  return {
    status: 'Unknown',
    reason: 'UnknownJobState',
    message: say.unknownCode(facts.observed?.job?.status),
  };
}

function asExpectedFinding(object: EdgeTranscodeJob, state: State, running: Finding): Finding | undefined {
  const expected = object.spec.expectedState;
  if (!expected) return undefined;
  if (state === 'Unknown') return { ...running, status: 'Unknown' };
  if (state === expected)
    return { status: 'True', reason: 'MatchesExpectedState', message: say.asExpected(expected) };
  return { status: 'False', reason: 'DiffersFromExpectedState', message: say.differs(expected, state) };
}

function stalledFinding({ definitiveFailure, suspended }: Facts): Finding | undefined {
  if (suspended || !definitiveFailure || !policyOf(definitiveFailure.kind).stalled) return undefined;
  return { status: 'True', reason: definitiveFailure.kind, message: definitiveFailure.message };
}

/**
 * Reconciling is written only with the failure that it names. As a start marker it would double the writes of
 * a cold start.
 */
function reconcilingFinding(object: EdgeTranscodeJob, facts: Facts): Finding | undefined {
  if (facts.suspended || !facts.transientFailure || !isPending(object, facts)) return undefined;
  return { status: 'True', reason: 'ProgressingWithRetry', message: say.retrying(facts.transientFailure) };
}
