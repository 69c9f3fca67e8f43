// What a soak finds: a leak of each kind is reported, and an operator as it should be is not.

import { expect } from 'chai';
import type { Sample } from '../../../../scripts/soak/sample.ts';
import { MEASURES, settled, verdictsOf } from '../../../../scripts/soak/verdict.ts';

const HOUR_OF_SAMPLES = 360;

const STEADY: Sample = {
  seconds: 0,
  leads: true,
  residentMiB: 150,
  heapMiB: 60,
  externalMiB: 5,
  sockets: 6,
  otherFiles: 20,
  resources: 15,
  loopLag: 0.002,
  pollLag: 0.5,
  cpuSeconds: 0,
};

/** An hour of an operator whose heap is a saw. @param change what is different after `part` of the hour */
function hour(change: (part: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: HOUR_OF_SAMPLES }, (_, index) => ({
    ...STEADY,
    seconds: index * 10,
    heapMiB: STEADY.heapMiB + (index % 6) * 5,
    ...change(index / HOUR_OF_SAMPLES),
  }));
}

function broken(samples: readonly Sample[], faultsAt: readonly number[] = []): string[] {
  return verdictsOf(samples, faultsAt)
    .filter(({ holds }) => !holds)
    .map(({ measure }) => measure);
}

describe('the verdicts of a soak', () => {
  it('find nothing in an hour in which nothing grows', () => {
    expect(broken(hour())).to.deep.equal([]);
    expect(verdictsOf(hour(), [])).to.have.length(MEASURES.length);
  });

  it('leave out what is held in the 150 s from the start of a fault, and count the lags in it', () => {
    const faultsAt = [0, 300, 600, 900, 1_200, 1_500];
    const isDuring = (seconds: number) => faultsAt.some((at) => seconds >= at && seconds < at + 150);
    const faulty = (change: Partial<Sample>) =>
      hour((part) => (isDuring(Math.round(part * HOUR_OF_SAMPLES) * 10) ? change : {}));
    const cut = faulty({ sockets: 0, residentMiB: 90, resources: 3 });
    expect(broken(cut)).to.have.length(3);
    expect(broken(cut, faultsAt)).to.deep.equal([]);
    expect(broken(faulty({ loopLag: 5 }), faultsAt)).to.deep.equal(['lag of the event loop, 99 of 100']);
  });

  const LEAKS: readonly (readonly [string, (part: number) => Partial<Sample>])[] = [
    ['resident memory', (part) => ({ residentMiB: 150 + 10 * part })],
    ['heap after collections', (part) => ({ heapMiB: 60 + 5 * part })],
    ['memory outside the heap', (part) => ({ externalMiB: 5 + 5 * part })],
    ['sockets between calls', (part) => ({ sockets: 6 + Math.floor(9 * part) })],
    ['other open files', (part) => ({ otherFiles: 20 + Math.floor(6 * part) })],
    ['timers and handles between calls', (part) => ({ resources: 15 + Math.floor(10 * part) })],
    ['lag of the event loop, 99 of 100', (part) => ({ loopLag: part > 0.9 ? 2 : 0 })],
    ['lag of a poll, 99 of 100', (part) => ({ pollLag: part > 0.9 ? 300 : 1 })],
  ];
  for (const [measure, change] of LEAKS)
    it(`find what is wrong with the measure: ${measure}`, () => {
      expect(broken(hour(change))).to.deep.equal([measure]);
    });

  it('find nothing in steps of the resident memory up to what the leader before had, and no further', () => {
    const before = verdictsOf(hour(), []);
    const grownTo = (residentMiB: number) =>
      verdictsOf(
        hour((part) => ({ residentMiB: part < 0.5 ? 130 : residentMiB })),
        [],
        before,
      ).filter(({ holds }) => !holds);
    expect(grownTo(157)).to.deep.equal([]);
    expect(grownTo(158).map(({ measure }) => measure)).to.deep.equal(['resident memory']);
  });

  it('find nothing where the heap is collected later and later', () => {
    const lazier = hour((part) => ({ heapMiB: STEADY.heapMiB + 50 * ((part * 30) % 1) * part }));
    expect(broken(lazier)).to.deep.equal([]);
  });

  it('find nothing where more and more calls are under way at the moment of a sample', () => {
    const busier = hour((part) => {
      const calls = Math.round(((part * 90) % 1) * 100 * part);
      return { sockets: STEADY.sockets + calls, resources: STEADY.resources + calls };
    });
    expect(broken(busier)).to.deep.equal([]);
  });

  it('miss polls on a leader, and not on a standby', () => {
    const silent = (leads: boolean) => hour(() => ({ leads, pollLag: Number.NaN }));
    expect(broken(silent(true))).to.deep.equal(['lag of a poll, 99 of 100']);
    expect(broken(silent(false))).to.deep.equal([]);
  });

  it('do not call an hour without samples flat', () => {
    expect(broken([])).to.include.members(['resident memory', 'sockets between calls']);
  });
});

describe('the samples that count', () => {
  it('are those after the warm-up of the part', () => {
    const counted = settled(hour(), 1_000, 600);
    expect([counted[0]?.seconds, counted.at(-1)?.seconds]).to.deep.equal([1_600, 3_590]);
  });

  it('are those of the last role, after a warm-up of it', () => {
    const tookOver = hour((part) => ({ leads: part >= 0.5 }));
    expect(settled(tookOver, 1_000, 600)[0]?.seconds).to.equal(2_400);
  });

  it('are those before and after a moment without the role', () => {
    const interrupted = hour((part) => ({ leads: part < 0.9 || part > 0.91 }));
    const counted = settled(interrupted, 1_000, 600);
    expect([counted[0]?.seconds, counted.at(-1)?.seconds]).to.deep.equal([1_600, 3_590]);
    expect(counted.every(({ leads }) => leads)).to.equal(true);
  });
});
