/**
 * The factor by which a namespace's intervals are longer so that its calls fit its share of an account's
 * budget. It changes in steps of a quarter, so that poll instants and statuses do not churn.
 */
import type { CredentialReference } from '../model/cloud-port.ts';
import { credentialOf } from '../model/reference.ts';
import { levelOf } from './fair-share.ts';
import type { JobSettings, SettingsOf } from './settings.ts';

export interface IntervalScale {
  /** The factor is 1.25 to this power. */
  readonly steps: number;
  /** Clock `now` of the last change; undefined before the first. */
  readonly changedAt?: number;
}

const STEP = 1.25;

/**
 * Shortest time between two changes. 1 min: the vendor counts calls by the minute, and a change of demand
 * takes as long to show.
 */
const CHANGE_EVERY_MS = 60_000;

/**
 * A step is given back when demand fits 90% of the budget: without that margin small changes of demand would
 * make it flap.
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
  const { steps, changedAt = Number.NEGATIVE_INFINITY } = before;
  if (now - changedAt < CHANGE_EVERY_MS) return before;
  const needed = stepsFor(demand / calls);
  if (needed > steps) return { steps: needed, changedAt: now };
  const relaxed = stepsFor(demand / callsWithRoom);
  return relaxed < steps ? { steps: relaxed, changedAt: now } : before;
}

/** The fewest steps whose factor makes up for the load. */
function stepsFor(load: number): number {
  return load <= 1 ? 0 : Math.ceil(Math.log(load) / Math.log(STEP) - 1e-9);
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
