// Callers that know the failure wait outside the circuit breaker, until there is news or it is time to probe.

import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { CircuitBreaker, type Pass } from '../../../../src/cloud/resilience/circuit-breaker.ts';
import type { Failure } from '../../../../src/job/model/failures.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';

const REFUSED: Failure = { kind: 'AuthenticationFailed', message: 'not this key' };
const WANTED = new AbortController().signal;
const LONGEST = 20_000;

describe('the wait for a retry at a circuit breaker', () => {
  let clock: FakeClock;
  let breaker: CircuitBreaker;
  let left: number[];
  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    breaker = new CircuitBreaker(clock);
    left = [];
  });

  async function enter(): Promise<Pass> {
    return ((await breaker.enter()) as { pass: Pass }).pass;
  }

  async function opened(): Promise<void> {
    breaker.failed(await enter(), REFUSED);
  }

  /** Lets a caller wait; `left` gets its number when it may go. */
  function wait(caller: number, signal: AbortSignal = WANTED): void {
    void breaker.untilRetry(signal).then(() => left.push(caller));
  }

  async function probing(): Promise<Pass> {
    await opened();
    await clock.advance(LONGEST);
    return await enter();
  }

  it('ends at once while the breaker is closed, and for a caller that has aborted', async () => {
    wait(1);
    await settled();
    await opened();
    wait(2, AbortSignal.abort());
    wait(3);
    await settled();
    expect(left).to.deep.equal([1, 2]);
  });

  it('ends for all when the breaker closes, whose timer ends as well', async () => {
    await opened();
    for (const caller of [1, 2, 3]) wait(caller);
    breaker.reset();
    await settled();
    expect(left).to.deep.equal([1, 2, 3]);
    expect(clock.timers).to.equal(0);
  });

  it('ends for all when another failure takes the place of the first', async () => {
    const probe = await probing();
    for (const caller of [1, 2]) wait(caller);
    breaker.failed(probe, { ...REFUSED, message: 'still not' });
    await settled();
    expect(left).to.deep.equal([1, 2]);
  });

  it('continues through a probe that has the same failure, until the next probe is due', async () => {
    const probe = await probing();
    for (const caller of [1, 2]) wait(caller);
    expect(clock.timers).to.equal(0);
    breaker.failed(probe, REFUSED);
    await settled();
    expect(left).to.deep.equal([]);
    // The second interval: 5 to 10 s.
    await clock.advance(4_999);
    expect(left).to.deep.equal([]);
    await clock.advance(5_001);
    expect(left).to.deep.equal([1]);
  });

  it('ends for one caller when the probe is due, and for the next ones 5 s apart if it does not probe', async () => {
    await opened();
    for (const caller of [1, 2, 3]) wait(caller);
    await clock.advance(2_499);
    expect(left).to.deep.equal([]);
    await clock.advance(2_501);
    expect(left).to.deep.equal([1]);
    await clock.advance(4_999);
    expect(left.length).to.be.at.most(2);
    await clock.advance(10_000);
    expect(left).to.deep.equal([1, 2, 3]);
    await clock.advance(10_000);
    expect(clock.timers).to.equal(0);
  });

  it('ends for the next caller at once when the probe was not made', async () => {
    const probe = await probing();
    wait(1);
    breaker.abandoned(probe);
    await clock.advance(0);
    expect(left).to.deep.equal([1]);
  });

  it('needs no timer while no caller waits', async () => {
    await opened();
    expect(clock.timers).to.equal(0);
  });

  it('ends for a caller that aborts, and is forgotten', async () => {
    await opened();
    const abort = new AbortController();
    wait(1, abort.signal);
    wait(2);
    abort.abort();
    await settled();
    expect(left).to.deep.equal([1]);
    await clock.advance(5_000);
    expect(left).to.deep.equal([1, 2]);
  });

  it('leaves no listener at the signal, and no fault of the timer when all have left', async () => {
    await opened();
    const abort = new AbortController();
    wait(1, abort.signal);
    breaker.reset();
    await settled();
    expect(getEventListeners(abort.signal, 'abort')).to.deep.equal([]);
    await opened();
    wait(2, abort.signal);
    abort.abort();
    await clock.advance(LONGEST);
    expect(left).to.deep.equal([1, 2]);
  });
});

describe('the results of calls from before the failure', () => {
  it('leave the time of the next probe as it is', async () => {
    const clock = new FakeClock(1_000_000);
    const breaker = new CircuitBreaker(clock);
    const enter = async () => ((await breaker.enter()) as { pass: Pass }).pass;
    const [first, second, third] = [await enter(), await enter(), await enter()] as const;
    breaker.failed(first, REFUSED);
    const { retryAt } = breaker.refusal(second) ?? {};
    breaker.abandoned(second);
    breaker.inconclusive(third);
    expect(breaker.refusal(second)?.retryAt).to.equal(retryAt);
    expect(await breaker.enter()).to.have.property('refused');
  });

  it('show during a probe when the next one is due at the earliest', async () => {
    const clock = new FakeClock(1_000_000);
    const breaker = new CircuitBreaker(clock);
    const enter = async () => ((await breaker.enter()) as { pass: Pass }).pass;
    const [first, second] = [await enter(), await enter()] as const;
    breaker.failed(first, REFUSED);
    await clock.advance(LONGEST);
    await enter();
    expect((breaker.refusal(second)?.retryAt ?? 0) - clock.now()).to.be.within(5_000, 10_000);
  });
});
