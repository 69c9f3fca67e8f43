// Whose intervals are stretched: never those of a namespace that needs less than its fair share.

import { expect } from 'chai';
import fc from 'fast-check';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import { FAILURE_KINDS } from '../../../../src/job/model/failures.ts';
import { levelOf } from '../../../../src/job/schedule/fair-share.ts';
import type { ObserveWith } from '../../../../src/job/schedule/list-cost.ts';
import { Planner } from '../../../../src/job/schedule/planner.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { holds, holdsInTime } from '../../kit/for-any.ts';
import { aCloudToPlan } from '../../kit/samples/a-cloud-to-plan.ts';
import { aJob } from '../../kit/samples/a-job.ts';

/** Calls per second that the account may make. */
const CAPACITY = 5;
/** A hundredth is left, and a step of the factor has a hundredth. */
const STEP = 1.01 / 0.99;

describe('the level of a fair share', () => {
  const demands = fc.array(fc.double({ min: 0, max: 1_000, noNaN: true }), { minLength: 1, maxLength: 20 });
  const capacity = fc.double({ min: 0.1, max: 2_000, noNaN: true });

  it('uses the whole capacity, or serves all', () => {
    holds(
      fc.property(demands, capacity, (given, available) => {
        const level = levelOf(given, available);
        const used = given.reduce((sum, demand) => sum + Math.min(demand, level), 0);
        if (level === Number.POSITIVE_INFINITY) expect(used).to.be.at.most(available * (1 + 1e-9));
        else expect(used / available).to.be.closeTo(1, 1e-9);
      }),
    );
  });

  it('is at least an even part, and no demand of another lowers it further', () => {
    holds(
      fc.property(demands, capacity, fc.nat(19), (given, available, which) => {
        const even = available / given.length;
        expect(levelOf(given, available)).to.be.at.least(even * (1 - 1e-9));
        const greedier = given.map((demand, index) => (index === which ? demand * 1_000 : demand));
        for (const [index, demand] of given.entries())
          if (index !== which && demand <= even)
            expect(Math.min(demand, levelOf(greedier, available))).to.equal(demand);
      }),
    );
  });
});

/** What a namespace does in the minutes of a run. */
interface Behaviour {
  /** Number of objects in each minute. */
  readonly counts: readonly number[];
  readonly interval: string;
  /** What the cloud answers to all its objects. */
  readonly verdict: 'healthy' | (typeof FAILURE_KINDS)[number];
  /** Whether its objects name the same jobs as those of the victim. */
  readonly sharesJobs: boolean;
  /** Its Secret belongs to the same account; otherwise it uses the operator's own credentials. */
  readonly hasSecret: boolean;
}

type Objects = Pick<Behaviour, 'interval' | 'sharesJobs' | 'hasSecret'>;

const MINUTES = 4;
const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  counts: fc.array(fc.constantFrom(0, 1, 30, 100), { minLength: MINUTES, maxLength: MINUTES }),
  interval: fc.constantFrom('5s', '10s', '1m', '1h'),
  verdict: fc.constantFrom('healthy' as const, ...FAILURE_KINDS),
  sharesJobs: fc.boolean(),
  hasSecret: fc.boolean(),
});

function objectsOf(
  namespace: string,
  { interval, sharesJobs, hasSecret }: Objects,
  count: number,
): EdgeTranscodeJob[] {
  return Array.from({ length: count }, (_, index) => {
    const job = aJob()
      .named(`${namespace}-${index}`, namespace)
      .about(sharesJobs ? `job-${index}` : `${namespace}-${index}`)
      .every(interval);
    return (hasSecret ? job.withSecret('account') : job).build();
  });
}

const VICTIM: Objects = { interval: '10s', sharesJobs: true, hasSecret: false };
const GREEDY: Objects = { ...VICTIM, sharesJobs: false };

/** An account with a planner, whose objects change from minute to minute. */
class World {
  readonly clock = new FakeClock();
  jobs: readonly EdgeTranscodeJob[] = [];
  readonly planner: Planner;

  constructor(others: readonly Behaviour[], observeWith: ObserveWith = 'get') {
    this.planner = new Planner({
      cloud: aCloudToPlan({ accountOf: () => 'account', capacity: CAPACITY }),
      jobs: { values: () => this.jobs },
      isWhole: () => true,
      settings: SETTINGS,
      verdictOf: ({ namespace }) => {
        const verdict = others[Number(namespace.slice(1))]?.verdict ?? 'healthy';
        return verdict === 'healthy' ? undefined : { kind: verdict };
      },
      observeWith,
      clock: this.clock,
    });
  }

  /** Calls per second of all objects at their scaled intervals. */
  get calls(): number {
    const { namespaceDemands, scales } = this.planner.plan;
    return namespaceDemands.reduce((sum, { calls }, index) => sum + calls / (scales[index]?.factor ?? 1), 0);
  }
}

describe('for any demand of the other namespaces of an account', () => {
  it('the intervals of a namespace that needs less than its share are not stretched', async () => {
    const others = fc.array(behaviour, { minLength: 1, maxLength: 4 });
    const anyWay = fc.constantFrom('auto' as const, 'get' as const, 'list' as const);
    await holdsInTime(
      fc.asyncProperty(others, anyWay, async (given, observeWith) => {
        const world = new World(given, observeWith);
        // Each object of the victim needs 0.1 calls per second.
        const victims = objectsOf('victim', VICTIM, Math.floor((CAPACITY / (given.length + 1)) * 10));
        for (let minute = 0; minute < MINUTES; minute += 1) {
          const theirs = given.flatMap((each, index) =>
            objectsOf(`n${index}`, each, each.counts[minute] ?? 0),
          );
          world.jobs = [...victims, ...theirs];
          world.planner.tick();
          expect(world.planner.plan.scaleOf({ namespace: 'victim' })).to.equal(1);
          expect(world.calls).to.be.at.most(CAPACITY * (1 + 1e-6));
          await world.clock.advance(60_000);
        }
      }),
      50,
    );
  });

  it('a stretched namespace is not stretched by more than a step beyond its share', () => {
    holds(
      fc.property(fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }), (counts) => {
        const world = new World([]);
        world.jobs = counts.flatMap((count, index) => objectsOf(`n${index}`, GREEDY, count));
        world.planner.tick();
        for (const [index, count] of counts.entries()) {
          const gets = count / 10 / world.planner.plan.scaleOf({ namespace: `n${index}` });
          const even = CAPACITY / counts.length;
          expect(gets * STEP).to.be.at.least(Math.min(count / 10, even) * (1 - 1e-9));
        }
      }),
      100,
    );
  });
});
