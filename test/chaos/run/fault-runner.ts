/** Begins and ends the faults of a schedule at their times, and says so, one line each. */
import { setTimeout as delay } from 'node:timers/promises';
import { FAULTS } from '../faults/all.ts';
import type { Disturbances } from '../observer/disturbances.ts';
import { kindOf } from '../schedule/kinds.ts';
import { type PlannedFault, sentenceOf } from '../schedule/schedule.ts';
import type { ChaosWorld } from '../world/chaos-world.ts';

export class FaultRunner {
  readonly #world: ChaosWorld;
  readonly #disturbances: Disturbances;
  readonly #print: (line: string) => void;
  readonly #begun: PlannedFault[] = [];
  /** The end of the last fault of each group. On a busy machine a fault takes longer than planned. */
  readonly #ends = new Map<string, Promise<void>>();

  constructor(world: ChaosWorld, disturbances: Disturbances, print: (line: string) => void) {
    this.#world = world;
    this.#disturbances = disturbances;
    this.#print = print;
  }

  /** The faults that began last, the newest first. */
  last(count: number): readonly PlannedFault[] {
    return this.#begun.slice(-count).reverse();
  }

  /** Resolves when all have ended. @throws when one cannot begin or end */
  async run(faults: readonly PlannedFault[], began: number, signal: AbortSignal): Promise<void> {
    const running: Promise<void>[] = [];
    for (const fault of faults) {
      await until(began + fault.at, signal);
      if (signal.aborted) break;
      const { group } = kindOf(fault.kind);
      const end = (this.#ends.get(group) ?? Promise.resolve()).then(() => this.#one(fault, signal));
      this.#ends.set(group, end);
      running.push(end);
    }
    await Promise.all(running);
  }

  async #one(planned: PlannedFault, signal: AbortSignal): Promise<void> {
    const fault = FAULTS[planned.kind](this.#world, planned);
    this.#begun.push(planned);
    this.#print(`fault ${sentenceOf(planned)}`);
    const ended = this.#disturbances.begin(planned.kind, fault.scope);
    try {
      await fault.begin();
      await delay(planned.lasts, undefined, { signal }).catch(() => undefined);
      await fault.end();
    } catch (cause) {
      throw new Error(`the fault "${planned.kind}" could not be made`, { cause });
    }
    ended();
  }
}

export async function until(time: number, signal: AbortSignal): Promise<void> {
  await delay(Math.max(0, time - Date.now()), undefined, { signal }).catch(() => undefined);
}
