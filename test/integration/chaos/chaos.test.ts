/**
 * The short schedule of faults: every cheap one once, on a population that changes meanwhile. `make chaos`
 * runs long ones by seeds.
 */
import { expect } from 'chai';
import { populationPlan } from '../../chaos/population/population-plan.ts';
import { resultOf } from '../../chaos/run/report.ts';
import { type RunResult, run } from '../../chaos/run/run.ts';
import { shortSchedule } from '../../chaos/schedule/short-schedule.ts';
import { useRedis } from '../../world/use-redis.ts';

const LENGTH_MS = 36_000;
const SEED = 1;

describe('chaos', function () {
  this.timeout(300_000);
  useRedis();
  const lines: string[] = [];
  let result: RunResult;

  before(async () => {
    const population = populationPlan({
      seed: SEED,
      lengthMs: LENGTH_MS,
      objects: 40,
      intervals: ['5s', '6s'],
      pauseMs: [300, 900],
    });
    result = await run({ faults: shortSchedule(), population, lengthMs: LENGTH_MS, args: [] }, (line) =>
      lines.push(line),
    );
  });

  it('violates no invariant', () => {
    const told = `${lines.join('\n')}\n${resultOf(result, 'this test')}`;
    expect(result.invariants.violated, told).to.equal(0);
  });

  it('ends with every status right', () => {
    expect(result.wrongAtEnd).to.deep.equal([]);
  });

  it('had something to check for every invariant that it has time for', () => {
    const checked = result.invariants.all.map(({ name, checked }) => ({ name, checked }));
    const none = checked.filter((each) => each.checked === 0).map(({ name }) => name);
    expect(
      none.filter((name) => !name.startsWith('Fresh') && !name.startsWith('every status')),
    ).to.deep.equal([]);
  });
});
