/**
 * What the users of a run do, as a pure function of its seed: objects are created, changed, suspended,
 * deleted and recreated, and their jobs are started, stopped, renamed, removed and made again.
 */
import { Random } from '../schedule/random.ts';
import { CLUSTERS, TENANTS, type Tenant } from './tenants.ts';

export const ACTS = [
  'create',
  'delete',
  'recreate',
  'suspend',
  'resume',
  'change the interval',
  'change the expected state',
  'refresh',
  'start the job',
  'stop the job',
  'rename the job',
  'remove the job',
  'make the job again',
] as const;
export type Act = (typeof ACTS)[number];

/** A name that an object may have, with the job that it refers to. */
export interface Slot {
  readonly tenant: Tenant;
  readonly name: string;
  readonly clusterID: string;
  readonly jobID: string;
  readonly interval: string;
}

export interface PlannedAct {
  readonly at: number;
  readonly slot: Slot;
  readonly act: Act;
  /** A number that makes new names and values. */
  readonly choice: number;
}

export interface PopulationPlan {
  readonly slots: readonly Slot[];
  /** The slots that have an object at the begin; each has a job. */
  readonly first: readonly Slot[];
  readonly acts: readonly PlannedAct[];
}

export interface PopulationSettings {
  readonly seed: number;
  readonly lengthMs: number;
  readonly objects: number;
  readonly intervals: readonly string[];
  /** Shortest and longest pause between two acts. */
  readonly pauseMs: readonly [least: number, most: number];
}

/** The tenant without a Secret has half of the objects. */
const SHARES = [0, 0, 1, 2] as const;

export function populationPlan(settings: PopulationSettings): PopulationPlan {
  // Another sequence than that of the faults, so that a change of one does not change the other.
  const random = new Random(settings.seed ^ 0x5eed);
  const slots = Array.from({ length: Math.ceil(settings.objects * 1.25) }, (_, index) =>
    slotAt(random, index, settings.intervals),
  );
  const first = slots.slice(0, settings.objects);
  const states = new Map(
    slots.map((slot) => [slot, { isThere: first.includes(slot), suspended: false, hasJob: true }]),
  );
  const acts: PlannedAct[] = [];
  for (let at = 5_000; at < settings.lengthMs; at += random.between(...settings.pauseMs)) {
    const slot = random.pick(slots);
    const state = states.get(slot) as SlotState;
    const act = random.pick(ACTS.filter((each) => isPossible(each, state)));
    states.set(slot, after(act, state));
    acts.push({ at, slot, act, choice: random.between(0, 999_999) });
  }
  return { slots, first, acts };
}

interface SlotState {
  readonly isThere: boolean;
  readonly suspended: boolean;
  readonly hasJob: boolean;
}

function slotAt(random: Random, index: number, intervals: readonly string[]): Slot {
  const number = String(index).padStart(3, '0');
  return {
    tenant: TENANTS[SHARES[index % SHARES.length] ?? 0] as Tenant,
    name: `stream-${number}`,
    clusterID: random.pick(CLUSTERS),
    jobID: `c4a05${number.padStart(27, '0')}`,
    interval: random.pick(intervals),
  };
}

function isPossible(act: Act, { isThere, suspended, hasJob }: SlotState): boolean {
  switch (act) {
    case 'create':
      return !isThere;
    case 'suspend':
      return isThere && !suspended;
    case 'resume':
      return isThere && suspended;
    case 'make the job again':
      return !hasJob;
    case 'start the job':
    case 'stop the job':
    case 'rename the job':
    case 'remove the job':
      return hasJob;
    default:
      return isThere;
  }
}

function after(act: Act, state: SlotState): SlotState {
  switch (act) {
    case 'create':
    case 'recreate':
      return { ...state, isThere: true, suspended: false };
    case 'delete':
      return { ...state, isThere: false };
    case 'suspend':
    case 'resume':
      return { ...state, suspended: act === 'suspend' };
    case 'remove the job':
    case 'make the job again':
      return { ...state, hasJob: act === 'make the job again' };
    default:
      return state;
  }
}
