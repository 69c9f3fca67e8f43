// No order of arrivals, withdrawals, throttlings, stalls and restarts exceeds the budget or leaves it unused.

import { expect } from 'chai';
import fc from 'fast-check';
import { Budget } from '../../../../src/cloud/budget/budget.ts';
import { PRIORITIES, type Priority } from '../../../../src/job/model/cloud-port.ts';
import { pacing } from '../../../../src/ratelimit/call-rate.ts';
import { aCaller, addCaller, type Caller } from '../../kit/callers.ts';
import { sequence } from '../../kit/for-any.ts';
import { mostInAMinute } from '../../kit/most-in-a-minute.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

type Step =
  | { readonly do: 'arrive'; readonly priority: Priority; readonly many: number }
  | { readonly do: 'withdraw'; readonly many: number }
  | { readonly do: 'throttled'; readonly retryAfterMs: number | undefined }
  | { readonly do: 'restart' }
  /** Nothing runs for this long, up to the second that a garbage collection or a busy node may take. */
  | { readonly do: 'stall'; readonly ms: number }
  | { readonly do: 'pass'; readonly ms: number };

const arrive = fc.record({
  do: fc.constant('arrive' as const),
  priority: fc.constantFrom(...PRIORITIES),
  many: fc.constantFrom(1, 30, 300),
});
const stall = fc.record({ do: fc.constant('stall' as const), ms: fc.integer({ min: 1, max: 1_000 }) });
const pass = fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(10, 1_000, 5_000, 12_000) });
const quiet = fc.oneof(
  { weight: 4, arbitrary: arrive },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('withdraw' as const), many: fc.nat(50) }) },
  { weight: 5, arbitrary: pass },
);
const restart = fc.constant({ do: 'restart' as const });
const retryAfterMs = fc.option(fc.constantFrom(1, 500, 5_000), { nil: undefined });
const throttled = fc.record({ do: fc.constant('throttled' as const), retryAfterMs });
/** A process that restarts again and again, on a budget that a few calls too many exceed. */
const restarting = fc.tuple(
  fc.constantFrom(2, 3, 7),
  crowd({ weight: 4, arbitrary: restart }, { weight: 4, arbitrary: pass }, { weight: 1, arbitrary: stall }),
);

/**
 * A process whose permits come in bursts, that restarts and stalls, idle at times so that permits are left.
 * More callers come than its budget is for.
 */
const bursting = fc.tuple(
  fc.constantFrom(600, 1_000),
  crowd(
    { weight: 2, arbitrary: restart },
    { weight: 8, arbitrary: pass },
    { weight: 3, arbitrary: stall },
    { weight: 4, arbitrary: arrive },
    { weight: 1, arbitrary: throttled },
  ),
);

/** A process that runs for minutes, on a node that stalls. */
const stalling = fc.tuple(
  fc.constantFrom(20, 60),
  crowd({ weight: 6, arbitrary: pass }, { weight: 4, arbitrary: stall }, { weight: 1, arbitrary: quiet }),
);

/** Everything at once. */
const hectic = fc.tuple(
  fc.constantFrom(2, 7, 60),
  crowd(
    { weight: 6, arbitrary: pass },
    { weight: 3, arbitrary: stall },
    { weight: 1, arbitrary: restart },
    { weight: 2, arbitrary: throttled },
    { weight: 2, arbitrary: quiet },
  ),
);

/** Callers wait, and then these steps follow. */
function crowd(...kinds: { weight: number; arbitrary: fc.Arbitrary<Step> }[]): fc.Arbitrary<Step[]> {
  const arrival: Step = { do: 'arrive', priority: 'scheduled', many: 80 };
  return fc
    .array(fc.oneof(...kinds), { minLength: 15, maxLength: 40, size: 'max' })
    .map((steps) => [arrival, ...steps]);
}

/** Callers of one account, and its budget, which every restart replaces. */
class Account {
  readonly time = new SteppedTime();
  readonly sent: number[] = [];
  /** Broken rules that were seen inside a call, which must not reject. */
  readonly wrong: string[] = [];
  /** How long at least one caller waited, ms. */
  busyMs = 0;
  readonly #callsPerMinute: number;
  #budget: Budget<Caller>;
  #pausedUntil = 0;
  readonly #waiting = new Set<Caller>();

  constructor(callsPerMinute: number) {
    this.#callsPerMinute = callsPerMinute;
    this.#budget = this.#newBudget();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'arrive') for (let calls = 0; calls < step.many; calls += 1) this.#arrive(step.priority);
    else if (step.do === 'withdraw')
      for (const caller of [...this.#waiting].slice(0, step.many)) this.#leave(caller);
    else if (step.do === 'throttled') this.#throttle(step.retryAfterMs);
    else if (step.do === 'restart') this.#restart();
    else if (step.do === 'stall') await this.time.stall(step.ms);
    else await this.#pass(step.ms);
  }

  /** Passes time in steps of a third of the spacing, because timers are usually that late. */
  async #pass(ms: number): Promise<void> {
    const most = Math.min(ms / 3, Math.max(5, pacing(this.#callsPerMinute).minTimeMs / 3));
    for (let left = ms; left > 0; left -= most) {
      if (this.waiting > 0) this.busyMs += Math.min(left, most);
      await this.time.stall(Math.min(left, most));
    }
  }

  end(): void {
    this.#budget.close();
    this.time.restore();
  }

  #newBudget(): Budget<Caller> {
    return new Budget({ callsPerMinute: this.#callsPerMinute, clock: this.time });
  }

  /** Throttles a call that was sent just now. The shortest pause that the budget chooses is half a second. */
  #throttle(retryAfterMs: number | undefined): void {
    const now = this.time.now();
    if (now < this.#pausedUntil) return;
    this.#pausedUntil = now + (retryAfterMs ?? 500);
    this.#budget.throttled(now, retryAfterMs);
  }

  /** All waiting callers come again, as every object does after a start. */
  #restart(): void {
    const again = [...this.#waiting];
    this.#budget.close();
    expect(
      again.every(({ withdrawn }) => withdrawn),
      'waiting for a closed budget',
    ).to.equal(true);
    this.#waiting.clear();
    this.#budget = this.#newBudget();
    this.#pausedUntil = 0;
    for (const { priority } of again) this.#arrive(priority);
  }

  #arrive(priority: Priority): void {
    const budget = this.#budget;
    const call = async () => {
      if (budget !== this.#budget) this.wrong.push('called by a closed budget');
      if (!this.#waiting.delete(caller)) this.wrong.push('called twice, or after it was withdrawn');
      if (this.time.now() < this.#pausedUntil) this.wrong.push('called during a pause');
      this.sent.push(this.time.now());
    };
    const caller = aCaller(call, { priority, deadline: this.time.now() });
    this.#waiting.add(caller);
    addCaller(budget, caller);
  }

  #leave(caller: Caller): void {
    this.#waiting.delete(caller);
    this.#budget.backlog.withdraw(caller);
  }
}

async function living(
  callsPerMinute: number,
  steps: readonly Step[],
  rule: (account: Account) => void,
): Promise<void> {
  const account = new Account(callsPerMinute);
  try {
    for (const step of steps) await account.take(step);
    expect(account.wrong).to.deep.equal([]);
    rule(account);
  } finally {
    account.end();
  }
}

/**
 * Checks a property without a time limit, which would interrupt a run that holds the global timers. Does not
 * search for a smaller input, which takes long.
 */
async function tried<Input>(property: fc.IAsyncProperty<Input>, runs: number): Promise<void> {
  await fc.assert(property, { numRuns: runs, endOnFailure: true });
}

describe('for any order of arrivals, withdrawals, throttlings, stalls and restarts', () => {
  it('no sliding minute has more calls than the budget', async () => {
    await tried(
      fc.asyncProperty(fc.oneof(restarting, stalling, hectic, bursting), async ([calls, steps]) => {
        await living(calls, steps, ({ sent }) => expect(mostInAMinute(sent)).to.be.at.most(calls));
      }),
      24,
    );
  });

  it('97% of the promised rate is used while calls wait and nothing is throttled', async () => {
    await tried(
      fc.asyncProperty(fc.constantFrom(60, 240, 600), sequence(quiet, 12), async (calls, steps) => {
        await living(calls, steps, ({ sent, busyMs }) => {
          const { minTimeMs, burst, reserve } = pacing(calls);
          // One call for the start, which counts as spent, and the burst and the reserve that wait at the
          // end.
          expect(sent.length).to.be.at.least(Math.floor((0.97 * busyMs) / minTimeMs) - 1 - burst - reserve);
        });
      }),
      8,
    );
  });
});
