/** What the faults of a run have disturbed so far, and disturb now. */
import type { Disturbance } from './moment.ts';

export type Scope = Pick<Disturbance, 'accounts'> &
  Partial<Pick<Disturbance, 'ofOperators' | 'losesWrites'>> & {
    /**
     * How long after its end the fault still counts, in milliseconds, where the docs promise no less; default
     * 0.
     */
    readonly recoveryMs?: number;
  };

export class Disturbances {
  #all: Disturbance[] = [];

  /** A fault begins. Call the result when it has ended. */
  begin(
    kind: string,
    { accounts, ofOperators = false, losesWrites = false, recoveryMs = 0 }: Scope,
  ): () => void {
    const open = {
      kind,
      accounts,
      ofOperators,
      losesWrites,
      from: Date.now(),
      until: Number.POSITIVE_INFINITY,
    };
    this.#all.push(open);
    return () => {
      this.#all = this.#all.map((each) =>
        each === open ? { ...open, until: Date.now() + recoveryMs } : each,
      );
    };
  }

  get all(): readonly Disturbance[] {
    return this.#all;
  }
}
