// When a job counts as lacking from the list, and for how long.

import { expect } from 'chai';
import { UnlistedJobs } from '../../../../src/cloud/batching/unlisted-jobs.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';

const HOUR_MS = 3_600_000;

describe('unlisted jobs', () => {
  let clock: FakeClock;
  let unlisted: UnlistedJobs;
  beforeEach(() => {
    clock = new FakeClock();
    unlisted = new UnlistedJobs(clock);
  });

  it('has a job after the second miss in a row, for an hour', () => {
    unlisted.missed('job');
    expect(unlisted.has('job')).to.equal(false);
    unlisted.missed('job');
    expect(unlisted.has('job')).to.equal(true);
    clock.skip(HOUR_MS - 1);
    expect(unlisted.has('job')).to.equal(true);
    clock.skip(1);
    expect(unlisted.has('job')).to.equal(false);
  });

  it('does not have a job that was found between two misses', () => {
    unlisted.missed('job');
    unlisted.found('job');
    unlisted.missed('job');
    expect(unlisted.has('job')).to.equal(false);
    expect(unlisted.has('another')).to.equal(false);
  });

  it('no longer has a job once the list has it', () => {
    for (let times = 0; times < 2; times += 1) unlisted.missed('job');
    unlisted.found('job');
    expect([unlisted.has('job'), unlisted.size]).to.deep.equal([false, 0]);
  });

  it('keeps no memory of jobs that nothing has looked for in hours', () => {
    for (let index = 0; index < 100; index += 1) unlisted.missed(`job-${index}`);
    clock.skip(3 * HOUR_MS);
    unlisted.missed('job');
    expect(unlisted.size).to.equal(1);
  });
});
