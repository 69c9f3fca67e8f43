// One part of a soak: a sample every 10 s, changes every minute, a table every 5 min, and faults if there are
// any.

import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, Stage } from './faults.ts';
import type { Sample } from './sample.ts';
import { settled, type Verdict, verdictsOf } from './verdict.ts';

export interface PhasePlan {
  readonly name: string;
  readonly minutes: number;
  /** Objects that change in a minute. */
  readonly changes: number;
  /** Comes at once, and not again: what lives then is measured to the end. */
  readonly first?: Fault;
  /** One every 5 min after that; over again after the last. */
  readonly faults: readonly Fault[];
  /** The part before this one. */
  readonly before: PhaseResult | undefined;
}

/** A process that was alive at the end. */
export interface Measured {
  readonly process: string;
  readonly leads: boolean;
  readonly samples: readonly Sample[];
  readonly verdicts: readonly Verdict[];
}

export interface PhaseResult {
  readonly name: string;
  readonly minutes: number;
  readonly processes: readonly Measured[];
  /** What must not happen: a replica that ended, and a fault or a change that could not be made. */
  readonly troubles: readonly string[];
}

export interface PhaseEvents {
  readonly fault: (name: string) => void;
  /** Changes of a minute were not all made because of a fault. */
  readonly skipped: (why: string) => void;
  /** Every 5 min, and at the end. */
  readonly table: (samples: readonly (readonly [process: string, Sample])[]) => void;
}

const CHANGES = 'changes';

const SAMPLE_SECONDS = 10;
const CHURN_SECONDS = 60;
const FAULT_SECONDS = 300;
const TABLE_SECONDS = 300;

/**
 * Caches are full by then, and also a standby has collected its whole heap once: with 3,000 objects that took
 * 13 min. A shorter part has half of its time.
 */
const WARM_UP_SECONDS = 900;

/** @param now seconds since the start of the run */
export async function runPhase(
  stage: Stage,
  { name, minutes, changes, first, faults, before }: PhasePlan,
  now: () => number,
  events: PhaseEvents,
): Promise<PhaseResult> {
  const from = now();
  const to = from + minutes * 60;
  const { replicas, population } = stage;
  const underWay: Promise<void>[] = [];
  const troubles: string[] = [];
  const begin = (what: string, work: Promise<void>) => {
    const failed = (error: unknown) => {
      const trouble = `${what}: ${error}`;
      // The API server may be frozen.
      if (what === CHANGES && faults.length > 0) events.skipped(trouble);
      else troubles.push(trouble);
    };
    underWay.push(work.catch(failed));
  };
  const turns = inTurn(first, faults);
  const faultsAt: number[] = [];
  const due = {
    churn: every(CHURN_SECONDS, from, () => begin(CHANGES, population.churn(changes))),
    fault: every(FAULT_SECONDS, from - FAULT_SECONDS, () => {
      const next = turns.next().value;
      // A fault that ends after the part would be measured as a leak.
      if (!next || now() > to - FAULT_SECONDS / 2) return;
      events.fault(next.name);
      faultsAt.push(now());
      begin(next.name, next.run(stage));
    }),
    table: every(TABLE_SECONDS, from, () => events.table(latest(stage))),
  };
  while (now() < to) {
    for (const each of Object.values(due)) each(now());
    await replicas.sample(now());
    const next = from + (Math.floor((now() - from) / SAMPLE_SECONDS) + 1) * SAMPLE_SECONDS;
    await delay(Math.max(0, next - now()) * 1_000);
  }
  await Promise.all(underWay);
  events.table(latest(stage));
  const warmUp = Math.min(WARM_UP_SECONDS, minutes * 30);
  const processes = replicas.samplers.map(({ operator, samples }) => {
    const leads = samples.at(-1)?.leads ?? false;
    const role = before?.processes.find((each) => each.leads === leads);
    return {
      process: operator.process.name,
      leads,
      samples: samples.filter(({ seconds }) => seconds >= from),
      verdicts: verdictsOf(settled(samples, from, warmUp), faultsAt, role?.verdicts),
    };
  });
  return { name, minutes, processes, troubles: [...troubles, ...replicas.ended] };
}

/** Ends at once where there is none. */
export function* inTurn(first: Fault | undefined, faults: readonly Fault[]): Generator<Fault, void> {
  if (first) yield first;
  while (faults.length > 0) yield* faults;
}

/** Acts when `seconds` have passed since `from`, and again each time. */
function every(seconds: number, from: number, act: () => void): (now: number) => void {
  let at = from + seconds;
  return (now) => {
    if (now < at) return;
    at += seconds;
    act();
  };
}

function latest({ replicas }: Stage): (readonly [string, Sample])[] {
  return replicas.samplers.flatMap(({ operator, samples }) => {
    const sample = samples.at(-1);
    return sample ? [[operator.process.name, sample] as const] : [];
  });
}
