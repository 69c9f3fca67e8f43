// Permits for calls: never more than the budget, hardly fewer, and an urgent caller goes next.

import { expect } from 'chai';
import { Budget } from '../../../../src/cloud/budget/budget.ts';
import type { Priority } from '../../../../src/job/model/cloud-port.ts';
import { pacing } from '../../../../src/ratelimit/call-rate.ts';
import { aCaller, addCaller, addCallers, type Caller } from '../../kit/callers.ts';
import { mostInAMinute } from '../../kit/most-in-a-minute.ts';
import { SteppedTime } from '../../ratelimit/stepped-time.ts';

const MINUTE = 60_000;

describe('pacing', () => {
  it('leaves room, for every budget, for the permits that a stall makes late', () => {
    for (let calls = 1; calls <= 6_000; calls += 1) {
      const { minTimeMs, burst, reserve } = pacing(calls);
      // Left over when the minute begins, come with its beginning, and late.
      const more = burst + reserve - 1 + 2 * burst;
      // A smaller budget is bounded by the count of its calls.
      if (calls >= 4) expect(MINUTE / minTimeMs + more, `${calls}, in bursts`).to.be.at.most(calls + 1e-9);
    }
  });

  it('leaves room for what all processes that share a budget have and await', () => {
    for (let processes = 1; processes <= 100; processes += 1)
      for (let calls = 100 * processes; calls <= 6_000; calls += 1) {
        const { minTimeMs, burst, reserve, ahead } = pacing(calls, processes);
        if (burst === 1 && processes > 20) continue;
        const left = processes * (burst + reserve - 1);
        const late = processes * ahead * burst;
        const first = burst === 1 ? 0 : burst;
        const most = MINUTE / minTimeMs + left + first + late;
        expect(most, `${calls} calls a minute of ${processes}`).to.be.at.most(calls + 1e-9);
      }
  });

  it('makes bursts of half a percent of the budget, 0.3 s apart, and keeps a reserve for urgent requests', () => {
    const { minTimeMs, burst, reserve } = pacing(3_000);
    expect([burst, reserve]).to.deep.equal([15, 6]);
    expect(burst * minTimeMs).to.be.within(250, 350);
  });

  it('gives up at most 3% of a budget of 600 or more', () => {
    for (let calls = 600; calls <= 6_000; calls += 1)
      expect(MINUTE / pacing(calls).minTimeMs / calls, `${calls} calls a minute`).to.be.at.least(0.97);
  });
});

describe('a budget', function () {
  // Thousands of calls in stepped time are work for the processor: a second alone, more on a busy machine.
  this.timeout(60_000);
  let time: SteppedTime;
  beforeEach(() => {
    time = new SteppedTime();
  });
  afterEach(() => time.restore());

  function budgetOf(callsPerMinute: number): Budget<Caller> {
    return new Budget({ callsPerMinute, clock: time });
  }

  /** Keeps `budget` busy: 500 callers always wait, and each call is noted in `sent`. */
  function besiege(budget: Budget<Caller>, sent: number[]): void {
    addCallers(budget, time, sent, 500, { isEndless: true });
  }

  function ask(budget: Budget<Caller>, name: string, order: string[], priority: Priority = 'urgent'): Caller {
    const caller = aCaller(async () => void order.push(name), { priority });
    addCaller(budget, caller);
    return caller;
  }

  for (const calls of [1, 2, 3, 7, 60, 99, 100, 199, 200, 600, 3_000, 6_000]) {
    it(`of ${calls} calls a minute lets no sliding minute have more, through stalls of up to a second`, async () => {
      const sent: number[] = [];
      const budget = budgetOf(calls);
      besiege(budget, sent);
      await passWithStalls(calls < 10 ? 12 * MINUTE : 1.5 * MINUTE, calls);
      expect(mostInAMinute(sent)).to.be.within(calls < 600 ? 1 : 0.85 * calls, calls);
      budget.close();
    });

    it(`of ${calls} calls a minute lets no sliding minute have more through restarts, at any instant`, async () => {
      const sent: number[] = [];
      for (const lifetime of [40_003, 30_000, 700, 25_000, 1_500]) {
        const budget = budgetOf(calls);
        besiege(budget, sent);
        await passWithStalls(calls < 10 ? 4 * lifetime : lifetime, calls);
        budget.close();
      }
      expect(mostInAMinute(sent)).to.be.at.most(calls);
    });
  }

  for (const calls of [600, 3_000, 6_000])
    it(`of ${calls} calls a minute is used to 97% while callers wait`, async () => {
      const sent: number[] = [];
      const budget = budgetOf(calls);
      besiege(budget, sent);
      await time.pass(1_000, 5);
      sent.length = 0;
      await time.pass(20_000, 5);
      expect(sent.length).to.be.at.least((0.97 * calls) / 3);
      budget.close();
    });

  /**
   * Passes time in a fixed sequence of steps: a third of the spacing, 6 ms at least. About every 8 s an event
   * loop stalls for up to 1 s.
   */
  async function passWithStalls(ms: number, calls: number): Promise<void> {
    const most = Math.max(6, Math.min(pacing(calls).minTimeMs / 3, 5_000));
    const end = time.now() + ms;
    let nextStall = time.now();
    for (let step = 0; time.now() < end; step = (step * 31 + 7) % 97) {
      await time.stall(1 + (most * step) / 97);
      if (time.now() < nextStall) continue;
      await time.stall(200 + 8 * step);
      nextStall = time.now() + 4_000 + 80 * step;
    }
  }

  it('lets the first call go within 100 ms where the spacing allows', async () => {
    const order: string[] = [];
    ask(budgetOf(3_000), 'first', order);
    await time.pass(60);
    expect(order).to.deep.equal(['first']);
  });

  it('lets an urgent caller go within the next three calls, however many scheduled ones wait', async () => {
    const order: string[] = [];
    const budget = budgetOf(600);
    for (let due = 0; due < 5_000; due += 1) ask(budget, 'scheduled', order, 'scheduled');
    await time.pass(5_000);
    const before = order.length;
    ask(budget, 'urgent', order);
    await time.pass(500);
    expect(order.indexOf('urgent') - before).to.be.within(0, 2);
    budget.close();
  });

  it('makes no call for a caller that is withdrawn, and needs no permit for it', async () => {
    const budget = budgetOf(1);
    const caller = aCaller(unplanned);
    budget.backlog.add(caller);
    expect([budget.needsPermits, budget.backlog.total]).to.deep.equal([true, 1]);
    budget.backlog.withdraw(caller);
    expect([budget.needsPermits, budget.backlog.total]).to.deep.equal([false, 0]);
    const late = aCaller(unplanned);
    addCaller(budget, late);
    budget.backlog.withdraw(late);
    await time.pass(3 * MINUTE, 1_000);
  });

  it('makes another call for a caller that is added again after its call', async () => {
    const budget = budgetOf(6_000);
    const order: string[] = [];
    const caller = ask(budget, 'again', order);
    await time.pass(50);
    addCaller(budget, caller);
    await time.pass(50);
    expect(order).to.deep.equal(['again', 'again']);
  });

  it('has at most 512 calls under way, and gives a permit for each that ends', async () => {
    const budget = budgetOf(6_000);
    const endings: (() => void)[] = [];
    for (let calls = 0; calls < 600; calls += 1)
      addCaller(
        budget,
        aCaller(() => new Promise((resolve) => endings.push(resolve))),
      );
    await time.pass(8_000, 5);
    expect(endings).to.have.length(512);
    for (const end of endings.splice(0)) end();
    await time.pass(5_000, 5);
    expect(endings).to.have.length(88);
    budget.close();
  });

  describe('throttled', () => {
    it('pauses all its calls, and continues afterwards', async () => {
      const sent: number[] = [];
      const budget = budgetOf(6_000);
      besiege(budget, sent);
      await time.pass(1_000, 5);
      budget.throttled(time.now());
      sent.length = 0;
      await time.pass(495, 5);
      expect(sent).to.deep.equal([]);
      await time.pass(600, 5);
      expect(sent.length).to.be.greaterThan(1);
      budget.close();
    });

    it('loses no permit that comes during a pause, however many pauses there are', async () => {
      const sent: number[] = [];
      const budget = budgetOf(6_000);
      besiege(budget, sent);
      // In all, more permits than the 512 that may be in use at once.
      for (let pauses = 0; pauses < 30; pauses += 1) {
        budget.throttled(time.now(), 7_000);
        await time.pass(7_100, 50);
      }
      sent.length = 0;
      await time.pass(5_000, 50);
      expect(sent.length).to.be.greaterThan(10);
      budget.close();
    });

    it('remembers when it was last throttled', async () => {
      const budget = budgetOf(6_000);
      expect(budget.lastThrottledAt).to.equal(undefined);
      budget.throttled(time.now());
      const first = budget.lastThrottledAt;
      expect(first).to.equal(time.now());
      await time.pass(5_000);
      expect(budget.lastThrottledAt).to.equal(first);
      budget.throttled(time.now());
      expect(budget.lastThrottledAt).to.equal(time.now());
      budget.close();
    });

    it('pauses for longer each time in a row, up to a minute', async () => {
      const budget = budgetOf(6_000);
      const pauses: number[] = [];
      for (let times = 0; times < 9; times += 1) pauses.push(await pauseOf(budget));
      for (const [index, pause] of pauses.entries()) {
        const most = Math.min(1_000 * 2 ** index, MINUTE);
        expect(pause).to.be.within(most / 2, most + 100);
      }
      budget.close();
    });

    it('begins with short pauses again after a call that was let through', async () => {
      const budget = budgetOf(6_000);
      for (let times = 0; times < 5; times += 1) await pauseOf(budget);
      budget.accepted(time.now());
      expect(await pauseOf(budget)).to.be.at.most(1_100);
      budget.close();
    });

    it('ignores the answers to calls that were sent before the pause, throttled or not', async () => {
      const budget = budgetOf(6_000);
      for (let times = 0; times < 3; times += 1) await pauseOf(budget);
      const sentAt = time.now();
      await time.pass(100);
      budget.throttled(sentAt);
      await time.pass(100);
      budget.throttled(sentAt);
      budget.accepted(sentAt);
      await resumed(budget);
      expect(await pauseOf(budget)).to.be.within(8_000, 16_100);
      budget.close();
    });

    it('pauses again for a throttling at the end of a pause, in whichever order a stall runs them', async () => {
      const budget = budgetOf(6_000);
      budget.throttled(time.now());
      setTimeout(() => budget.throttled(time.now()), 10);
      await time.stall(2_000);
      const sent: string[] = [];
      ask(budget, 'next', sent);
      await time.pass(900, 10);
      expect(sent).to.deep.equal([]);
      budget.close();
    });

    it('pauses for as long as the answer says', async () => {
      const budget = budgetOf(6_000);
      budget.throttled(time.now(), 250);
      expect(await resumed(budget)).to.be.within(250, 450);
      await time.pass(1_000);
      budget.throttled(time.now(), 20_000);
      expect(await resumed(budget)).to.be.within(20_000, 20_200);
      budget.close();
    });

    it('comes back at half its rate, and has all of it again after 100 s', async () => {
      const sent: number[] = [];
      const budget = budgetOf(600);
      const full = budget.callsPerSecond;
      besiege(budget, sent);
      await time.pass(2_000);
      budget.throttled(time.now(), 1_000);
      expect(budget.callsPerSecond).to.equal(full / 2);
      await time.pass(2_000);
      sent.length = 0;
      await time.pass(7_000);
      expect(sent.length / 7).to.be.within(0.45 * full, 0.55 * full);
      await time.pass(50_000, 100);
      expect(budget.callsPerSecond).to.be.within(0.7 * full, 0.85 * full);
      await time.pass(45_000, 100);
      expect(budget.callsPerSecond).to.equal(full);
      sent.length = 0;
      await time.pass(10_000);
      expect(sent.length / 10).to.be.within(0.95 * full, 1.05 * full);
      budget.close();
    });

    it('counts calls that were throttled together as one event, however late their answers come', async () => {
      const budget = budgetOf(600);
      const full = budget.callsPerSecond;
      const sentAt = time.now();
      await time.pass(10);
      budget.throttled(sentAt, 100);
      await time.pass(5_000);
      budget.throttled(sentAt, 100);
      expect(budget.callsPerSecond).to.equal(full / 2);
      budget.close();
    });

    async function pauseOf(budget: Budget<Caller>): Promise<number> {
      budget.throttled(time.now());
      return await resumed(budget);
    }

    /** How long until the next call goes, ms. */
    async function resumed(budget: Budget<Caller>): Promise<number> {
      const began = time.now();
      const sent: string[] = [];
      ask(budget, 'next', sent);
      while (sent.length === 0) await time.pass(50, 25);
      return time.now() - began;
    }
  });

  it('keeps its rate when the wall clock is set back by an hour', async () => {
    const sent: number[] = [];
    const budget = budgetOf(600);
    besiege(budget, sent);
    await time.pass(10_000, 5);
    time.wallOffsetMs = -60 * MINUTE;
    sent.length = 0;
    await time.pass(10_000, 5);
    expect(sent.length).to.be.within(90, 100);
    budget.close();
  });

  it('gives no permit once closed, ends every wait for one, and keeps no caller waiting', async () => {
    const budget = budgetOf(600);
    for (let calls = 0; calls < 3; calls += 1) budget.backlog.add(aCaller(unplanned));
    const wait = budget.morePermits();
    budget.close();
    budget.close();
    await time.pass(2_000, 10);
    await wait;
    await budget.morePermits();
    expect([budget.next(), budget.needsPermits]).to.deep.equal([undefined, false]);
    expect([budget.isClosed, budget.backlog.total]).to.deep.equal([true, 0]);
  });

  it('ends every wait for a permit when it is closed during a pause', async () => {
    const budget = budgetOf(6_000);
    budget.throttled(time.now(), MINUTE);
    budget.backlog.add(aCaller(unplanned));
    const wait = budget.morePermits();
    await time.pass(1_000, 10);
    budget.close();
    await time.pass(10);
    await wait;
    expect(budget.next()).to.equal(undefined);
  });

  describe('between bursts', () => {
    const CALLS = 6_000;
    const { burst, reserve, minTimeMs } = pacing(CALLS);
    let budget: Budget<Caller>;
    let sent: number[];
    beforeEach(() => {
      budget = budgetOf(CALLS);
      sent = [];
    });
    afterEach(() => budget.close());

    /** The numbers of calls that were made together. */
    function bursts(): number[] {
      return [...Map.groupBy(sent, (at) => at).values()].map((calls) => calls.length);
    }

    it('makes no call for a poll: calls go together, one burst in the time that its calls take', async () => {
      besiege(budget, sent);
      await time.pass(2_000);
      sent.length = 0;
      await time.pass(10 * burst * minTimeMs);
      expect(bursts()).to.have.length.within(9, 11);
      expect(new Set(bursts())).to.deep.equal(new Set([burst]));
    });

    it('calls for an urgent caller at once, for as many as the reserve, however many polls wait', async () => {
      besiege(budget, sent);
      await time.pass(5_000);
      // Just after a burst.
      for (const before = sent.length; sent.length === before; ) await time.pass(1);
      const order: string[] = [];
      for (let asked = 0; asked < reserve; asked += 1) ask(budget, `urgent ${asked}`, order);
      expect(order).to.have.length(reserve);
      ask(budget, 'one more', order);
      expect(order).to.have.length(reserve);
      await time.pass(burst * minTimeMs + 10);
      expect(order.at(-1)).to.equal('one more');
    });

    it('calls for a poll at once where permits are left', async () => {
      addCallers(budget, time, sent, 100);
      await time.pass(5_000);
      expect(sent).to.have.length(100);
      for (let polls = 1; polls <= burst; polls += 1) {
        addCallers(budget, time, sent, 1);
        await time.pass(5);
        expect(sent).to.have.length(100 + polls);
      }
    });

    it('waits for one burst at a time, while more callers wait than the permits that are left', async () => {
      expect(budget.needsPermits).to.equal(false);
      for (let calls = 0; calls < 100; calls += 1) budget.backlog.add(aCaller(unplanned));
      expect(budget.needsPermits).to.equal(true);
      const wait = budget.morePermits();
      expect(budget.needsPermits).to.equal(false);
      await time.pass(50);
      await wait;
      expect(budget.needsPermits).to.equal(true);
    });

    it('calls in a burst of the lower rate after a throttling, also under another name', async () => {
      addCallers(budget, time, sent, 100);
      await time.pass(5_000);
      sent.length = 0;
      const other = budgetOf(CALLS);
      other.throttled(time.now(), 1_000);
      budget.inherit(other);
      other.close();
      besiege(budget, sent);
      await time.pass(1_000 + burst * minTimeMs);
      expect(Math.max(...bursts())).to.be.within(1, burst / 2);
    });

    it('keeps fewer permits than a burst and the reserve for callers to come', async () => {
      const first = aCaller(unplanned);
      budget.backlog.add(first);
      for (let comes = 0; comes < 10; comes += 1) {
        const wait = budget.morePermits();
        await time.pass(1_000, 10);
        await wait;
      }
      budget.backlog.withdraw(first);
      expect(budget.next()).to.equal(undefined);
      addCallers(budget, time, sent, 100, { priority: 'urgent' });
      expect(sent).to.have.length(burst + reserve - 1);
    });
  });

  it('counts the calls that were made for its account under another name, as long as they are recent', async () => {
    const [budget, other] = [budgetOf(600), budgetOf(600)];
    const sent: number[] = [];
    addCallers(other, time, [], 300);
    await time.pass(31_000, 10);
    budget.include(other);
    besiege(budget, sent);
    const included = time.now();
    await time.pass(MINUTE, 10);
    expect(sent.filter((at) => at < included + 29_000).length).to.be.within(280, 300);
    expect(sent.length).to.be.greaterThan(500);
    for (const each of [budget, other]) each.close();
  });
});

function unplanned(): never {
  throw new Error('this was not planned');
}
