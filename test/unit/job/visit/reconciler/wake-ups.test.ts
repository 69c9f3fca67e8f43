// How often timers wake the process while nothing changes.

import { expect } from 'chai';
import { POLL_GRID_MS } from '../../../../../src/job/schedule/poll-schedule.ts';
import { AnOperator } from '../../../kit/an-operator.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { running } from '../../../kit/samples/answers.ts';

const MINUTE = 60_000;
const OBJECTS = 400;

describe('a process whose polls are on time', () => {
  let operator: AnOperator;
  beforeEach(() => {
    // The instants at which observations become too old are not on the grid.
    operator = new AnOperator({ freshness: 3.001 });
  });
  afterEach(() => operator.verify());

  it('wakes once for the polls of half a second, and for hardly anything else', async () => {
    operator.cloud.always(running());
    for (let job = 0; job < OBJECTS; job += 1)
      operator.cluster.apply(aJob().named(`job-${job}`).inRegion(`region-${job}`));
    await operator.clock.advance(6 * MINUTE);
    operator.clear();
    const before = operator.clock.wakes;
    await operator.clock.advance(MINUTE);
    const instants = new Set(operator.cloud.takeCalls().map(({ at }) => at));
    // A timer of the watchdog fires for an observation that was replaced meanwhile, once in a few minutes.
    expect(operator.clock.wakes - before).to.be.within(instants.size, instants.size + 2);
    expect(instants.size).to.be.within(1, MINUTE / POLL_GRID_MS);
  });
});
