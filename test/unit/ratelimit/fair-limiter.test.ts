// One limiter for many parties: none waits for all tasks of another.

import { expect } from 'chai';
import { FairLimiter } from '../../../src/ratelimit/fair-limiter.ts';
import { SteppedTime } from './stepped-time.ts';

describe('a fair limiter', () => {
  let time: SteppedTime;
  let limiter: FairLimiter;
  let run: string[];
  beforeEach(() => {
    time = new SteppedTime();
    limiter = new FairLimiter({ minTimeMs: 100, clock: time });
    run = [];
  });
  afterEach(() => time.restore());

  function schedule(party: string, times: number): Promise<string>[] {
    return Array.from({ length: times }, (_, index) =>
      limiter.schedule(party, async () => {
        run.push(party);
        return `${party}${index}`;
      }),
    );
  }

  it('keeps the least time between any two tasks, of the same party or of two', async () => {
    void Promise.all([...schedule('a', 20), ...schedule('b', 20)]);
    await time.pass(1_000, 10);
    expect(run.length).to.be.within(9, 11);
  });

  it('serves the parties in rotation, and keeps the order within a party', async () => {
    const results = [...schedule('flood', 1_000), ...schedule('one', 1), ...schedule('two', 2)];
    await time.pass(600, 10);
    expect(run.slice(0, 6)).to.deep.equal(['flood', 'one', 'two', 'flood', 'two', 'flood']);
    expect(await Promise.race(results)).to.equal('flood0');
  });

  it('lets a task begin at once after a pause: no permit was spent without a task', async () => {
    void Promise.all([...schedule('a', 1), ...schedule('b', 1)]);
    await time.pass(250, 10);
    void Promise.all(schedule('late', 1));
    await time.pass(10);
    expect(run).to.deep.equal(['a', 'b', 'late']);
  });

  it('rejects for the task that failed, and runs the next', async () => {
    const failed = limiter
      .schedule('a', () => Promise.reject(new Error('no')))
      .catch((error: Error) => error.message);
    const [next] = schedule('b', 1);
    await time.pass(300, 10);
    expect(await failed).to.equal('no');
    expect(await next).to.equal('b0');
  });

  it('spends no permit on tasks that are not needed any longer', async () => {
    const unneeded = Array.from({ length: 1_000 }, (_, index) =>
      limiter.schedule(index < 500 ? 'a' : 'b', () => undefined).catch((error: Error) => error.message),
    );
    const [needed] = schedule('b', 1);
    await time.pass(50, 10);
    expect(run).to.deep.equal(['b']);
    expect(await needed).to.equal('b0');
    expect(await Promise.all(unneeded)).to.deep.equal(Array(1_000).fill('not needed any longer'));
  });

  it('runs nothing once it is closed, and rejects all that wait', async () => {
    void Promise.all(schedule('a', 1));
    await time.pass(10);
    const waiting = schedule('a', 3).map((each) => each.catch((error: Error) => error.message));
    limiter.close();
    await time.pass(1_000, 10);
    expect(await Promise.all(waiting)).to.deep.equal(Array(3).fill('closed before it began'));
    expect(run).to.deep.equal(['a']);
  });

  it('also rejects tasks whose permits went to other parties, and tasks that come later', async () => {
    const flood = schedule('flood', 3);
    const results = [...flood, ...schedule('one', 2)].map((each) => each.catch(() => 'closed'));
    await time.pass(150, 10);
    limiter.close();
    await time.pass(10);
    results.push(...schedule('late', 1).map((each) => each.catch(() => 'closed')));
    await time.pass(1_000, 10);
    expect(await Promise.all(results)).to.deep.equal([
      'flood0',
      'closed',
      'closed',
      'one0',
      'closed',
      'closed',
    ]);
  });
});
