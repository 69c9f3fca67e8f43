/**
 * The factor by which a namespace's intervals are longer so that its calls fit its share of an account's
 * budget. It follows a steady demand to a hundredth, and a growing or swinging one more roughly: each change
 * moves poll instants, and statuses show it.
 */
import type { CredentialReference } from '../model/cloud-port.ts';
import { credentialOf } from '../model/reference.ts';
import { levelOf } from './fair-share.ts';
import type { JobSettings, SettingsOf } from './settings.ts';

export interface IntervalScale {
  /** The factor is 1.01 to this power. */
  readonly steps: number;
  /** Clock `now` of the last change; undefined before the first. */
  readonly changedAt?: number;
  /** The most steps that the demand has needed since `peakSince`, clock `now`. */
  readonly peak?: number;
  readonly peakSince?: number;
}

const STEP = 1.01;

/**
 * The part of the calls that stretched intervals use. 99%: the rest is for refreshes, new objects and
 * retries, which no demand counts.
 */
const MOST_PLANNED = 0.99;

/**
 * Shortest time between two changes. 1 min: the vendor counts calls by the minute, and a change of demand
 * takes as long to show.
 */
const CHANGE_EVERY_MS = 60_000;

/**
 * How long a smaller demand must last until steps are given back, and until a larger one counts as new
 * instead of growing. 10 min: a demand that swings changes the factor about twice in that time.
 */
const SETTLED_AFTER_MS = 10 * 60_000;

/** Steps that a growing demand takes at once: 5%, so that a growth of 2% a minute takes them every 3 min. */
const GROWTH_STEPS = 5;

/** Steps by which a demand must shrink to be followed within a minute. 23: a factor of 1.26. */
const LARGE_CHANGE = 23;

/**
 * The part of the budget that demand must fit to be followed within a minute: without a margin small changes
 * of demand would make the factor flap.
 */
const FITS_WITH_ROOM = 0.9;

export const UNSCALED: IntervalScale = { steps: 0 };

export function factorOf({ steps }: IntervalScale): number {
  return STEP ** steps;
}

/** Calls per second that one namespace gets of an account. */
export interface Share {
  readonly calls: number;
  /** The same while 10% of the account's calls are left unused. */
  readonly callsWithRoom: number;
}

/**
 * Returns what a namespace gets of an account.
 *
 * @param demands calls per second that each namespace needs with unscaled intervals
 * @param capacity calls per second that the account may make
 */
export function shareOf(demands: ReadonlyMap<string, number>, capacity: number): Share {
  return {
    calls: levelOf(demands.values(), capacity),
    callsWithRoom: levelOf(demands.values(), capacity * FITS_WITH_ROOM),
  };
}

/** @param demand calls per second that the unscaled intervals of the namespace need */
export function nextScale(
  before: IntervalScale,
  demand: number,
  { calls, callsWithRoom }: Share,
  now: number,
): IntervalScale {
  const { steps, changedAt = Number.NEGATIVE_INFINITY, peakSince = now } = before;
  const needed = stepsFor(demand / calls);
  const peak = Math.max(before.peak ?? 0, needed);
  const watched = { ...before, peak, peakSince };
  if (now - changedAt < CHANGE_EVERY_MS) return watched;
  if (needed > steps) {
    const isGrowing = steps > 0 && now - changedAt < SETTLED_AFTER_MS;
    return { steps: isGrowing ? Math.max(needed, steps + GROWTH_STEPS) : needed, changedAt: now };
  }
  const relaxed = stepsFor(demand / callsWithRoom);
  if (relaxed < steps && (relaxed === 0 || relaxed <= steps - LARGE_CHANGE))
    return { steps: relaxed, changedAt: now };
  if (now - peakSince < SETTLED_AFTER_MS) return watched;
  // One step too many is kept: to give it back could be to take it again.
  return peak < steps - 1 ? { steps: peak, changedAt: now } : { steps, changedAt };
}

/** The fewest steps whose factor makes up for the load. */
function stepsFor(load: number): number {
  return load <= 1 ? 0 : Math.ceil(Math.log(load / MOST_PLANNED) / Math.log(STEP) - 1e-9);
}

/** Returns the larger of two scales; of equal ones, the one that changed last. */
export function largerScale(a: IntervalScale, b: IntervalScale): IntervalScale {
  if (a.steps !== b.steps) return a.steps > b.steps ? a : b;
  return (a.changedAt ?? Number.NEGATIVE_INFINITY) >= (b.changedAt ?? Number.NEGATIVE_INFINITY) ? a : b;
}

/** Returns the settings in force for an object: the intervals of its namespace may be longer. */
export function scaledBy(
  scaleOf: (credential: CredentialReference) => number,
  settings: JobSettings,
): SettingsOf {
  return (object) => {
    const intervalScale = scaleOf(credentialOf(object));
    return intervalScale === 1 ? settings : { ...settings, intervalScale };
  };
}
