// When each key is due.

import { expect } from 'chai';
import type { Clock } from '../../../src/base/clock.ts';
import { Timetable } from '../../../src/controller/timetable.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';

describe('a timetable', () => {
  let clock: FakeClock;
  let due: { key: string; at: number }[];
  let timetable: Timetable<string>;
  let start: number;

  beforeEach(() => {
    clock = new FakeClock();
    start = clock.now();
    due = [];
    timetable = new Timetable<string>(clock, (key) => due.push({ key, at: clock.now() - start }));
  });

  it('reports each key at its instant, the earliest first', async () => {
    timetable.set('late', start + 300);
    timetable.set('early', start + 100);
    timetable.set('between', start + 200);
    await clock.advance(1_000);
    expect(due).to.deep.equal([
      { key: 'early', at: 100 },
      { key: 'between', at: 200 },
      { key: 'late', at: 300 },
    ]);
  });

  it('reports a key once', async () => {
    timetable.set('a', start + 100);
    timetable.set('a', start + 100);
    await clock.advance(1_000);
    expect(due).to.have.length(1);
    expect(timetable.get('a')).to.equal(undefined);
  });

  for (const [first, last] of [
    [100, 200],
    [200, 100],
  ] as const)
    it(`lets the last instant set win: ${last} after ${first}`, async () => {
      timetable.set('a', start + first);
      timetable.set('a', start + last);
      expect(timetable.get('a')).to.equal(start + last);
      await clock.advance(1_000);
      expect(due).to.deep.equal([{ key: 'a', at: last }]);
    });

  it('does not report a deleted key, and reports it when it is set again', async () => {
    timetable.set('a', start + 100);
    timetable.delete('a');
    await clock.advance(200);
    expect(due).to.deep.equal([]);
    timetable.set('a', start + 300);
    await clock.advance(200);
    expect(due).to.deep.equal([{ key: 'a', at: 300 }]);
  });

  it('reports a key immediately when its instant has passed', async () => {
    timetable.set('a', start - 5_000);
    await clock.advance(0);
    expect(due).to.deep.equal([{ key: 'a', at: 0 }]);
  });

  it('has one timer, however many keys', () => {
    for (let key = 1_000; key > 0; key -= 1) timetable.set(`key ${key}`, start + key);
    expect(clock.timers).to.equal(1);
  });

  it('accepts keys that are set while the timer fires', async () => {
    const again = new Timetable<string>(clock, (key) => {
      due.push({ key, at: clock.now() - start });
      if (due.length < 4) again.set(key, clock.now() + 100);
    });
    again.set('a', start + 100);
    await clock.advance(1_000);
    expect(due.map(({ at }) => at)).to.deep.equal([100, 200, 300, 400]);
    expect(clock.timers).to.equal(0);
  });

  it('sets the timer again when it fires early, as timers may', async () => {
    const early: Clock = Object.assign(Object.create(clock) as FakeClock, {
      after: (ms: number, callback: () => void) => clock.after(Math.min(ms, 40), callback),
      now: () => clock.now(),
    });
    const patient = new Timetable<string>(early, (key) => due.push({ key, at: clock.now() - start }));
    patient.set('a', start + 100);
    await clock.advance(1_000);
    expect(due).to.deep.equal([{ key: 'a', at: 100 }]);
  });

  it('forgets every key and the timer when it is cleared', async () => {
    timetable.set('a', start + 100);
    timetable.clear();
    expect(clock.timers).to.equal(0);
    expect(timetable.size).to.equal(0);
    timetable.set('b', start + 200);
    await clock.advance(1_000);
    expect(due).to.deep.equal([{ key: 'b', at: 200 }]);
  });
});
