// Time as a parameter. The system clock is tested with Node's mocked timers, so that no test waits.

import { mock } from 'node:test';
import { expect } from 'chai';
import { rfc3339, sleepOn, systemClock, wallTimeOf } from '../../../src/base/clock.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';

const DAY_MS = 24 * 3_600_000;

describe('the system clock', () => {
  /** The delays that setTimeout received. */
  let delays: number[];

  beforeEach(() => {
    delays = [];
    mock.timers.enable({ apis: ['setTimeout'] });
    const mocked = globalThis.setTimeout;
    mock.method(globalThis, 'setTimeout', (callback: () => void, delay: number) => {
      delays.push(delay);
      // The mocked timers do not drop fractions.
      return mocked(callback, Math.trunc(delay));
    });
  });
  afterEach(() => {
    mock.reset();
  });

  it('calls back once after the time', () => {
    let calls = 0;
    systemClock.after(1_000, () => (calls += 1));
    mock.timers.tick(1_000);
    expect(calls).to.equal(0);
    mock.timers.tick(1);
    mock.timers.tick(10_000);
    expect(calls).to.equal(1);
  });

  it('does not call back before the time, although setTimeout drops fractions', () => {
    let calls = 0;
    systemClock.after(2.3, () => (calls += 1));
    // The first of them may have been over in part.
    mock.timers.tick(3);
    expect(calls).to.equal(0);
    mock.timers.tick(1);
    expect(calls).to.equal(1);
  });

  it('does not call back after it is cancelled', () => {
    let calls = 0;
    systemClock.after(1_000, () => (calls += 1)).cancel();
    mock.timers.tick(2_000);
    expect(calls).to.equal(0);
  });

  it('calls back immediately for a time in the past, without the negative delay of which Node.js warns', () => {
    let calls = 0;
    systemClock.after(-5, () => (calls += 1));
    mock.timers.tick(1);
    expect(calls).to.equal(1);
    expect(Math.min(...delays)).to.be.at.least(0);
  });

  it('waits for months, where setTimeout would fire immediately', () => {
    let calls = 0;
    systemClock.after(60 * DAY_MS, () => (calls += 1));
    // Twice the longest wait of setTimeout, and the rest of the 60 days.
    mock.timers.tick(2 ** 31 - 1);
    mock.timers.tick(2 ** 31 - 1);
    mock.timers.tick(60 * DAY_MS - 2 * (2 ** 31 - 1));
    expect(calls).to.equal(0);
    mock.timers.tick(1);
    expect(calls).to.equal(1);
  });

  it('can be cancelled in the middle of months', () => {
    let calls = 0;
    const timer = systemClock.after(60 * DAY_MS, () => (calls += 1));
    for (let day = 0; day < 30; day += 1) mock.timers.tick(DAY_MS);
    timer.cancel();
    for (let day = 0; day < 60; day += 1) mock.timers.tick(DAY_MS);
    expect(calls).to.equal(0);
  });

  it('returns Unix time, and never goes back', () => {
    const readings = Array.from({ length: 100 }, () => systemClock.now());
    expect(readings).to.deep.equal([...readings].sort((a, b) => a - b));
    expect(Math.abs((readings[0] as number) - systemClock.date().getTime())).to.be.below(DAY_MS);
  });

  it('sleeps', async () => {
    const slept = systemClock.sleep(1_000);
    mock.timers.tick(1_001);
    await slept;
  });
});

describe('sleepOn', () => {
  it('ends when the time has passed', async () => {
    const clock = new FakeClock();
    let ended = false;
    const sleeping = sleepOn(clock, 1_000).then(() => (ended = true));
    await clock.advance(999);
    expect(ended).to.equal(false);
    await clock.advance(1);
    await sleeping;
  });

  it('rejects with the reason when it is aborted, and leaves no timer', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const sleeping = sleepOn(clock, 1_000, abort.signal).catch((error: unknown) => error);
    const reason = new Error('enough');
    abort.abort(reason);
    expect(await sleeping).to.equal(reason);
    expect(clock.timers).to.equal(0);
  });

  it('does not begin when it is already aborted', async () => {
    const clock = new FakeClock();
    const reason = await sleepOn(clock, 1_000, AbortSignal.abort('no')).catch((error: unknown) => error);
    expect(reason).to.equal('no');
    expect(clock.timers).to.equal(0);
  });

  it('leaves no listener on the signal when the time has passed', async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    let listening = 0;
    const { signal } = abort;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listening += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listening -= 1;
      remove(...args);
    };
    const sleeping = sleepOn(clock, 10, signal);
    await clock.advance(10);
    await sleeping;
    expect(listening).to.equal(0);
  });
});

describe('rfc3339', () => {
  it('writes UTC in whole seconds', () => {
    expect(rfc3339(new Date('2026-01-01T08:00:00.999+08:00'))).to.equal('2026-01-01T00:00:00Z');
  });
});

describe('the wall time of an instant', () => {
  it('follows a wall clock that is put right after the instant', async () => {
    const clock = new FakeClock('2026-01-01T00:00:00Z');
    const at = clock.now();
    await clock.advance(5_000);
    clock.wallOffsetMs = 3_600_000;
    expect(new Date(wallTimeOf(clock, at)).toISOString()).to.equal('2026-01-01T01:00:00.000Z');
    expect(clock.date().getTime() - wallTimeOf(clock, at)).to.equal(5_000);
  });
});
