/**
 * Plans how all objects are polled, every 10 s. Nothing else plans: between two ticks the plan stays the
 * same, however often it is read.
 */
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { Clock } from '../../base/clock.ts';
import type { CloudPlanning, CloudReader } from '../model/cloud-port.ts';
import { type DemandParts, demandOf } from './demand.ts';
import type { ObserveWith } from './list-cost.ts';
import { PollingPlan } from './polling-plan.ts';

export interface PlannerParts extends Pick<DemandParts, 'settings' | 'verdictOf'> {
  readonly cloud: CloudPlanning & Pick<CloudReader, 'mayUse'>;
  readonly jobs: { values(): Iterable<EdgeTranscodeJob> };
  /**
   * Whether all objects are listed. No plan is made of a part of them: it would change when the rest comes
   * in.
   */
  readonly isWhole: () => boolean;
  readonly observeWith: ObserveWith;
  readonly clock: Clock;
}

/** Adding up the demand of 100,000 objects takes about 50 ms, 0.5% of this. */
const PLAN_EVERY_MS = 10_000;

/** How soon the first plan follows the end of the first list. */
const AWAIT_LIST_MS = 100;

export class Planner {
  readonly #parts: PlannerParts;
  #plan: PollingPlan;

  constructor(parts: PlannerParts) {
    this.#parts = parts;
    this.#plan = PollingPlan.first(parts.observeWith);
    parts.cloud.apply(this.#plan);
  }

  /** The plan in force. */
  get plan(): PollingPlan {
    return this.#plan;
  }

  /** Plans at once if it can, then at every tick until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const hasPlanned = this.tick();
      const pause = hasPlanned ? PLAN_EVERY_MS : AWAIT_LIST_MS;
      await this.#parts.clock.sleep(pause, signal).catch(() => undefined);
    }
  }

  /** Returns false when the objects are not all listed yet; the plan then stays as it is. */
  tick(): boolean {
    const { cloud, jobs, isWhole, clock } = this.#parts;
    if (!isWhole()) return false;
    const mayUse: DemandParts['mayUse'] = (credential) => cloud.mayUse(credential);
    const demands = demandOf(jobs.values(), { ...this.#parts, mayUse });
    this.#plan = this.#plan.next(demands, cloud, clock.now());
    cloud.apply(this.#plan);
    return true;
  }
}
