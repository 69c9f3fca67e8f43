// The factor by which intervals are longer so that calls fit the budget: exactly, rarely, and without
// flapping.

import { expect } from 'chai';
import {
  factorOf,
  type IntervalScale,
  largerScale,
  nextScale,
  type Share,
  scaledBy,
  shareOf,
  UNSCALED,
} from '../../../../src/job/schedule/interval-scale.ts';
import { AnOperator, SETTINGS } from '../../kit/an-operator.ts';
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
    const even = { calls: 1, callsWithRoom: 0.9 };
    expect(nextScale(UNSCALED, 1, even, T)).to.include({ steps: 0 });
  });

  it('has the fewest steps that leave a hundredth of the share', () => {
    for (const steps of [2, 3, 10, 70, 400])
      expect(scaleFor(UNSCALED, 0.99 * 1.01 ** steps, T), `${steps}`).to.include({ steps });
  });

  it('makes the demand fit, and uses 98% of the share', () => {
    for (let load = 1.001; load < 200; load *= 1.07)
      expect(load / factorFor(load), `${load}`).to.be.within(0.98, 0.99 + 1e-9);
  });

  it('changes once a minute at most, in either direction', () => {
    const stretched = scaleFor(UNSCALED, 2, T);
    const factorAfter = (demand: number, ms: number) => factorOf(scaleFor(stretched, demand, T + ms));
    expect([factorAfter(9, MINUTE - 1), factorAfter(0, MINUTE - 1)]).to.deep.equal(
      Array(2).fill(factorOf(stretched)),
    );
    expect(factorAfter(9, MINUTE)).to.be.greaterThan(9);
    expect(factorAfter(0, MINUTE)).to.equal(1);
  });

  /** The factors of an hour in which the demand changes each minute. */
  function hourOf(demandAt: (minute: number) => number): number[] {
    let scale = UNSCALED;
    return Array.from({ length: 60 }, (_, minute) => {
      scale = scaleFor(scale, demandAt(minute), T + minute * MINUTE);
      return factorOf(scale);
    });
  }

  function changesIn(factors: readonly number[]): number {
    return factors.filter((factor, index) => index > 0 && factor !== factors[index - 1]).length;
  }

  it('follows a demand that comes at any time while nothing is stretched', () => {
    let scale = UNSCALED;
    for (let second = 0; second <= 300; second += 10) scale = scaleFor(scale, 0.5, T + second * 1_000);
    expect(factorOf(scaleFor(scale, 2, T + 310_000))).to.be.greaterThan(2);
  });

  const growths: readonly (readonly [what: string, before: number, later: number, steps: number])[] = [
    ['by 5 steps at least while the demand grows', 1, 10 * MINUTE - 1, 6],
    ['by what is needed when the demand is new', 1, 10 * MINUTE, 2],
    ['by what is needed when nothing was stretched', 0, 2 * MINUTE, 2],
  ];
  for (const [what, before, later, steps] of growths)
    it(`grows ${what}`, () => {
      const scale = scaleFor({ steps: before, changedAt: T }, 0.99 * 1.01 ** 2, T + later);
      expect(scale).to.deep.equal({ steps, changedAt: T + later });
    });

  it('shrinks within a minute by 23 steps or more, which leave a tenth of the share', () => {
    const share = { calls: 1, callsWithRoom: 0.9 };
    const demand = 0.9 * 0.99 * 1.01 ** 40;
    const stepsFrom = (steps: number) => nextScale({ steps, changedAt: T }, demand, share, T + MINUTE).steps;
    expect([40 + 23, 40 + 22].map(stepsFrom)).to.deep.equal([40, 40 + 22]);
  });

  it('gives back what was not needed for 10 min, but not a single step', () => {
    const needed = 0.99 * 1.01 ** 20;
    const scaleAfter = (steps: number, ms: number) => {
      const watched = scaleFor({ steps, changedAt: T }, needed, T + MINUTE);
      return scaleFor(watched, needed, T + MINUTE + ms);
    };
    const [settled, settledAt] = [10 * MINUTE, T + 11 * MINUTE];
    expect(scaleAfter(22, settled)).to.deep.equal({ steps: 20, changedAt: settledAt });
    expect(scaleAfter(22, settled - 1).steps).to.equal(22);
    expect(scaleAfter(21, settled)).to.deep.equal({ steps: 21, changedAt: T });
    expect(scaleAfter(20, settled)).to.deep.equal({ steps: 20, changedAt: T });
  });

  it('does not flap when the demand swings by a tenth: it comes to fit the largest', () => {
    const factors = hourOf((minute) => (minute % 2 ? 1.26 : 1.15));
    expect(changesIn(factors)).to.be.at.most(2);
    expect(1.26 / (factors.at(-1) ?? 0)).to.be.within(0.97, 1);
  });

  it('changes every third minute while the demand grows each minute, and always makes it fit', () => {
    const demandAt = (minute: number) => 1.02 * 1.02 ** minute;
    const factors = hourOf(demandAt);
    expect(changesIn(factors)).to.be.within(15, 30);
    for (const [minute, factor] of factors.entries()) expect(demandAt(minute) / factor).to.be.within(0.92, 1);
  });

  it('follows a demand that has become smaller by less than a quarter after 10 min', () => {
    const factors = hourOf((minute) => (minute < 20 ? 2 : 1.8));
    expect(2 / (factors[29] ?? 0)).to.be.within(0.97, 1);
    expect(1.8 / (factors[41] ?? 0)).to.be.within(0.97, 1);
    expect(changesIn(factors)).to.equal(1);
  });

  it('follows a demand that has become much smaller within a minute, and leaves a tenth to spare', () => {
    const stretched = scaleFor(UNSCALED, 4, T);
    expect(1.5 / factorOf(scaleFor(stretched, 1.5, T + MINUTE))).to.be.within(0.88, 0.9);
  });

  it('is 1 again within a minute when the demand fits with a tenth to spare', () => {
    const stretched = scaleFor(UNSCALED, 1.2, T);
    expect(factorOf(scaleFor(stretched, 0.95, T + MINUTE))).to.equal(factorOf(stretched));
    expect(factorOf(scaleFor(stretched, 0.89, T + MINUTE))).to.equal(1);
  });
});

describe('the larger of two scales', () => {
  const rows: readonly (readonly [larger: IntervalScale, smaller: IntervalScale])[] = [
    [
      { steps: 2, changedAt: T },
      { steps: 1, changedAt: T + 1 },
    ],
    [{ steps: 2 }, { steps: 1, changedAt: T }],
    [
      { steps: 2, changedAt: T + 1 },
      { steps: 2, changedAt: T },
    ],
    [{ steps: 0, changedAt: T }, UNSCALED],
  ];
  for (const [larger, smaller] of rows)
    it(`of ${JSON.stringify(larger)} and ${JSON.stringify(smaller)} is the first, in either order`, () => {
      expect(largerScale(larger, smaller)).to.equal(larger);
      expect(largerScale(smaller, larger)).to.equal(larger);
    });
});

describe('the settings of an object', () => {
  it('have the scale of its credential, and are the operator’s while that is 1', () => {
    const scales: Record<string, number> = { account: 2 };
    const settingsOf = scaledBy(({ name = '' }) => scales[name] ?? 1, SETTINGS);
    expect(settingsOf(aJob().build())).to.equal(SETTINGS);
    expect(settingsOf(aJob().withSecret('account').build())).to.deep.equal({ ...SETTINGS, intervalScale: 2 });
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
    const operator = new AnOperator({ intervalScale: 1.6 });
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
