// However the processes that share a budget through Redis start, stop, stall and lose Redis together, their
// calls together keep to the budget, and use it.

import { expect } from 'chai';
import fc from 'fast-check';
import { Budget } from '../../../../src/cloud/budget/budget.ts';
import { pacing } from '../../../../src/ratelimit/call-rate.ts';
import { addCallers, type Caller } from '../../kit/callers.ts';
import { FakeRedis } from '../../kit/fakes/fake-redis.ts';
import { mostInAMinute } from '../../kit/most-in-a-minute.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

type Step =
  | { readonly do: 'restart'; readonly shard: number }
  /** Nothing runs for this long: a garbage collection, a busy node. */
  | { readonly do: 'stall'; readonly ms: number }
  /** Redis is away for this long. */
  | { readonly do: 'lose'; readonly ms: number }
  | { readonly do: 'pass'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('restart' as const), shard: fc.nat(9) }) },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('stall' as const), ms: fc.integer({ min: 1, max: 1_000 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('lose' as const), ms: fc.constantFrom(300, 4_000) }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 4_000, 9_000) }),
    },
  ),
  { minLength: 18, maxLength: 36, size: 'max' },
);

/** Some processes that share a budget, each with more callers than permits. */
class Shards {
  readonly time = new SteppedTime();
  readonly redis = new FakeRedis();
  readonly sent: number[] = [];
  readonly #callsPerMinute: number;
  readonly #budgets: Budget<Caller>[];

  constructor(callsPerMinute: number, shards: number) {
    this.#callsPerMinute = callsPerMinute;
    this.#budgets = Array.from({ length: shards }, () => this.#newBudget(shards));
  }

  async take(step: Step): Promise<void> {
    if (step.do === 'restart') this.#restart(step.shard % this.#budgets.length);
    else if (step.do === 'stall') await this.time.stall(step.ms);
    else if (step.do === 'pass') await this.#pass(step.ms);
    else {
      this.redis.lose();
      await this.#pass(step.ms);
      this.redis.comeBack();
    }
  }

  end(): void {
    for (const budget of this.#budgets) budget.close();
    this.time.restore();
  }

  async #pass(ms: number): Promise<void> {
    await this.time.pass(ms, 7);
  }

  #restart(shard: number): void {
    this.#budgets[shard]?.close();
    this.#budgets[shard] = this.#newBudget(this.#budgets.length);
  }

  #newBudget(shards: number): Budget<Caller> {
    const sharing = { redis: this.redis.connect(), shards };
    const budget = new Budget<Caller>({ callsPerMinute: this.#callsPerMinute, clock: this.time, sharing });
    addCallers(budget, this.time, this.sent, 60, { isEndless: true });
    return budget;
  }
}

describe('for any restarts, stalls and losses of Redis', function () {
  this.timeout(120_000);

  for (const [callsPerMinute, shards] of [
    [1_200, 2],
    [1_800, 3],
    [300, 3],
  ] as const)
    it(`no sliding minute of ${shards} processes has more than their ${callsPerMinute} calls`, async () => {
      const property = fc.asyncProperty(steps, async (taken) => {
        const scene = new Shards(callsPerMinute, shards);
        try {
          for (const step of taken) await scene.take(step);
          expect(mostInAMinute(scene.sent)).to.be.within(1, callsPerMinute);
        } finally {
          scene.end();
        }
      });
      await fc.assert(property, { numRuns: 4, endOnFailure: true });
    });
});

describe('a budget that processes share', () => {
  it('comes in bursts of each process, and is used to 97%', async () => {
    const scene = new Shards(3_000, 3);
    const { burst } = pacing(3_000, 3);
    await scene.take({ do: 'pass', ms: 8_000 });
    scene.sent.length = 0;
    scene.redis.scripts.clear();
    await scene.take({ do: 'pass', ms: 12_000 });
    expect(scene.sent.length).to.be.within(0.97 * 600, 600);
    const together = Map.groupBy(scene.sent, (at) => at);
    expect(scene.sent.length / together.size).to.be.at.least(burst);
    // One permit of bottleneck for each burst, and one script of ours for the rest of it.
    expect(scene.redis.scripts.get('register')).to.be.within(1, scene.sent.length / burst + 6);
    expect(scene.redis.scripts.get('take')).to.be.at.most(scene.sent.length / burst + 6);
    scene.end();
  });
});
