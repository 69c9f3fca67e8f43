/**
 * By how much an account's intervals are stretched so that its calls fit its budget. One factor for all its objects, in steps of a
 * quarter, so that phases and statuses do not churn.
 */
import type { Clock } from '../../base/clock.ts';
import { identityOf, referenceOf } from '../model/reference.ts';
import type { JobSettings, SettingsOf } from './settings.ts';

export interface Stretch {
  /** The factor is 1.25 to this power. */
  readonly steps: number;
  /** Clock `now` of the last change; undefined before the first. */
  readonly changedAt?: number;
}

const STEP = 1.25;

/** No more than one change a minute: the time in which the vendor counts, and in which a change of demand shows whole. */
const CHANGE_EVERY_MS = 60_000;

/** Demand has to fit with this much to spare before a step is given back, or small changes would flap. */
const FITS_WITH_ROOM = 0.9;

/** Demand is a sum over all objects: at 100,000 it takes some 50 ms, and need not be newer than this. */
const LOOK_EVERY_MS = 10_000;

export const UNSTRETCHED: Stretch = { steps: 0 };

export function factorOf({ steps }: Stretch): number {
  return STEP ** steps;
}

/**
 * @param demand calls a second that the intervals ask for, unstretched
 * @param capacity calls a second that the account may make
 */
export function stretchFor(stretch: Stretch, demand: number, capacity: number, now: number): Stretch {
  const { steps, changedAt = Number.NEGATIVE_INFINITY } = stretch;
  if (now - changedAt < CHANGE_EVERY_MS) return stretch;
  const needed = stepsFor(demand / capacity);
  if (needed > steps) return { steps: needed, changedAt: now };
  const relaxed = stepsFor(demand / (capacity * FITS_WITH_ROOM));
  return relaxed < steps ? { steps: relaxed, changedAt: now } : stretch;
}

/** The fewest steps whose factor makes up for the load. */
function stepsFor(load: number): number {
  return load <= 1 ? 0 : Math.ceil(Math.log(load) / Math.log(STEP) - 1e-9);
}

/** What an account's objects ask for and what it may give, both in calls a second. */
export interface Pressure {
  readonly demand: number;
  readonly capacity: number;
}

export interface StretchesParts {
  /** By credential identity; those of one account have one and the same. */
  readonly pressures: () => ReadonlyMap<string, Pressure>;
  readonly clock: Clock;
}

/** The stretch of every account in use. */
export class Stretches {
  readonly #parts: StretchesParts;
  #stretches: ReadonlyMap<string, Stretch> = new Map();
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: StretchesParts) {
    this.#parts = parts;
  }

  /** The factor, at least 1, by which the intervals of a credential's objects are longer. */
  of(identity: string): number {
    this.#look();
    return factorOf(this.#stretches.get(identity) ?? UNSTRETCHED);
  }

  [Symbol.iterator](): Iterator<[identity: string, factor: number]> {
    this.#look();
    return [...this.#stretches]
      .map(([identity, stretch]): [string, number] => [identity, factorOf(stretch)])
      .values();
  }

  #look(): void {
    const now = this.#parts.clock.now();
    if (now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    const pressures = [...this.#parts.pressures()];
    const before = mostOf(pressures, this.#stretches);
    this.#stretches = new Map(
      pressures.map(([identity, pressure]) => [
        identity,
        stretchFor(before.get(pressure) ?? UNSTRETCHED, pressure.demand, pressure.capacity, now),
      ]),
    );
  }
}

/** Credentials that turn out to be of one account may be stretched differently: from then on, all as the one that is most. */
function mostOf(
  pressures: readonly (readonly [identity: string, Pressure])[],
  stretches: ReadonlyMap<string, Stretch>,
): Map<Pressure, Stretch> {
  const most = new Map<Pressure, Stretch>();
  for (const [identity, pressure] of pressures) {
    const stretch = stretches.get(identity);
    if (stretch && stretch.steps >= (most.get(pressure)?.steps ?? 0)) most.set(pressure, stretch);
  }
  return most;
}

/**
 * @param demand calls a second, by credential identity
 * @param accountOf equal for those that share an account
 * @param othersOf calls a second that are asked of an account elsewhere
 */
export function pressuresOf(
  demand: ReadonlyMap<string, number>,
  capacity: number,
  accountOf: (identity: string) => string = (identity) => identity,
  othersOf: (account: string) => number = () => 0,
): Map<string, Pressure> {
  const sums = new Map<string, number>();
  for (const [identity, calls] of demand) {
    const account = accountOf(identity);
    sums.set(account, (sums.get(account) ?? 0) + calls);
  }
  const pressures = new Map(
    [...sums].map(([account, sum]) => [account, { demand: sum + othersOf(account), capacity }]),
  );
  return new Map(
    [...demand.keys()].map((identity) => [identity, pressures.get(accountOf(identity)) as Pressure]),
  );
}

/** The settings as they hold for an object. */
export function stretchedBy(stretches: Stretches, settings: JobSettings): SettingsOf {
  return (object) => {
    const stretch = stretches.of(identityOf(referenceOf(object).credential));
    return stretch === 1 ? settings : { ...settings, stretch };
  };
}
