// Tasks keep their spacing when the wall clock is set.

import { expect } from 'chai';
import { SpacingLimiter } from '../../../src/ratelimit/spacing-limiter.ts';
import { SteppedTime } from './stepped-time.ts';

const HOUR = 60 * 60_000;

describe('a spacing limiter', () => {
  let time: SteppedTime;
  let began: number[];
  beforeEach(() => {
    time = new SteppedTime();
    began = [];
  });
  afterEach(() => time.restore());

  const task = async () => {
    began.push(time.now());
    return began.length;
  };

  /** What the tasks that have run are apart at least, ms. */
  function least(times = began): number {
    return Math.min(...times.slice(1).map((at, index) => at - (times[index] as number)));
  }

  it('keeps the least time between tasks, and resolves with their results', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    const results = [limiter.schedule(task), limiter.schedule(task), limiter.schedule(task)];
    await time.pass(1_000);
    expect(await Promise.all(results)).to.deep.equal([1, 2, 3]);
    // A timer may fire a millisecond early.
    expect(least()).to.be.at.least(199);
  });

  it('rejects as its task does', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    const failed = limiter
      .schedule(() => Promise.reject(new RangeError('as planned')))
      .catch((error: Error) => error);
    await time.pass(10);
    expect(await failed).to.be.instanceOf(RangeError);
  });

  it('begins at once, or as if a task had just run', async () => {
    const spent = new SpacingLimiter({ minTimeMs: 200, startsSpent: true, clock: time });
    void spent.schedule(task);
    await time.pass(195);
    expect(began).to.deep.equal([]);
    await time.pass(20);
    expect(began).to.have.length(1);
    void new SpacingLimiter({ minTimeMs: 200, clock: time }).schedule(task);
    await time.pass(10);
    expect(began).to.have.length(2);
  });

  it('runs no more tasks at once than its bound', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 1, maxConcurrent: 2, clock: time });
    const endings: (() => void)[] = [];
    for (let tasks = 0; tasks < 5; tasks += 1)
      void limiter.schedule(() => new Promise<void>((resolve) => endings.push(resolve)));
    await time.pass(100);
    expect(endings).to.have.length(2);
    endings[0]?.();
    await time.pass(100);
    expect(endings).to.have.length(3);
  });

  for (const step of [-HOUR, HOUR, -400, 400])
    it(`keeps its spacing when the wall clock is set by ${step} ms`, async () => {
      const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
      for (let tasks = 0; tasks < 5; tasks += 1) void limiter.schedule(task);
      await time.pass(500);
      time.wallOffsetMs = step;
      for (let tasks = 0; tasks < 5; tasks += 1) void limiter.schedule(task);
      await time.pass(4_000);
      expect(began).to.have.length(10);
    });

  it('moves tasks that wait when the wall clock is set back, and keeps the least time among all of them', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    for (let tasks = 0; tasks < 5; tasks += 1) void limiter.schedule(task);
    await time.pass(500);
    const before = began.length;
    time.wallOffsetMs = -HOUR;
    for (let tasks = 0; tasks < 5; tasks += 1) void limiter.schedule(task);
    await time.pass(4_000);
    expect(began).to.have.length(10);
    expect(least(began.slice(before))).to.be.at.least(199);
  });

  it('notices a wall clock that is set back after a long time without a task', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    void limiter.schedule(task);
    await time.stall((2 / 3) * HOUR);
    time.wallOffsetMs = -HOUR;
    void limiter.schedule(task);
    await time.pass(300);
    expect(began).to.have.length(2);
  });

  it('notices a wall clock that is set back just after a task was scheduled', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    void limiter.schedule(task);
    time.wallOffsetMs = -HOUR;
    await time.pass(300);
    expect(began).to.have.length(1);
  });

  it('runs a task once that fails after the wall clock was set back', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    const ending = Promise.withResolvers<never>();
    let runs = 0;
    const failed = limiter
      .schedule(() => {
        runs += 1;
        return ending.promise;
      })
      .catch((error: Error) => error.message);
    await time.pass(10);
    time.wallOffsetMs = -HOUR;
    void limiter.schedule(task);
    ending.reject(new Error('as planned'));
    await time.pass(1_000);
    expect([await failed, runs]).to.deep.equal(['as planned', 1]);
  });

  it('runs a task once that fails because another limiter was closed', async () => {
    const other = new SpacingLimiter({ minTimeMs: 200, clock: time });
    other.close();
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    let runs = 0;
    const failed = limiter
      .schedule(() => {
        runs += 1;
        return other.schedule(task);
      })
      .catch(() => 'rejected');
    await time.pass(1_000);
    expect([await failed, runs]).to.deep.equal(['rejected', 1]);
  });

  it('keeps another least time from the next task on', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    limiter.setMinTime(500);
    for (let tasks = 0; tasks < 3; tasks += 1) void limiter.schedule(task);
    await time.pass(1_100);
    expect(began).to.have.length(3);
    expect(least()).to.be.at.least(499);
  });

  it('rejects tasks that have not begun when it is closed, and lets the others end', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    const ending = Promise.withResolvers<string>();
    const begun = limiter.schedule(() => ending.promise);
    await time.pass(10);
    const waiting = limiter.schedule(task).catch(() => 'rejected');
    limiter.close();
    limiter.close();
    const late = limiter.schedule(task).catch(() => 'rejected');
    time.wallOffsetMs = -HOUR;
    const later = limiter.schedule(task).catch(() => 'rejected');
    await time.pass(1_000);
    expect(await Promise.all([waiting, late, later])).to.deep.equal(Array(3).fill('rejected'));
    ending.resolve('ended');
    await time.pass(10);
    expect(await begun).to.equal('ended');
    expect(began).to.deep.equal([]);
  });
});
