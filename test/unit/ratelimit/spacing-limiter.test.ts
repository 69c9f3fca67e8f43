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
  function least(): number {
    return Math.min(...began.slice(1).map((at, index) => at - (began[index] as number)));
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

  it('rejects tasks that have not begun when it is closed, and lets the others end', async () => {
    const limiter = new SpacingLimiter({ minTimeMs: 200, clock: time });
    const ending = Promise.withResolvers<string>();
    const begun = limiter.schedule(() => ending.promise);
    await time.pass(10);
    const waiting = limiter.schedule(task).catch(() => 'rejected');
    limiter.close();
    limiter.close();
    const late = limiter.schedule(task).catch(() => 'rejected');
    await time.pass(1_000);
    expect([await waiting, await late]).to.deep.equal(['rejected', 'rejected']);
    ending.resolve('ended');
    await time.pass(10);
    expect(await begun).to.equal('ended');
    expect(began).to.deep.equal([]);
  });
});
