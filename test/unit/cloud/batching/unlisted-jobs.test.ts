// Jobs that the list of a cluster lacks.

import { expect } from 'chai';
import { UnlistedJobs } from '../../../../src/cloud/batching/unlisted-jobs.ts';
import { FakeClock } from '../../kit/fake-clock.ts';

const HOUR_MS = 3_600_000;

describe('unlisted jobs', () => {
  it('are known after the second miss in a row, for an hour', async () => {
    const clock = new FakeClock();
    const unlisted = new UnlistedJobs(clock);
    unlisted.missed('job');
    expect(unlisted.has('job')).to.equal(false);
    unlisted.missed('job');
    expect(unlisted.has('job')).to.equal(true);
    await clock.advance(HOUR_MS - 1);
    expect(unlisted.has('job')).to.equal(true);
    await clock.advance(1);
    expect(unlisted.has('job')).to.equal(false);
  });

  it('are not known where the list brought the job in between', () => {
    const unlisted = new UnlistedJobs(new FakeClock());
    unlisted.missed('job');
    unlisted.found('job');
    unlisted.missed('job');
    expect(unlisted.has('job')).to.equal(false);
    expect(unlisted.has('another')).to.equal(false);
  });

  it('are forgotten when no sweep has missed them for hours', async () => {
    const clock = new FakeClock();
    const unlisted = new UnlistedJobs(clock);
    for (let index = 0; index < 100; index += 1) unlisted.missed(`job-${index}`);
    await clock.advance(3 * HOUR_MS);
    unlisted.missed('job');
    expect(unlisted.size).to.equal(1);
  });
});
