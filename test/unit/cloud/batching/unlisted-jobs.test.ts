// Jobs that are not in the list.

import { expect } from 'chai';
import { Missing } from '../../../../src/cloud/batching/unlisted-jobs.ts';
import { FakeClock } from '../../kit/fake-clock.ts';

const HOUR_MS = 3_600_000;

describe('a job that a sweep did not bring', () => {
  it('is known to be missing after the second time in a row, for an hour', async () => {
    const clock = new FakeClock();
    const missing = new Missing(clock);
    missing.note('job');
    expect(missing.isKnown('job')).to.equal(false);
    missing.note('job');
    expect(missing.isKnown('job')).to.equal(true);
    await clock.advance(HOUR_MS - 1);
    expect(missing.isKnown('job')).to.equal(true);
    await clock.advance(1);
    expect(missing.isKnown('job')).to.equal(false);
    missing.note('job');
    expect(missing.isKnown('job')).to.equal(true);
  });

  it('is not when it was found in between', () => {
    const missing = new Missing(new FakeClock());
    missing.note('job');
    missing.found('job');
    missing.note('job');
    expect(missing.isKnown('job')).to.equal(false);
    expect(missing.isKnown('another')).to.equal(false);
  });

  it('is forgotten when nobody has looked for it in hours', async () => {
    const clock = new FakeClock();
    const missing = new Missing(clock);
    for (let index = 0; index < 100; index += 1) missing.note(`job-${index}`);
    await clock.advance(3 * HOUR_MS);
    missing.note('job');
    expect(missing.size).to.equal(1);
  });
});
