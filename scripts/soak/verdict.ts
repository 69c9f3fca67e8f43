// Which measures of a soak must stay as they are, and whether they did. Pure.

import type { Sample } from './sample.ts';
import { type Flatness, isFlat, lowestOfEach, type Point, quantileOf, trendOf } from './trend.ts';

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly read: (sample: Sample) => number;
  /** Whether samples during a fault count. */
  readonly countsFaults: boolean;
  /**
   * How the samples are judged.
   *
   * @param before level of the process that had the role in the part before, if one had
   */
  readonly judge: (points: readonly Point[], before: number | undefined, leads: boolean) => Judged;
}

/** What is printed of a measure. */
export interface Judged {
  readonly level: number;
  /** Undefined where only a bound counts. */
  readonly slopePerHour?: number;
  /** The rule in words. */
  readonly rule: string;
  readonly holds: boolean;
}

export interface Verdict extends Judged {
  readonly measure: string;
  readonly unit: string;
}

/**
 * Time in which the lowest value counts. Two minutes: a heap is collected and a moment without calls is found
 * meanwhile.
 */
const LOWEST_SECONDS = 120;

/** Most lag of the event loop, and of a poll, s. Polls that a fault holds up are made within a minute. */
const MOST_LOOP_LAG = 1;
const MOST_POLL_LAG = 60;

export const MEASURES: readonly Measure[] = [
  peaked('resident memory', 'MiB', ({ residentMiB }) => residentMiB, { share: 0.05, least: 5 }),
  lowestFlat('heap after collections', 'MiB', ({ heapMiB }) => heapMiB, { share: 0.05, least: 3 }),
  flat('memory outside the heap', 'MiB', ({ externalMiB }) => externalMiB, { share: 0.05, least: 3 }),
  // Each call under way at the moment of a sample has a socket and timers.
  lowestFlat('sockets between calls', '', ({ sockets }) => sockets, { share: 0.05, least: 5 }),
  flat('other open files', '', ({ otherFiles }) => otherFiles, { share: 0.05, least: 2 }),
  lowestFlat('timers and handles between calls', '', ({ resources }) => resources, { share: 0.05, least: 5 }),
  bounded('lag of the event loop, 99 of 100', 's', ({ loopLag }) => loopLag, MOST_LOOP_LAG),
  bounded('lag of a poll, 99 of 100', 's', ({ pollLag }) => pollLag, MOST_POLL_LAG),
];

/**
 * Time from the start of a fault in which what a process holds says nothing of leaks: a fault lasts 60 s at
 * most, and connections and waiting polls are back soon after it.
 */
const DISTURBED_SECONDS = 150;

/**
 * Judges the samples of one process in one role.
 *
 * @param faultsAt `seconds` at which faults began
 * @param before what was said in the part before of the process that had the role then
 */
export function verdictsOf(
  samples: readonly Sample[],
  faultsAt: readonly number[],
  before: readonly Verdict[] = [],
): Verdict[] {
  const undisturbed = samples.filter(
    ({ seconds }) => !faultsAt.some((at) => seconds >= at && seconds < at + DISTURBED_SECONDS),
  );
  const leads = samples.at(-1)?.leads ?? false;
  return MEASURES.map(({ name, unit, read, countsFaults, judge }) => {
    const points = (countsFaults ? samples : undisturbed).map((sample) => ({
      seconds: sample.seconds,
      value: read(sample),
    }));
    const level = before.find(({ measure }) => measure === name)?.level;
    const known = points.filter(({ value }) => !Number.isNaN(value));
    return { measure: name, unit, ...judge(known, level, leads) };
  });
}

/**
 * The samples that count at the end of a phase: those in the role that the process has then, without the
 * first `warmUpSeconds` of it. A process that took over fills its caches first. One that stood by for a
 * moment, as while the API server was frozen, does not.
 */
export function settled(samples: readonly Sample[], from: number, warmUpSeconds: number): Sample[] {
  const leads = samples.at(-1)?.leads;
  const role = samples.filter((sample) => sample.seconds >= from && sample.leads === leads);
  const begins = (role[0]?.seconds ?? from) + warmUpSeconds;
  return role.filter(({ seconds }) => seconds >= begins);
}

function flat(name: string, unit: string, read: Measure['read'], flatness: Flatness): Measure {
  return { name, unit, read, countsFaults: false, judge: (points) => judgedFlat(flatness, points) };
}

/**
 * Judges as `flat` does, and admits growth to what the process had that was in the role before. V8 keeps the
 * pages of the highest peak. A leader that has taken over has not had the peak of a start, and grows to that
 * in steps.
 */
function peaked(name: string, unit: string, read: Measure['read'], flatness: Flatness): Measure {
  const judge: Measure['judge'] = (points, before = Number.NaN) => {
    const judged = judgedFlat(flatness, points);
    const rule = `${judged.rule}, or to the level of the part before`;
    const highest = Math.max(...points.map(({ value }) => value));
    return { ...judged, rule, holds: judged.holds || highest <= before * (1 + flatness.share) };
  };
  return { name, unit, read, countsFaults: false, judge };
}

function lowestFlat(name: string, unit: string, read: Measure['read'], flatness: Flatness): Measure {
  const judge: Measure['judge'] = (points) => judgedFlat(flatness, lowestOfEach(LOWEST_SECONDS, points));
  return { name, unit, read, countsFaults: false, judge };
}

function judgedFlat(flatness: Flatness, points: readonly Point[]): Judged {
  const rule = `grows by at most ${flatness.share * 100} % or ${flatness.least}`;
  const trend = trendOf(points);
  if (!trend) return { level: Number.NaN, rule, holds: false };
  return { level: trend.level, slopePerHour: trend.slopePerHour, rule, holds: isFlat(trend, flatness) };
}

function bounded(name: string, unit: string, read: Measure['read'], most: number): Measure {
  const judge: Measure['judge'] = (points, _before, leads) => {
    const level = quantileOf(
      0.99,
      points.map(({ value }) => value),
    );
    // A standby makes no polls that could lag. On a leader a value that is missing hides the lag.
    return { level, rule: `at most ${most}`, holds: Number.isNaN(level) ? !leads : level <= most };
  };
  return { name, unit, read, countsFaults: true, judge };
}
