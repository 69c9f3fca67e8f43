/**
 * The faults of a run, as a pure function of its seed and its length: storms, in which up to three faults are
 * under way, and calms between them, long enough that every status must be right at their end.
 */
import { KIND_NAMES, type Kind, type KindName, kindOf } from './kinds.ts';
import { Random } from './random.ts';

export interface PlannedFault {
  readonly kind: KindName;
  /** Its start, in milliseconds from the start of the run. */
  readonly at: number;
  /** Milliseconds. */
  readonly lasts: number;
  /** A number from 0 to 2^32 - 1 by which the fault chooses what it hits: an account, a process, a code. */
  readonly choice: number;
}

/** Statuses need up to two of the longest intervals, 20 s, and 60 s. */
const CALM_MS = 110_000;
const STORM_MS = 130_000;
/** The first objects need a moment. */
const FIRST_AT_MS = 15_000;
/** Time from the start of a fault to that of the next. */
const PAUSE_MS = [2_000, 12_000] as const;
const MOST_AT_ONCE = 3;

/** The faults of a run in the order in which they start. All have ended `CALM_MS` before the run ends. */
export function scheduleOf(seed: number, minutes: number): PlannedFault[] {
  const random = new Random(seed);
  const faults: PlannedFault[] = [];
  const lastEnd = minutes * 60_000 - CALM_MS;
  for (let begin = FIRST_AT_MS; begin < lastEnd; begin += STORM_MS + CALM_MS)
    faults.push(...storm(random, begin, Math.min(begin + STORM_MS, lastEnd)));
  return faults;
}

function storm(random: Random, begin: number, end: number): PlannedFault[] {
  const faults: PlannedFault[] = [];
  for (let at = begin; at < end; at += random.between(...PAUSE_MS)) {
    const underWay = faults.filter((each) => each.at + each.lasts > at);
    const fault = faultAt(random, at, underWay);
    if (fault.at + fault.lasts <= end && underWay.length < MOST_AT_ONCE) faults.push(fault);
  }
  return faults;
}

function faultAt(random: Random, at: number, underWay: readonly PlannedFault[]): PlannedFault {
  const taken = new Set(underWay.map(({ kind }) => kindOf(kind).group));
  const free = KIND_NAMES.filter((name) => !taken.has(kindOf(name).group));
  const kind = random.pick(free.flatMap((name) => Array<KindName>(weightOf(kindOf(name))).fill(name)));
  const lasts = random.between(...kindOf(kind).lasts) * 1_000;
  return { kind, at, lasts, choice: random.between(0, 2 ** 32 - 1) };
}

function weightOf({ weight = 2 }: Kind): number {
  return weight;
}

/** One line about a fault. */
export function sentenceOf({ kind, at, lasts, choice }: PlannedFault): string {
  return `${(at / 1_000).toFixed(1)} s: ${kind} for ${lasts / 1_000} s (choice ${choice})`;
}
