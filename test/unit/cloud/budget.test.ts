// Calls in their turn: never more than the budget, hardly fewer, and who is asked for goes next.

import { expect } from 'chai';
import { Budget, pacing } from '../../../src/cloud/budget.ts';
import type { Lane } from '../../../src/job/ports.ts';
import { SteppedTime } from './stepped-time.ts';

const NEVER_ABORTED = new AbortController().signal;
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

describe('a budget', () => {
  let time: SteppedTime;
  beforeEach(() => {
    time = new SteppedTime();
  });
  afterEach(() => time.restore());

  function budgetOf(callsPerMinute: number): Budget {
    return new Budget({ callsPerMinute, clock: time });
  }

  /** Keeps `budget` busy: 500 calls always wait, each noted in `sent` when it begins. */
  function besiege(budget: Budget, sent: number[], lane: Lane = 'due'): void {
    const again = () => {
      const call = async () => void sent.push(time.now());
      void budget.run({ lane, deadline: 0, signal: NEVER_ABORTED }, call).then((result) => {
        if (result !== 'withdrawn') again();
      });
    };
    for (let waiting = 0; waiting < 500; waiting += 1) again();
  }

  function ask(budget: Budget, name: string, order: string[], lane: Lane = 'asked', deadline = 0): void {
    void budget.run({ lane, deadline, signal: NEVER_ABORTED }, async () => void order.push(name));
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
    for (let due = 0; due < 5_000; due += 1) ask(budget, 'due', order, 'due');
    await time.pass(5_000);
    const before = order.length;
    ask(budget, 'asked', order);
    await time.pass(500);
    expect(order.indexOf('asked') - before).to.be.within(0, 2);
    budget.close();
  });

  it('tells how long each call waited, by lane', async () => {
    const waits: [Lane, number][] = [];
    const budget = new Budget({
      callsPerMinute: 60,
      clock: time,
      onWait: (lane, seconds) => waits.push([lane, seconds]),
    });
    ask(budget, 'a', [], 'asked');
    ask(budget, 'b', [], 'retry');
    await time.pass(3_000);
    expect(waits.map(([lane]) => lane)).to.deep.equal(['asked', 'retry']);
    expect(waits[1]?.[1]).to.be.within(2, 2.2);
  });

  it('lets those who no longer want leave without a call, at once', async () => {
    const abort = new AbortController();
    const budget = budgetOf(1);
    let called = false;
    const result = budget.run({ lane: 'due', deadline: 0, signal: abort.signal }, async () => {
      called = true;
    });
    expect(budget.waiting('due')).to.equal(1);
    abort.abort();
    expect(await result).to.equal('withdrawn');
    expect(budget.waiting('due')).to.equal(0);
    await time.pass(3 * MINUTE, 1_000);
    expect(called).to.equal(false);
  });

  it('does not let in who has left before', async () => {
    const result = await budgetOf(60).run(
      { lane: 'due', deadline: 0, signal: AbortSignal.abort() },
      unplanned,
    );
    expect(result).to.equal('withdrawn');
  });

  it('gives what the call gives, and fails as it fails', async () => {
    const budget = budgetOf(6_000);
    const options = { lane: 'due', deadline: 0, signal: NEVER_ABORTED } as const;
    const good = budget.run(options, async () => 7);
    const bad = budget
      .run(options, () => Promise.reject(new Error('as planned')))
      .catch((error: Error) => error);
    await time.pass(50);
    expect(await good).to.equal(7);
    expect(await bad).to.have.property('message', 'as planned');
  });

  it('has at most 128 calls under way', async () => {
    const budget = budgetOf(6_000);
    const endings: (() => void)[] = [];
    for (let calls = 0; calls < 200; calls += 1)
      void budget.run({ lane: 'due', deadline: 0, signal: NEVER_ABORTED }, () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        endings.push(resolve);
        return promise;
      });
    await time.pass(5_000, 5);
    expect(endings).to.have.length(128);
    for (const end of endings.splice(0)) end();
    await time.pass(5_000, 5);
    expect(endings).to.have.length(72);
    budget.close();
  });

  describe('throttled', () => {
    it('pauses all its calls, and goes on afterwards', async () => {
      const sent: number[] = [];
      const budget = budgetOf(6_000);
      besiege(budget, sent);
      await time.pass(1_000, 5);
      budget.throttled();
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
      budget.accepted();
      expect(await pauseOf(budget)).to.be.at.most(1_100);
      budget.close();
    });

    it('takes what was under way meanwhile neither for another reason to pause nor for one to hurry', async () => {
      const budget = budgetOf(6_000);
      for (let times = 0; times < 3; times += 1) await pauseOf(budget);
      budget.throttled();
      budget.throttled();
      budget.accepted();
      await resumed(budget);
      expect(await pauseOf(budget)).to.be.within(8_000, 16_100);
      budget.close();
    });

    async function pauseOf(budget: Budget): Promise<number> {
      budget.throttled();
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

  it('dismisses everybody who waits, and serves those who come later', async () => {
    const budget = budgetOf(60);
    const results = ['asked', 'due', 'retry'].map((lane) =>
      budget.run({ lane: lane as Lane, deadline: 0, signal: NEVER_ABORTED }, unplanned),
    );
    budget.dismiss();
    expect(await Promise.all(results)).to.deep.equal(['withdrawn', 'withdrawn', 'withdrawn']);
    expect(budget.total).to.equal(0);
    const order: string[] = [];
    ask(budget, 'later', order);
    await time.pass(2_000, 10);
    expect(order).to.deep.equal(['later']);
  });

  it('makes no call once closed, and keeps nobody waiting', async () => {
    const budget = budgetOf(6_000);
    const waiting = budget.run({ lane: 'due', deadline: 0, signal: NEVER_ABORTED }, unplanned);
    budget.close();
    budget.close();
    expect(await waiting).to.equal('withdrawn');
    expect(await budget.run({ lane: 'due', deadline: 0, signal: NEVER_ABORTED }, unplanned)).to.equal(
      'withdrawn',
    );
    await time.pass(1_000, 10);
  });
});

function unplanned(): Promise<never> {
  throw new Error('no call was planned');
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
