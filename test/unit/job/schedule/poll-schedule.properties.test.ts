// When polls are due and how long they count, for any interval at any time.

import { expect } from 'chai';
import fc from 'fast-check';
import { FAILURE_KINDS, type Failure } from '../../../../src/job/model/failures.ts';
import { referenceHash } from '../../../../src/job/model/reference.ts';
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
  type ScheduleSettings,
} from '../../../../src/job/schedule/poll-schedule.ts';
import { holds } from '../../kit/for-any.ts';
import { CLUSTER_ID } from '../../kit/samples/a-job.ts';

const DAY = 24 * 60 * 60_000;

const intervalMs = fc.oneof(
  fc.integer({ min: 5_000, max: DAY }),
  fc.constantFrom(5_000, 60_000, 90_000, DAY),
);
const now = fc.integer({ min: Date.parse('2020-01-01T00:00:00Z'), max: Date.parse('2060-01-01T00:00:00Z') });
const target = fc
  .uuid()
  .map((jobID) => referenceHash({ credential: { namespace: 'media' }, clusterID: CLUSTER_ID, jobID }));
const settings: fc.Arbitrary<ScheduleSettings> = fc.record({
  intervalMs,
  minIntervalMs: fc.integer({ min: 1_000, max: DAY }),
  freshness: fc.integer({ min: 1, max: 20 }),
  intervalScale: fc.integer({ min: 0, max: 20 }).map((steps) => 1.25 ** steps),
});
const definitiveFailure: fc.Arbitrary<Failure | undefined> = fc.option(
  fc.constantFrom(...FAILURE_KINDS).map((kind) => ({ kind, message: 'as it is' })),
  { nil: undefined },
);

/** How much the grid moves polls: only intervals that are no multiples of it. */
function unevenness(interval: number): number {
  return interval % POLL_GRID_MS === 0 ? 0 : POLL_GRID_MS;
}

describe('for any target, interval and time', () => {
  it('the next poll is at the target’s own phase on the grid, 0.47 to 1.47 intervals after the last', () => {
    holds(
      fc.property(target, intervalMs, now, (hash, interval, last) => {
        const at = nextPoll(hash, interval, last);
        const phase = Number.parseInt(hash, 16) % interval;
        const early = (interval + phase - (at % interval)) % interval;
        expect(early).to.be.below(POLL_GRID_MS);
        expect(at % POLL_GRID_MS).to.equal(0);
        const earliest = last + LEAST_WAIT * interval;
        expect(at).to.be.at.least(earliest);
        expect(at).to.be.below(earliest + interval + unevenness(interval));
      }),
      1_000,
    );
  });

  it('heartbeats of punctual polls are at least half a period apart, and at most as far as a restart assumes', () => {
    holds(
      fc.property(target, intervalMs, now, (hash, interval, began) => {
        let stored = began;
        for (let at = began; at < began + 4 * heartbeatPeriod(interval); at = nextPoll(hash, interval, at)) {
          const due = isHeartbeatDue(hash, interval, stored, at);
          if (at - stored < heartbeatPeriod(interval) / 2) expect(due).to.equal(false);
          expect(at - stored).to.be.at.most(longestSilence(interval) + interval);
          if (due) stored = at;
        }
      }),
      300,
    );
  });

  it('an interval with a fraction of a millisecond is kept within the precision of a clock', () => {
    const fraction = fc
      .tuple(intervalMs, fc.integer({ min: 1, max: 999_999 }))
      .map(([ms, ns]) => ms + ns / 1e6);
    holds(
      fc.property(target, fraction, now, (hash, interval, last) => {
        expect(nextPoll(hash, interval, last)).to.be.within(
          last + LEAST_WAIT * interval,
          last + (1 + LEAST_WAIT) * interval + POLL_GRID_MS,
        );
      }),
      1_000,
    );
  });

  it('punctual polls stay one interval apart, and a restart between two of them keeps the next one', () => {
    holds(
      fc.property(
        target,
        intervalMs,
        now,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (hash, interval, last, part) => {
          const first = nextPoll(hash, interval, last);
          const second = nextPoll(hash, interval, first);
          expect(Math.abs(second - first - interval)).to.be.at.most(unevenness(interval));
          const restartedAt = first + 1 + Math.floor(part * (second - first - 1));
          expect(firstPoll(hash, interval, restartedAt)).to.equal(second);
        },
      ),
      1_000,
    );
  });

  it('a longer interval never makes the window or the heartbeat shorter, and both outlast a poll', () => {
    holds(
      fc.property(intervalMs, intervalMs, settings, (one, other, given) => {
        const [short, long] = [Math.min(one, other), Math.max(one, other)];
        expect(freshnessWindow(short, given)).to.be.at.most(freshnessWindow(long, given));
        expect(heartbeatPeriod(short)).to.be.at.most(heartbeatPeriod(long));
        expect(freshnessWindow(short, given)).to.be.at.least(short + 30_000);
        expect(heartbeatPeriod(short)).to.be.within(
          Math.max(short, 10 * 60_000),
          Math.max(short, 60 * 60_000),
        );
      }),
    );
  });

  it('the effective interval is the requested one or longer: by the minimum, the scale, or a definitive failure', () => {
    holds(
      fc.property(
        fc.option(fc.integer({ min: 5, max: 86_400 }), { nil: undefined }),
        settings,
        definitiveFailure,
        (seconds, given, judged) => {
          const spec = {
            clusterID: 'c',
            jobID: 'j',
            ...(seconds !== undefined && { interval: `${seconds}s` }),
          };
          const asked = seconds === undefined ? given.intervalMs : seconds * 1_000;
          const inForce = effectiveInterval(spec, given);
          const wished = Math.max(asked, given.minIntervalMs);
          if (given.intervalScale === 1) expect(inForce).to.equal(wished);
          else expect(inForce - wished * given.intervalScale).to.be.within(-1e-3, 1_000);
          expect(pollInterval(inForce, undefined)).to.equal(inForce);
          expect(pollInterval(inForce, judged)).to.be.within(inForce, Math.max(inForce, 60 * 60_000));
        },
      ),
    );
  });
});
