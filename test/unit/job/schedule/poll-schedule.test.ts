// When to poll, how long an observation stays fresh, how often to write a heartbeat.

import { expect } from 'chai';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { referenceHash, referenceOf } from '../../../../src/job/model/reference.ts';
import {
  effectiveInterval,
  firstPoll,
  freshnessWindow,
  heartbeatPeriod,
  isHeartbeatDue,
  LEAST_WAIT,
  longestSilence,
  nextPoll,
  POLL_GRID_MS,
  pollInterval,
  requestedInterval,
} from '../../../../src/job/schedule/poll-schedule.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { failure, NOW } from '../../kit/samples/some-facts.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('the interval', () => {
  it("is the object's, else the operator's", () => {
    expect(requestedInterval(aJob().every('90s').build().spec, SETTINGS)).to.equal(90 * SECOND);
    expect(requestedInterval(aJob().build().spec, SETTINGS)).to.equal(60 * SECOND);
  });

  it('is raised to the minimum', () => {
    const { spec } = aJob().every('5s').build();
    expect(effectiveInterval(spec, { ...SETTINGS, minIntervalMs: 30 * SECOND })).to.equal(30 * SECOND);
    expect(requestedInterval(spec, { ...SETTINGS, minIntervalMs: 30 * SECOND })).to.equal(5 * SECOND);
  });

  it('is rounded to a tenth of a second only where it is scaled', () => {
    const settings = { ...SETTINGS, intervalMs: 12_345 };
    const { spec } = aJob().build();
    expect(effectiveInterval(spec, settings)).to.equal(12_345);
    expect(effectiveInterval(spec, { ...settings, intervalScale: 1.01 })).to.equal(12_500);
  });

  const slowed: readonly (readonly [FailureKind, number, number])[] = [
    ['JobNotFound', MINUTE, 5 * MINUTE],
    ['PermissionDenied', MINUTE, 5 * MINUTE],
    ['OperationDenied', MINUTE, 5 * MINUTE],
    ['JobNotFound', HOUR, HOUR],
    ['InvalidReference', MINUTE, HOUR],
    ['InvalidReference', 24 * HOUR, 24 * HOUR],
    ['AuthenticationFailed', MINUTE, MINUTE],
    ['ServerError', MINUTE, MINUTE],
  ];
  for (const [kind, interval, poll] of slowed)
    it(`of ${interval / MINUTE} min is ${poll / MINUTE} min after ${kind}`, () => {
      expect(pollInterval(interval, failure(kind))).to.equal(poll);
    });

  it('is scaled, too, where it is longer than the effective interval', () => {
    expect(pollInterval(4 * MINUTE, failure('JobNotFound'), { intervalScale: 2 })).to.equal(10 * MINUTE);
    expect(pollInterval(20 * MINUTE, failure('JobNotFound'), { intervalScale: 2 })).to.equal(20 * MINUTE);
  });

  it('of polls that confirm a failure is scaled, too', () => {
    const missing = { kind: 'JobNotFound', isRecent: true } as const;
    expect(pollInterval(HOUR, missing, { intervalScale: 2 })).to.equal(40 * SECOND);
    expect(pollInterval(30 * SECOND, missing, { intervalScale: 2 })).to.equal(30 * SECOND);
  });

  it('stays as it is without a definitive failure', () => {
    expect(pollInterval(MINUTE, undefined)).to.equal(MINUTE);
  });
});

describe('the freshness window', () => {
  it('is 3 intervals and 30 s', () => {
    expect(freshnessWindow(MINUTE, SETTINGS)).to.equal(3 * MINUTE + 30 * SECOND);
  });

  it('follows slow polls', () => {
    const slow = pollInterval(MINUTE, failure('JobNotFound'));
    expect(freshnessWindow(slow, SETTINGS)).to.equal(15 * MINUTE + 30 * SECOND);
  });

  it('counts as many intervals as the option says', () => {
    expect(freshnessWindow(MINUTE, { ...SETTINGS, freshness: 10 })).to.equal(10 * MINUTE + 30 * SECOND);
  });
});

describe('the heartbeat', () => {
  const periods: readonly (readonly [string, number, number])[] = [
    ['10 min at least', 5 * SECOND, 10 * MINUTE],
    ['10 min at 60 s', MINUTE, 10 * MINUTE],
    ['ten intervals in between', 2 * MINUTE, 20 * MINUTE],
    ['1 h at most', 10 * MINUTE, HOUR],
    ['every poll where polls are as rare', HOUR, HOUR],
    ['every poll where polls are rarer', 24 * HOUR, 24 * HOUR],
  ];
  for (const [what, interval, period] of periods)
    it(`is ${what}`, () => {
      expect(heartbeatPeriod(interval)).to.equal(period);
    });

  /** An instant of the target: a quarter of the interval of 1 min before its phase within 10 min. */
  const TARGET = '0000abcd';
  const INSTANT = NOW + 0xabcd - 15 * SECOND;
  const HALF = 5 * MINUTE;

  const due: readonly (readonly [what: string, stored: number, observed: number, isDue: boolean])[] = [
    ['one period after an instant', INSTANT, INSTANT + 2 * HALF, true],
    ['not sooner', INSTANT, INSTANT + 2 * HALF - 1, false],
    ['at an instant half a period after a write', INSTANT - HALF - 1, INSTANT, true],
    ['not at a time before that instant', INSTANT - HALF - 2, INSTANT - 1, false],
    ['not for an instant that is closer to a write', INSTANT - HALF + 1, INSTANT + 2 * HALF - 1, false],
    ['at the instant after that', INSTANT - HALF + 1, INSTANT + 2 * HALF, true],
    ['not for a stored time that is a little ahead', INSTANT + HALF, INSTANT, false],
    ['for a stored time that is far ahead', INSTANT + HALF + 1, INSTANT, true],
  ];
  for (const [what, stored, observed, isDue] of due)
    it(`is due ${what}`, () => {
      expect(isHeartbeatDue(TARGET, MINUTE, stored, observed)).to.equal(isDue);
    });

  it('comes after one and a half periods at the latest, and a poll', () => {
    expect([MINUTE, HOUR].map(longestSilence)).to.deep.equal([15 * MINUTE, 90 * MINUTE]);
  });
});

describe('the next poll', () => {
  it("falls at the target's own instant on the grid, the same in every process and every round", () => {
    const phase = nextPoll('0000abcd', MINUTE, NOW) % MINUTE;
    for (let last = NOW; last < NOW + HOUR; last += 7_919)
      expect(nextPoll('0000abcd', MINUTE, last) % MINUTE).to.equal(phase);
    expect(phase).to.equal((0xabcd % MINUTE) - (0xabcd % POLL_GRID_MS));
  });

  it('is the first such instant at least 0.47 intervals after the last', () => {
    for (let last = NOW; last < NOW + 2 * MINUTE; last += 997) {
      const next = nextPoll('0000abcd', MINUTE, last);
      expect(next - last).to.be.within(LEAST_WAIT * MINUTE, (1 + LEAST_WAIT) * MINUTE);
    }
  });

  it('is one interval after a punctual poll', () => {
    const instant = nextPoll('0000abcd', MINUTE, NOW);
    expect(nextPoll('0000abcd', MINUTE, instant)).to.equal(instant + MINUTE);
  });

  it('is now when it is due now', () => {
    const instant = nextPoll('0000abcd', MINUTE, NOW);
    expect(firstPoll('0000abcd', MINUTE, instant)).to.equal(instant);
  });

  it('ignores fractions of a millisecond', () => {
    const instant = nextPoll('0000abcd', MINUTE, NOW);
    expect(nextPoll('0000abcd', MINUTE, instant + 0.3)).to.equal(instant + MINUTE);
  });

  it('spreads many targets evenly over the interval', () => {
    const slots = new Array<number>(60).fill(0);
    for (let job = 0; job < 6_000; job += 1) {
      const { spec, ...rest } = aJob().build();
      const target = referenceHash(referenceOf({ ...rest, spec: { ...spec, jobID: `job-${job}` } }));
      const slot = Math.floor((nextPoll(target, MINUTE, NOW) % MINUTE) / SECOND);
      slots[slot] = (slots[slot] ?? 0) + 1;
    }
    // 100 are expected in each second; 5 standard deviations of a Poisson distribution are 50.
    for (const count of slots) expect(count).to.be.within(50, 150);
  });

  it('spreads over a day as well, as 32 bits are many days of milliseconds', () => {
    const last = nextPoll('ffffffff', 24 * HOUR, NOW) % (24 * HOUR);
    expect(last).to.be.within((0xffffffff % (24 * HOUR)) - POLL_GRID_MS, 0xffffffff % (24 * HOUR));
  });
});
