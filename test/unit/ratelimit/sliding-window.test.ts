// The calls of the last minute, never counted too low.

import { expect } from 'chai';
import { SlidingWindow } from '../../../src/ratelimit/sliding-window.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-01-01T00:00:00Z');

describe('a sliding window', () => {
  let history: SlidingWindow;
  beforeEach(() => {
    history = new SlidingWindow();
  });

  it('counts the calls of the last 60 s, and forgets older ones', () => {
    for (let at = 0; at < MINUTE; at += 1_000) history.add(START + at);
    expect(history.total(START + MINUTE - 1)).to.equal(60);
    expect(history.total(START + MINUTE + 100)).to.equal(59);
    expect(history.total(START + 2 * MINUTE)).to.equal(0);
  });

  it('never counts fewer calls than there were in any 60 s, and hardly more', () => {
    const times: number[] = [];
    let now = START;
    for (let call = 0; call < 5_000; call += 1) {
      now += Math.random() < 0.001 ? 30_000 : Math.random() * 50;
      times.push(now);
      history.add(now);
      const within = (ms: number) => times.filter((time) => time > now - ms).length;
      if (call % 50 === 0) expect(history.total(now)).to.be.within(within(MINUTE), within(MINUTE + 100));
    }
  });

  it('says when the count falls below a limit', () => {
    for (let at = 0; at < 10_000; at += 1_000) history.add(START + at);
    const now = START + 10_000;
    expect(history.belowAt(11, now)).to.equal(now);
    const free = history.belowAt(10, now);
    expect(free).to.be.within(START + MINUTE, START + MINUTE + 200);
    expect(history.total(free - 1)).to.equal(10);
    expect(history.total(free)).to.equal(9);
    const allFree = history.belowAt(1, free);
    expect(history.total(allFree)).to.equal(0);
  });

  it('says it also for calls that are all made now', () => {
    for (let call = 0; call < 3; call += 1) history.add(START);
    const free = history.belowAt(1, START);
    expect(free).to.be.within(START + MINUTE, START + MINUTE + 200);
    expect([history.total(free - 1), history.total(free)]).to.deep.equal([3, 0]);
  });

  it('takes in another’s calls at their own times', () => {
    const other = new SlidingWindow();
    history.add(START);
    other.add(START + 30_000);
    other.add(START + 30_000);
    history.include(other, START + 40_000);
    expect(history.total(START + 40_000)).to.equal(3);
    expect(history.total(START + MINUTE + 200)).to.equal(2);
    expect(history.total(START + MINUTE + 30_200)).to.equal(0);
    expect(other.total(START + 40_000)).to.equal(2);
  });

  it('takes in another’s call of this moment once, and none that is older than 60 s', () => {
    const other = new SlidingWindow();
    other.add(START);
    other.add(START + 2 * MINUTE);
    history.include(other, START + 2 * MINUTE);
    expect(history.total(START + 2 * MINUTE)).to.equal(1);
    const old = new SlidingWindow();
    old.add(START);
    history.include(old, START + 2 * MINUTE);
    expect(history.total(START + 2 * MINUTE)).to.equal(1);
  });

  it('includes a window without calls', () => {
    history.include(new SlidingWindow(), START);
    expect(history.total(START)).to.equal(0);
  });
});
