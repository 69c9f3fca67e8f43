// The factor by which intervals are longer so that calls fit the budget: in steps, rarely, and without
// flapping.

import { expect } from 'chai';
import {
  factorOf,
  type IntervalScale,
  nextScale,
  type Share,
  shareOf,
  UNSCALED,
} from '../../../../src/job/schedule/interval-scale.ts';
import { AnOperator } from '../../kit/an-operator.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { fails, running } from '../../kit/samples/answers.ts';
import { shown } from '../../kit/shown.ts';

const T = 1_000_000;
const MINUTE = 60_000;

/** The share of a namespace that is alone with its account, which may make 1 call per second. */
function aloneWith(demand: number): Share {
  return shareOf(new Map([['media', demand]]), 1);
}

function scaleFor(before: IntervalScale, demand: number, now: number): IntervalScale {
  return nextScale(before, demand, aloneWith(demand), now);
}

describe('an interval scale', () => {
  function factorFor(load: number): number {
    return factorOf(scaleFor(UNSCALED, load, T));
  }

  it('is 1 as long as the demand fits', () => {
    expect([0, 0.5, 1].map(factorFor)).to.deep.equal([1, 1, 1]);
  });

  it('takes the fewest steps of a quarter that make the demand fit', () => {
    expect([1.01, 1.25, 1.26, 1.5625, 10].map(factorFor)).to.deep.equal([
      1.25,
      1.25,
      1.5625,
      1.5625,
      1.25 ** 11,
    ]);
    for (let load = 1; load < 200; load *= 1.07) expect(load / factorFor(load)).to.be.within(0.79, 1.000001);
  });

  it('changes once a minute at most, in either direction', () => {
    const stretched = scaleFor(UNSCALED, 2, T);
    expect(scaleFor(stretched, 9, T + MINUTE - 1)).to.equal(stretched);
    expect(scaleFor(stretched, 0, T + MINUTE - 1)).to.equal(stretched);
    expect(scaleFor(stretched, 9, T + MINUTE)).not.to.equal(stretched);
    expect(factorOf(scaleFor(stretched, 0, T + MINUTE))).to.equal(1);
  });

  it('does not flap when the demand swings by a tenth around a step', () => {
    let intervalScale = UNSCALED;
    const factors = new Set<number>();
    for (let minute = 0; minute < 60; minute += 1) {
      intervalScale = scaleFor(intervalScale, minute % 2 ? 1.26 : 1.15, T + minute * MINUTE);
      if (minute > 1) factors.add(factorOf(intervalScale));
    }
    expect([...factors]).to.deep.equal([1.5625]);
  });

  it('shrinks when the demand fits with a tenth to spare', () => {
    const stretched = scaleFor(UNSCALED, 1.2, T);
    expect(factorOf(scaleFor(stretched, 0.95, T + MINUTE))).to.equal(1.25);
    expect(factorOf(scaleFor(stretched, 0.89, T + MINUTE))).to.equal(1);
  });
});

describe('an object whose interval is scaled', () => {
  it('is polled more rarely after a definitive failure, too', async () => {
    const operator = new AnOperator({ intervalScale: 2 });
    await operator.applyAnswered(aJob().every('10s'), fails('PermissionDenied'));
    operator.cloud.always(fails('PermissionDenied'));
    operator.clear();
    await operator.clock.advance(60 * 60_000);
    expect(operator.cloud.takeCalls()).to.have.length(6);
  });

  it('is polled at the longer interval, shows it, and is fresh for as many of these intervals', async () => {
    const operator = new AnOperator({ intervalScale: 1.5625 });
    await operator.applyAnswered(aJob().every('10s'), running());
    expect(operator.status.effectiveInterval).to.equal('16s');
    operator.clear();
    operator.cloud.always(running());
    await operator.clock.advance(16 * 60_000);
    expect(operator.cloud.takeCalls()).to.have.length(60);
    operator.cloud.always(fails('ServerError'));
    await operator.clock.advance(60_000);
    expect(shown(operator.status).Fresh).to.equal('True ObservationSucceeded');
    await operator.clock.advance(30_000);
    expect(shown(operator.status).Fresh).to.equal('False ObservationOverdue');
  });

  it('counts at most five of its own intervals for each scaled one in its freshness, at any scale', async () => {
    const operator = new AnOperator({ intervalScale: 100 });
    await operator.applyAnswered(aJob().every('10s'), running());
    await operator.clock.advance(3 * 50_000 + 29_000);
    expect(shown(operator.status).Fresh).to.equal('True ObservationSucceeded');
    await operator.clock.advance(2_000);
    expect(shown(operator.status).Fresh).to.equal('False ObservationOverdue');
  });
});
