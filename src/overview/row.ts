/**
 * An object as an overview shows it: the status page and `kubectl etj` share this.
 */
import { type Condition, type ConditionStatus, findCondition } from '../api/conditions.ts';
import type { EdgeTranscodeJob, ExpectedState, State } from '../api/edge-transcode-job.ts';
import { nameOf } from '../base/object-key.ts';

/** What is wrong with an object, the worst first: an object has the first that applies. */
export const PROBLEMS = ['NotAsExpected', 'NotReady', 'NotFresh', 'Pending', 'None', 'Suspended'] as const;
export type Problem = (typeof PROBLEMS)[number];

/** The problems that need a look. */
export const ALARMING: ReadonlySet<Problem> = new Set(['NotAsExpected', 'NotReady', 'NotFresh']);

export interface Row {
  readonly object: EdgeTranscodeJob;
  readonly namespace: string;
  readonly name: string;
  /** The name of the job in Alibaba Cloud Live; empty if it is not known. */
  readonly jobName: string;
  readonly state: State;
  /** RFC 3339: since when the job runs or does not. Undefined while that is not known. */
  readonly stateSince: string | undefined;
  /** Unix seconds of the last observation. Undefined: never. */
  readonly observedAt: number | undefined;
  readonly conditions: readonly Condition[];
  readonly expectedState: ExpectedState | undefined;
  /** Status of AsExpected, the column EXPECTED of kubectl. Undefined: no state is expected. */
  readonly asExpected: ConditionStatus | undefined;
  readonly problem: Problem;
  /** The condition that shows the problem; without a problem, Ready. Undefined before the first visit. */
  readonly condition: Condition | undefined;
}

/** @param observedAt Unix seconds of the last observation, where that is known better than by the status */
export function rowOf(object: EdgeTranscodeJob, observedAt: number | undefined): Row {
  const { status, spec } = object;
  // Read once: the store makes new condition objects at each reading.
  const conditions = [...(status.conditions ?? [])];
  const [ready, running] = [findCondition(conditions, 'Ready'), findCondition(conditions, 'Running')];
  const [expected, fresh] = [findCondition(conditions, 'AsExpected'), findCondition(conditions, 'Fresh')];
  const problem = problemOf(object, { ready, expected, fresh });
  const isKnown = running !== undefined && running.status !== 'Unknown';
  return {
    object,
    namespace: object.namespace,
    name: nameOf(object.key),
    jobName: status.job?.name ?? '',
    state: status.state ?? 'Unknown',
    stateSince: isKnown ? running.lastTransitionTime : undefined,
    observedAt: observedAt ?? secondsOf(status.lastObservedTime),
    conditions,
    expectedState: spec.expectedState,
    asExpected: expected?.status,
    problem,
    condition: problem === 'NotAsExpected' ? expected : problem === 'NotFresh' ? fresh : ready,
  };
}

type Judged = Readonly<Record<'ready' | 'expected' | 'fresh', Condition | undefined>>;

function problemOf({ spec }: EdgeTranscodeJob, { ready, expected, fresh }: Judged): Problem {
  if (spec.suspend) return 'Suspended';
  if (expected?.status === 'False') return 'NotAsExpected';
  // Ready is False as well then, and says no more.
  if (fresh?.status === 'False' && ready?.reason === 'ObservationOverdue') return 'NotFresh';
  if (ready?.status === 'False') return 'NotReady';
  return ready?.status === 'True' ? 'None' : 'Pending';
}

function secondsOf(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? undefined : ms / 1_000;
}
