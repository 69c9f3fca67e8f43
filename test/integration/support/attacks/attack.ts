/** An attack as data: what there is before it, what it does, and how it shows that it took place. */
import type { Operator } from '../../../world/operator.ts';
import type { World } from '../world.ts';
import type { Tenant } from './tenant.ts';

export interface Scenery {
  readonly world: World;
  /** The namespace of the attacker. */
  readonly tenant: Tenant;
  /** Ends what the attack has started, after the measurement. */
  readonly stack: AsyncDisposableStack;
}

export interface Running extends Scenery {
  readonly operator: Operator;
  /** Aborted at the end of the measurement. */
  readonly signal: AbortSignal;
}

export interface Attack {
  readonly name: string;
  /**
   * Creates what is there when the operator starts. The measurement then begins with the start of the
   * process; without it, when the operator is ready.
   */
  readonly before?: (scenery: Scenery) => Promise<void>;
  /** Time from the beginning until the attack has its full effect, which is when the victim is judged. */
  readonly settlesMs?: number;
  /**
   * Runs during the measurement.
   *
   * @returns how much took place, such as the number of calls to a hostile endpoint: read at the end
   */
  readonly during: (running: Running) => Promise<() => number | Promise<number>>;
  /** What `during` counts. */
  readonly counts: string;
  /** The least of it: an attack that does not take place would pass any test. */
  readonly atLeast: number;
}
