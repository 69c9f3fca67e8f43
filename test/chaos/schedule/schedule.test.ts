import { expect } from 'chai';
import fc from 'fast-check';
import { populationPlan } from '../population/population-plan.ts';
import { KIND_NAMES, kindOf } from './kinds.ts';
import { type PlannedFault, scheduleOf } from './schedule.ts';
import { shortSchedule } from './short-schedule.ts';

const seeds = fc.nat({ max: 2 ** 31 });
const minutes = fc.integer({ min: 3, max: 40 });

const POPULATION = {
  lengthMs: 600_000,
  objects: 40,
  intervals: ['10s', '20s'],
  pauseMs: [500, 3_000],
} as const;

describe('the schedule of a seed', () => {
  it('is the same each time', () => {
    fc.assert(
      fc.property(seeds, minutes, (seed, length) => {
        expect(scheduleOf(seed, length)).to.deep.equal(scheduleOf(seed, length));
        expect(populationPlan({ ...POPULATION, seed })).to.deep.equal(
          populationPlan({ ...POPULATION, seed }),
        );
      }),
      { numRuns: 30 },
    );
  });

  it('is another one for another seed', () => {
    expect(scheduleOf(1, 10)).not.to.deep.equal(scheduleOf(2, 10));
    expect(populationPlan({ ...POPULATION, seed: 1 })).not.to.deep.equal(
      populationPlan({ ...POPULATION, seed: 2 }),
    );
  });

  it('begins as that of a longer run does', () => {
    const [short, long] = [scheduleOf(7, 6), scheduleOf(7, 20)];
    expect(long.slice(0, 5)).to.deep.equal(short.slice(0, 5));
  });

  it('has no two faults of a group at a time, three at most, and ends with a calm', () => {
    fc.assert(
      fc.property(seeds, minutes, (seed, length) => {
        const faults = scheduleOf(seed, length);
        for (const fault of faults) expectRoomFor(fault, faults);
        expect(Math.max(...faults.map(endOf))).to.be.at.most(length * 60_000 - 110_000);
      }),
      { numRuns: 50 },
    );
  });

  it('comes to every kind of fault in ten seeds of ten minutes', () => {
    const kinds = Array.from({ length: 10 }, (_, seed) => scheduleOf(seed + 1, 10)).flat();
    expect(new Set(kinds.map(({ kind }) => kind))).to.have.all.keys(KIND_NAMES);
  });
});

describe('the short schedule', () => {
  it('ends within 35 s, with no two faults of a group at a time', () => {
    const faults = shortSchedule();
    expect(Math.max(...faults.map(endOf))).to.be.at.most(35_000);
    for (const fault of faults) expect(beside(fault, faults).filter(sharesGroup(fault))).to.deep.equal([]);
  });
});

describe('the population of a seed', () => {
  it('creates only what is not there, and changes only what is', () => {
    const { first, acts } = populationPlan({ ...POPULATION, seed: 3 });
    const there = new Set(first.map(({ name }) => name));
    for (const { act, slot } of acts) {
      if (act.includes('the job')) continue;
      expect(there.has(slot.name), `${act} ${slot.name}`).to.equal(act !== 'create');
      if (act === 'create') there.add(slot.name);
      if (act === 'delete') there.delete(slot.name);
    }
  });
});

function expectRoomFor(fault: PlannedFault, faults: readonly PlannedFault[]): void {
  const others = faults.filter((each) => each !== fault && each.at <= fault.at && endOf(each) > fault.at);
  expect(others.filter(sharesGroup(fault))).to.deep.equal([]);
  expect(others.length).to.be.at.most(2);
}

function beside(fault: PlannedFault, faults: readonly PlannedFault[]): PlannedFault[] {
  return faults.filter((each) => each !== fault && each.at < endOf(fault) && endOf(each) > fault.at);
}

function sharesGroup(fault: PlannedFault): (other: PlannedFault) => boolean {
  return ({ kind }) => kindOf(kind).group === kindOf(fault.kind).group;
}

function endOf({ at, lasts }: PlannedFault): number {
  return at + lasts;
}
