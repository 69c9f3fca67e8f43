// Whatever happens to processes, clocks and the API server, two processes never lead at one instant of true
// time, and one leads when all is well again.

import { expect } from 'chai';
import { Candidate, DURATION_MS, TIMING } from '../../kit/candidate.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { FakeLease } from '../../kit/fakes/fake-lease.ts';

const RUNS = 40;
const STEPS = 60;

/**
 * Drift of clocks: far more than real clocks drift (2e-4), and less than the timing bears: (1 + r)/(1 − r) <
 * 15/10.
 */
const DRIFT = 0.15;

/** Generator of the same numbers for the same seed (Lehmer, modulus 2^31 − 1). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.floor((state / 2_147_483_647) * below);
  };
}

interface Scene {
  readonly world: FakeClock;
  readonly lease: FakeLease;
  readonly candidates: Candidate[];
  readonly random: (below: number) => number;
}

/** Faults, and how likely each is. */
const HAPPENINGS: readonly ((scene: Scene) => void)[] = [
  ({ candidates, random }) => candidates[random(candidates.length)]?.clock.freeze(),
  ({ candidates }) => leaderOf(candidates)?.clock.freeze(),
  ({ candidates }) => {
    for (const { clock } of candidates) clock.thaw();
  },
  ({ candidates, random }) => candidates[random(candidates.length)]?.clock.thaw(),
  ({ lease }) => lease.stall(),
  ({ lease }) => lease.resume(),
  ({ lease, random }) => {
    lease.watches = (['work', 'fail', 'are silent'] as const)[random(3)] ?? 'work';
  },
  ({ lease }) => lease.record && lease.set({}),
  ({ lease }) => lease.backUp(),
  ({ lease }) => lease.restore(LONGEST_TERM_MS + 1),
  ({ candidates, random }) => {
    const [one] = candidates.splice(random(candidates.length), 1);
    one?.clock.thaw();
    one?.stop();
  },
  ({ candidates, random, world, lease }) => {
    candidates.push(new Candidate(`c${random(1e9)}`, world, lease, rate(random)));
  },
];

/**
 * Longest term, in true ms. A restore takes longer: a process that starts sooner could take a free Lease of
 * the backup while the last leader still acts.
 */
const LONGEST_TERM_MS = TIMING.renewDeadlineMs / (1 - DRIFT);

describe('elections', () => {
  for (let seed = 0; seed < RUNS; seed += 1)
    it(`never have two leaders at one instant (seed ${seed})`, async () => {
      const random = randomFrom(seed);
      const world = new FakeClock();
      const latency = () => random(random(20) === 0 ? 8_000 : 50);
      const lease = new FakeLease(world, { durationMs: DURATION_MS, deadlineMs: 5_000, latency });
      const candidates = [0, 1, 2].map((index) => new Candidate(`c${index}`, world, lease, rate(random)));
      const scene = { world, lease, candidates, random };
      const all = new Set(candidates);
      for (let index = 0; index < STEPS; index += 1) {
        HAPPENINGS[random(HAPPENINGS.length)]?.(scene);
        for (const each of candidates) all.add(each);
        await pass(scene, [...all], random(random(2) === 0 ? 1_000 : 20_000));
      }
      await settle(scene);
      if (candidates.length > 0) expect(candidates.filter(({ isLeading }) => isLeading)).to.have.lengthOf(1);
    });
});

function rate(random: (below: number) => number): number {
  return 1 - DRIFT + (random(1_000) / 1_000) * 2 * DRIFT;
}

/** Checks every 250 ms, which is below every time that matters. */
async function pass({ world }: Scene, all: readonly Candidate[], ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    await world.advance(Math.min(left, 250));
    expect(all.filter(({ isLeading }) => isLeading).length).to.be.at.most(1);
  }
}

/** Ends all faults, for longer than any wait that began before. */
async function settle(scene: Scene): Promise<void> {
  scene.lease.watches = 'work';
  await pass(scene, scene.candidates, LONGEST_TERM_MS + 1);
  scene.lease.resume();
  for (const { clock } of scene.candidates) clock.thaw();
  await pass(scene, scene.candidates, 4 * DURATION_MS + TIMING.renewDeadlineMs);
}

function leaderOf(candidates: readonly Candidate[]): Candidate | undefined {
  return candidates.find(({ isLeading }) => isLeading);
}
