// One probe at a time, at growing intervals; no caller waits for ever.

import { expect } from 'chai';
import {
  CircuitBreaker,
  type Entrance,
  type Pass,
} from '../../../../src/cloud/resilience/circuit-breaker.ts';
import type { Failure } from '../../../../src/job/model/failures.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';

const REFUSED: Failure = { kind: 'AuthenticationFailed', message: 'not this key' };
const REFUSED_AGAIN: Failure = { kind: 'AuthenticationFailed', message: 'still not' };

/** The longest interval between two probes, ms. */
const LONGEST = 20_000;

describe('a circuit breaker', () => {
  let clock: FakeClock;
  let breaker: CircuitBreaker;
  beforeEach(() => {
    clock = new FakeClock(1_000_000);
    breaker = new CircuitBreaker(clock);
  });

  async function enter(): Promise<Pass> {
    const entrance = await breaker.enter();
    expect(entrance).to.have.property('pass');
    return (entrance as { pass: Pass }).pass;
  }

  async function refusal(): Promise<Failure> {
    const entrance = await breaker.enter();
    expect(entrance).to.have.property('refused');
    return (entrance as { refused: Failure }).refused;
  }

  async function opened(): Promise<void> {
    const pass = await enter();
    breaker.failed(pass, REFUSED);
    expect(breaker.refusal(pass)).to.include(REFUSED);
  }

  /** Open, and with its probe under way. */
  async function probing(): Promise<Pass> {
    await opened();
    await clock.advance(LONGEST);
    return await enter();
  }

  it('lets all callers through while it is closed', async () => {
    const passes = [await enter(), await enter()];
    for (const pass of passes) expect(breaker.refusal(pass)).to.equal(undefined);
  });

  it('gives the failure to all callers once it is open, with the time to come again', async () => {
    await opened();
    const refused = await refusal();
    expect(refused).to.include(REFUSED);
    expect(refused.retryAt).to.be.within(clock.now() + 2_500, clock.now() + 5_000);
  });

  it('gives the failure also to callers that entered before and have not called yet', async () => {
    const waiting = await enter();
    await opened();
    expect(breaker.refusal(waiting)).to.include(REFUSED);
  });

  it('counts failures of calls in flight together as one', async () => {
    const [first, second] = [await enter(), await enter()];
    breaker.failed(first, REFUSED);
    const { retryAt } = await refusal();
    breaker.failed(second, REFUSED_AGAIN);
    expect(await refusal()).to.deep.equal({ ...REFUSED, retryAt });
  });

  it('lets one probe through when it is due, and no caller that entered before', async () => {
    const before = await enter();
    const probe = await probing();
    expect(breaker.refusal(probe)).to.equal(undefined);
    expect(breaker.refusal(before)).to.include(REFUSED);
    expect(breaker.refusal(before)?.retryAt).to.be.greaterThan(clock.now());
  });

  it('probes at growing intervals of at most 20 s', async () => {
    await opened();
    const intervals: number[] = [];
    for (let probes = 0; probes < 8; probes += 1) {
      const wait = ((await refusal()).retryAt ?? 0) - clock.now();
      intervals.push(wait);
      await clock.advance(wait);
      breaker.failed(await enter(), REFUSED);
    }
    expect(Math.max(...intervals)).to.be.at.most(LONGEST);
    expect(intervals[0]).to.be.within(2_500, 5_000);
    expect(intervals[1]).to.be.within(5_000, 10_000);
    for (const interval of intervals.slice(2)) expect(interval).to.be.within(10_000, LONGEST);
  });

  it('begins with short intervals again after it was closed', async () => {
    breaker.failed(await probing(), REFUSED);
    for (let probes = 0; probes < 3; probes += 1) {
      await clock.advance(LONGEST);
      breaker.failed(await enter(), REFUSED);
    }
    await clock.advance(LONGEST);
    breaker.succeeded(await enter());
    await opened();
    expect((await refusal()).retryAt).to.be.at.most(clock.now() + 5_000);
  });

  describe('while its probe is in flight', () => {
    let probe: Pass;
    let entrances: Entrance[];
    beforeEach(async () => {
      probe = await probing();
      entrances = [];
      for (let waiting = 0; waiting < 3; waiting += 1)
        void breaker.enter().then((entrance) => entrances.push(entrance));
      await settled();
    });

    it('lets callers wait', () => {
      expect(entrances).to.deep.equal([]);
    });

    it('lets the waiting callers through when the probe succeeds', async () => {
      breaker.succeeded(probe);
      await settled();
      for (const entrance of entrances) expect(entrance).to.have.property('pass');
      expect(entrances).to.have.length(3);
    });

    it('gives them the newest failure when the probe fails', async () => {
      breaker.failed(probe, REFUSED_AGAIN);
      await settled();
      expect(entrances.map((entrance) => 'refused' in entrance && entrance.refused.message)).to.deep.equal(
        Array(3).fill('still not'),
      );
    });

    it('refuses them when the probe is inconclusive, and probes again later', async () => {
      breaker.inconclusive(probe);
      await settled();
      expect(entrances).to.have.length(3);
      expect((await refusal()).retryAt).to.be.greaterThan(clock.now());
    });

    it('lets one of them probe when the probe was not made', async () => {
      breaker.abandoned(probe);
      await settled();
      expect(entrances).to.have.length(1);
      expect(entrances[0]).to.have.property('pass');
      breaker.succeeded((entrances[0] as { pass: Pass }).pass);
      await settled();
      expect(entrances).to.have.length(3);
    });

    it('lets them through when what failed is replaced', async () => {
      breaker.reset();
      await settled();
      expect(entrances).to.have.length(3);
      for (const entrance of entrances) expect(entrance).to.have.property('pass');
    });

    it('does not let a caller probe that has left meanwhile', async () => {
      const caller = { withdrawn: false };
      const left = breaker.enter(caller);
      caller.withdrawn = true;
      breaker.succeeded(probe);
      await left;
      await opened();
      await clock.advance(LONGEST);
      expect(await breaker.enter(caller)).to.have.property('refused');
      expect(await breaker.enter()).to.have.property('pass');
    });
  });

  it('ignores results of calls that began before the failure', async () => {
    const passes = [await enter(), await enter(), await enter()] as const;
    const probe = await probing();
    breaker.succeeded(passes[0]);
    breaker.inconclusive(passes[1]);
    breaker.abandoned(passes[1]);
    breaker.failed(passes[2], REFUSED_AGAIN);
    expect(breaker.refusal(passes[0])).to.include(REFUSED);
    breaker.succeeded(probe);
    await enter();
  });

  it('does not open for inconclusive or abandoned calls', async () => {
    breaker.inconclusive(await enter());
    breaker.abandoned(await enter());
    await enter();
  });
});
