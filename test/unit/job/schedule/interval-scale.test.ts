// By how much intervals are stretched so that calls fit the budget: in steps, rarely, and without flapping.

import { expect } from 'chai';
import {
  factorOf,
  type Pressure,
  pressuresOf,
  Stretches,
  stretchFor,
  UNSTRETCHED,
} from '../../../../src/job/schedule/interval-scale.ts';
import { aJob } from '../../kit/a-job.ts';
import { AnOperator } from '../../kit/an-operator.ts';
import { fails, running } from '../../kit/answers.ts';
import { FakeClock } from '../../kit/fake-clock.ts';
import { shown } from '../../kit/shown.ts';

const T = 1_000_000;
const MINUTE = 60_000;

describe('a stretch', () => {
  function factorFor(load: number): number {
    return factorOf(stretchFor(UNSTRETCHED, load, 1, T));
  }

  it('is none as long as the demand fits', () => {
    expect([0, 0.5, 1].map(factorFor)).to.deep.equal([1, 1, 1]);
  });

  it('is the fewest steps of a quarter that make the demand fit', () => {
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
    const stretched = stretchFor(UNSTRETCHED, 2, 1, T);
    expect(stretchFor(stretched, 9, 1, T + MINUTE - 1)).to.equal(stretched);
    expect(stretchFor(stretched, 0, 1, T + MINUTE - 1)).to.equal(stretched);
    expect(stretchFor(stretched, 9, 1, T + MINUTE)).not.to.equal(stretched);
    expect(factorOf(stretchFor(stretched, 0, 1, T + MINUTE))).to.equal(1);
  });

  it('does not flap when the demand swings by a tenth around a step', () => {
    let stretch = UNSTRETCHED;
    const factors = new Set<number>();
    for (let minute = 0; minute < 60; minute += 1) {
      stretch = stretchFor(stretch, minute % 2 ? 1.26 : 1.15, 1, T + minute * MINUTE);
      if (minute > 1) factors.add(factorOf(stretch));
    }
    expect([...factors]).to.deep.equal([1.5625]);
  });

  it('is given back when the demand fits with a tenth to spare', () => {
    const stretched = stretchFor(UNSTRETCHED, 1.2, 1, T);
    expect(factorOf(stretchFor(stretched, 0.95, 1, T + MINUTE))).to.equal(1.25);
    expect(factorOf(stretchFor(stretched, 0.89, 1, T + MINUTE))).to.equal(1);
  });
});

describe('pressures', () => {
  it('are one for those of an account: what they ask for together', () => {
    const demand = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 4],
    ]);
    const pressures = pressuresOf(demand, 5, (identity) => (identity === 'c' ? 'c' : 'account'));
    expect(pressures.get('a')).to.deep.equal({ demand: 3, capacity: 5 });
    expect(pressures.get('b')).to.equal(pressures.get('a'));
    expect(pressures.get('c')).to.deep.equal({ demand: 4, capacity: 5 });
  });

  it('count what is asked of the account elsewhere', () => {
    const demand = new Map([
      ['a', 1],
      ['b', 2],
    ]);
    const accountOf = (identity: string) => `account ${identity}`;
    const pressures = pressuresOf(demand, 5, accountOf, (account) => (account === 'account a' ? 7 : 0));
    expect(pressures.get('a')).to.deep.equal({ demand: 8, capacity: 5 });
    expect(pressures.get('b')).to.deep.equal({ demand: 2, capacity: 5 });
  });

  it('stretch those that turn out to be of one account by one factor', () => {
    const clock = new FakeClock();
    let accountOf = (identity: string) => identity;
    const demand = new Map([
      ['a', 12],
      ['b', 1],
    ]);
    const stretches = new Stretches({ pressures: () => pressuresOf(demand, 10, accountOf), clock });
    expect([stretches.of('a'), stretches.of('b')]).to.deep.equal([1.25, 1]);
    accountOf = () => 'account';
    void clock.freeze(2 * MINUTE);
    expect([stretches.of('a'), stretches.of('b')]).to.deep.equal([1.5625, 1.5625]);
    demand.set('a', 9.5);
    demand.set('b', 0);
    void clock.freeze(2 * MINUTE);
    expect([stretches.of('a'), stretches.of('b')]).to.deep.equal([1.25, 1.25]);
  });
});

describe('stretches', () => {
  let clock: FakeClock;
  let pressures: Map<string, Pressure>;
  let looks: number;
  let stretches: Stretches;
  beforeEach(() => {
    clock = new FakeClock(T);
    pressures = new Map();
    looks = 0;
    stretches = new Stretches({
      pressures: () => {
        looks += 1;
        return pressures;
      },
      clock,
    });
  });

  it('are each account’s own', () => {
    pressures.set('media/busy', { demand: 20, capacity: 10 });
    pressures.set('media/idle', { demand: 1, capacity: 10 });
    expect(
      ['media/busy', 'media/idle', 'media/unknown'].map((identity) => stretches.of(identity)),
    ).to.deep.equal([1.25 ** 4, 1, 1]);
    expect([...stretches]).to.deep.equal([
      ['media/busy', 1.25 ** 4],
      ['media/idle', 1],
    ]);
  });

  it('are looked at every 10 s, however often they are asked for', async () => {
    for (let times = 0; times < 100; times += 1) stretches.of('media/a');
    expect(looks).to.equal(1);
    await clock.advance(10_000);
    stretches.of('media/a');
    expect(looks).to.equal(2);
  });

  it('of what nobody asks for any more are forgotten', async () => {
    pressures.set('media/a', { demand: 20, capacity: 10 });
    stretches.of('media/a');
    pressures.delete('media/a');
    await clock.advance(10_000);
    expect([...stretches]).to.deep.equal([]);
  });
});

describe('a stretched object', () => {
  it('is polled at the longer interval, says so, and is fresh for as many of those', async () => {
    const operator = new AnOperator({ stretch: 1.5625 });
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

  it('is fresh for no more than five of its own intervals each, however far it is stretched', async () => {
    const operator = new AnOperator({ stretch: 100 });
    await operator.applyAnswered(aJob().every('10s'), running());
    await operator.clock.advance(3 * 50_000 + 29_000);
    expect(shown(operator.status).Fresh).to.equal('True ObservationSucceeded');
    await operator.clock.advance(2_000);
    expect(shown(operator.status).Fresh).to.equal('False ObservationOverdue');
  });
});
