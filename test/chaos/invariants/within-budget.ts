/** No account gets more calls than its budget in any sliding 60 s. The simulator counts. */
import type { Moment } from '../observer/moment.ts';
import { Invariant } from './parts/invariant.ts';

export class WithinBudget extends Invariant {
  override readonly name = 'no account gets more calls than its budget in any 60 s';
  readonly #budget: number;

  constructor(callsPerMinute: number) {
    super();
    this.#budget = callsPerMinute;
  }

  check({ mostPerMinute }: Moment): void {
    for (const [account, most] of mostPerMinute)
      this.compare(
        most > this.#budget ? `account ${account} got ${most} calls in 60 s of ${this.#budget}` : undefined,
      );
  }
}
