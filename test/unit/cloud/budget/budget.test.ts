// Calls in their turn: never more than the budget, hardly fewer, and who is asked for goes next.

import { expect } from 'chai';
import { Budget, type Caller } from '../../../../src/cloud/budget/budget.ts';
import { pacing } from '../../../../src/cloud/ratelimit/call-rate.ts';
import type { Priority } from '../../../../src/job/model/cloud-port.ts';
import { SteppedTime } from '../ratelimit/stepped-time.ts';

const MINUTE = 60_000;

describe('pacing', () => {
  it('leaves room, for every budget, for the turns that a stall makes late', () => {
    for (let calls = 1; calls <= 6_000; calls += 1) {
      const { minTimeMs, ahead } = pacing(calls);
      expect(MINUTE / minTimeMs + ahead, `${calls} calls a minute`).to.be.at.most(calls === 1 ? 1.5 : calls);
    }
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

  function budgetOf(callsPerMinute: number): Budget {
    return new Budget({ callsPerMinute, clock: time });
  }

  /** Keeps `budget` busy: 500 callers always wait, each noted in `sent` when it is called. */
  function besiege(budget: Budget, sent: number[]): void {
    for (let waiting = 0; waiting < 500; waiting += 1) {
      const caller = callerOf('scheduled', async () => {
        sent.push(time.now());
        budget.add(caller);
      });
      budget.add(caller);
    }
  }

  function ask(budget: Budget, name: string, order: string[], priority: Priority = 'urgent'): Caller {
    const caller = callerOf(priority, async () => void order.push(name));
    budget.add(caller);
    return caller;
  }

  for (const calls of [1, 2, 3, 7, 60, 99, 100, 199, 200, 600, 3_000, 6_000]) {
    it(`of ${calls} a minute holds in every sliding minute, through stalls of up to a second`, async () => {
      const sent: number[] = [];
      const budget = budgetOf(calls);
      besiege(budget, sent);
      await passWithStalls(calls < 10 ? 12 * MINUTE : 1.5 * MINUTE, calls);
      expect(mostInAMinute(sent)).to.be.within(calls < 600 ? 1 : 0.85 * calls, calls);
      budget.close();
    });

    it(`of ${calls} a minute holds through restarts, whenever they come`, async () => {
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
    it(`of ${calls} a minute is used to 97% while calls wait`, async () => {
      const sent: number[] = [];
      const budget = budgetOf(calls);
      besiege(budget, sent);
      await time.pass(1_000, 5);
      sent.length = 0;
      await time.pass(20_000, 5);
      expect(sent.length).to.be.at.least((0.97 * calls) / 3);
      budget.close();
    });

  /** Steps of a third of the pace, 6 ms at least, by a fixed sequence; and a stall of up to a second about every eight. */
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

  it('lets its first call go within 100 ms where the pace allows', async () => {
    const order: string[] = [];
    ask(budgetOf(3_000), 'first', order);
    await time.pass(60);
    expect(order).to.deep.equal(['first']);
  });

  it('lets who is asked for go within the next three, however many are due', async () => {
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

  it('tells how long each call waited, by lane', async () => {
    const waits: [Priority, number][] = [];
    const budget = new Budget({
      callsPerMinute: 60,
      clock: time,
      onWait: (priority, seconds) => waits.push([priority, seconds]),
    });
    ask(budget, 'a', [], 'urgent');
    ask(budget, 'b', [], 'retry');
    await time.pass(3_000);
    expect(waits.map(([priority]) => priority)).to.deep.equal(['urgent', 'retry']);
    expect(waits[1]?.[1]).to.be.within(2, 2.2);
  });

  it('lets those who no longer want leave without a call, at once', async () => {
    const budget = budgetOf(1);
    const caller = callerOf('scheduled', unplanned);
    budget.add(caller);
    expect([budget.waiting('scheduled'), budget.total]).to.deep.equal([1, 1]);
    budget.withdraw(caller);
    expect([budget.waiting('scheduled'), budget.total]).to.deep.equal([0, 0]);
    await time.pass(3 * MINUTE, 1_000);
  });

  it('calls who comes again after its call', async () => {
    const budget = budgetOf(6_000);
    const order: string[] = [];
    const caller = ask(budget, 'again', order);
    await time.pass(50);
    budget.add(caller);
    await time.pass(50);
    expect(order).to.deep.equal(['again', 'again']);
  });

  it('has at most 512 calls under way', async () => {
    const budget = budgetOf(6_000);
    const endings: (() => void)[] = [];
    for (let calls = 0; calls < 600; calls += 1)
      budget.add(callerOf('scheduled', () => new Promise((resolve) => endings.push(resolve))));
    await time.pass(8_000, 5);
    expect(endings).to.have.length(512);
    for (const end of endings.splice(0)) end();
    await time.pass(5_000, 5);
    expect(endings).to.have.length(88);
    budget.close();
  });

  describe('throttled', () => {
    it('pauses all its calls, and goes on afterwards', async () => {
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

    it('begins with short pauses again once a call went through', async () => {
      const budget = budgetOf(6_000);
      for (let times = 0; times < 5; times += 1) await pauseOf(budget);
      budget.accepted(time.now());
      expect(await pauseOf(budget)).to.be.at.most(1_100);
      budget.close();
    });

    it('takes what was under way meanwhile neither for another reason to pause nor for one to hurry', async () => {
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

    it('pauses anew when it is told so at the end of a pause, whichever comes first in a stall', async () => {
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

    it('pauses for as long as it is told', async () => {
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
      expect(sent.length / 10).to.be.within(0.95 * full, 1.01 * full);
      budget.close();
    });

    it('takes what was throttled together for one event, however late the answers', async () => {
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

    async function pauseOf(budget: Budget): Promise<number> {
      budget.throttled(time.now());
      return await resumed(budget);
    }

    /** How long until the next call goes, ms. */
    async function resumed(budget: Budget): Promise<number> {
      const began = time.now();
      const sent: string[] = [];
      ask(budget, 'next', sent);
      while (sent.length === 0) await time.pass(50, 25);
      return time.now() - began;
    }
  });

  it('goes on at its pace when somebody sets the wall clock back by an hour', async () => {
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

  it('gives no turn to those who have no use for it, and goes on to the next', async () => {
    const budget = budgetOf(60);
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const caller = callerOf('scheduled', unplanned);
      budget.add({ ...caller, ready: () => Boolean(order.push(`${name} is not ready`)) === false });
    }
    budget.add({ ...callerOf('scheduled', async () => void order.push('d is called')), deadline: 1 });
    await time.pass(1_200, 10);
    expect(order).to.have.members(['a is not ready', 'b is not ready', 'c is not ready', 'd is called']);
    expect(budget.total).to.equal(0);
    budget.close();
  });

  it('makes no call once closed, and keeps nobody waiting', async () => {
    const budget = budgetOf(6_000);
    let dismissed = 0;
    const caller = () => callerOf('scheduled', unplanned, () => (dismissed += 1));
    budget.add(caller());
    budget.close();
    budget.close();
    budget.add(caller());
    expect(dismissed).to.equal(2);
    await time.pass(1_000, 10);
  });
});

function callerOf(
  priority: Priority,
  call: () => Promise<void>,
  dismissed: () => void = () => undefined,
): Caller {
  return {
    priority,
    namespace: 'media',
    deadline: 0,
    withdrawn: false,
    waitingSince: 0,
    ready: () => true,
    call,
    dismissed,
  };
}

function unplanned(): never {
  throw new Error('this was not planned');
}

/** The most in any window of 60 s that begins with one of them. */
function mostInAMinute(sent: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [last, at] of sent.entries()) {
    while (at - (sent[first] as number) >= MINUTE) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
