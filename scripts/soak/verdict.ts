// Which measures of a soak must stay as they are, and whether they did. Pure.

import type { Sample } from './sample.ts';
import { type Flatness, isFlat, lowestOfEach, type Point, quantileOf, trendOf } from './trend.ts';

export interface Measure {
  readonly name: string;
  readonly unit: string;
  readonly read: (sample: Sample) => number;
  /** How the samples are judged. */
  readonly judge: (points: readonly Point[]) => Judged;
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
 * Time in which the lowest value of a heap is taken. Two minutes: with 10,000 objects the old generation is
 * collected about once a minute.
 */
const COLLECTED_SECONDS = 120;

/** Most lag of the event loop, and of a poll, s. Polls that a fault holds up are made within a minute. */
const MOST_LOOP_LAG = 1;
const MOST_POLL_LAG = 60;

export const MEASURES: readonly Measure[] = [
  flat('resident memory', 'MiB', ({ residentMiB }) => residentMiB, { share: 0.05, least: 5 }),
  {
    ...flat('heap after collections', 'MiB', ({ heapMiB }) => heapMiB, { share: 0.05, least: 3 }),
    judge: (points) => judgedFlat({ share: 0.05, least: 3 }, lowestOfEach(COLLECTED_SECONDS, points)),
  },
  flat('memory outside the heap', 'MiB', ({ externalMiB }) => externalMiB, { share: 0.05, least: 3 }),
  // As many as calls are under way at the moment of a sample.
  flat('sockets', '', ({ sockets }) => sockets, { share: 0.2, least: 5 }),
  flat('other open files', '', ({ otherFiles }) => otherFiles, { share: 0.05, least: 2 }),
  flat('timers and handles', '', ({ resources }) => resources, { share: 0.05, least: 5 }),
  bounded('lag of the event loop, 99 of 100', 's', ({ loopLag }) => loopLag, MOST_LOOP_LAG),
  bounded('lag of a poll, 99 of 100', 's', ({ pollLag }) => pollLag, MOST_POLL_LAG),
];

/** Judges the samples of one process in one role. */
export function verdictsOf(samples: readonly Sample[]): Verdict[] {
  return MEASURES.map(({ name, unit, read, judge }) => {
    const points = samples.map((sample) => ({ seconds: sample.seconds, value: read(sample) }));
    return { measure: name, unit, ...judge(points.filter(({ value }) => !Number.isNaN(value))) };
  });
}

/**
 * The samples that count at the end of a phase: of the role that the process has then, without its first
 * `warmUpSeconds`. A process that took over fills its caches first.
 */
export function settled(samples: readonly Sample[], from: number, warmUpSeconds: number): Sample[] {
  const leads = samples.at(-1)?.leads;
  const changed = samples.findLastIndex((sample) => sample.leads !== leads);
  const role = samples.slice(changed + 1);
  const begins = Math.max(from, role[0]?.seconds ?? from) + warmUpSeconds;
  return role.filter(({ seconds }) => seconds >= begins);
}

function flat(name: string, unit: string, read: Measure['read'], flatness: Flatness): Measure {
  return { name, unit, read, judge: (points) => judgedFlat(flatness, points) };
}

function judgedFlat(flatness: Flatness, points: readonly Point[]): Judged {
  const rule = `grows by at most ${flatness.share * 100} % or ${flatness.least}`;
  const trend = trendOf(points);
  if (!trend) return { level: Number.NaN, rule, holds: false };
  return { level: trend.level, slopePerHour: trend.slopePerHour, rule, holds: isFlat(trend, flatness) };
}

function bounded(name: string, unit: string, read: Measure['read'], most: number): Measure {
  const judge = (points: readonly Point[]): Judged => {
    const level = quantileOf(
      0.99,
      points.map(({ value }) => value),
    );
    // Without a value there was nothing that could lag, as on a standby.
    return { level, rule: `at most ${most}`, holds: Number.isNaN(level) || level <= most };
  };
  return { name, unit, read, judge };
}
