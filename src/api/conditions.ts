/**
 * Conditions as `metav1.Condition` defines them, and the one way to change them.
 */
import type { Reason } from './reasons.ts';

export const CONDITION_TYPES = ['Ready', 'Fresh', 'Running', 'AsExpected', 'Stalled', 'Reconciling'] as const;
export type ConditionType = (typeof CONDITION_TYPES)[number];
export type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface Condition {
  readonly type: ConditionType;
  readonly status: ConditionStatus;
  readonly reason: Reason;
  readonly message: string;
  /** RFC 3339: when `status`, and nothing else of the condition, last changed. */
  readonly lastTransitionTime: string;
  readonly observedGeneration: number;
}

/** A condition before it is dated: what a decision says. */
export type Finding = Pick<Condition, 'status' | 'reason' | 'message'>;

/** A finding for each type that applies; a type left out (or undefined) is absent from the status. */
export type Findings = Readonly<Partial<Record<ConditionType, Finding | undefined>>>;

/**
 * Longest message, in characters. `metav1.Condition` allows 32,768 bytes; a person reads a line. 2,048: a
 * message with commands has a namespace three times and the name of a Secret five times, 1,800 at most.
 */
const LONGEST_MESSAGE = 2_048;

/**
 * Dates and stamps the findings, keeping the transition time of each condition whose status stays as it was.
 *
 * @param before the conditions as they are stored
 * @param generation the generation of the spec that was judged
 * @param time RFC 3339, the transition time of each condition whose status changes
 */
export function conditionsFrom(
  before: Iterable<Condition> | undefined,
  findings: Findings,
  generation: number,
  time: string,
): readonly Condition[] {
  const known = [...(before ?? [])];
  const conditions: Condition[] = [];
  for (const type of CONDITION_TYPES) {
    const finding = findings[type];
    if (!finding) continue;
    const stored = known.findLast((condition) => condition.type === type);
    const unchanged = stored?.status === finding.status;
    conditions.push({
      type,
      status: finding.status,
      reason: finding.reason,
      message: finding.message.slice(0, LONGEST_MESSAGE).toWellFormed(),
      lastTransitionTime: unchanged ? stored.lastTransitionTime : time,
      observedGeneration: generation,
    });
  }
  return conditions;
}

export function findCondition(
  conditions: Iterable<Condition> | undefined,
  type: ConditionType,
): Condition | undefined {
  for (const condition of conditions ?? []) if (condition.type === type) return condition;
  return undefined;
}
