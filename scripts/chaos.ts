// `make chaos SEED=n MINUTES=m`: faults and users by the schedule of the seed, and an observer that compares
// what happens with the invariants. Prints each fault, counts every 30 s, and a table at the end. Exit code 1
// when an invariant was violated.

import { populationPlan } from '../test/chaos/population/population-plan.ts';
import { isKept, resultOf } from '../test/chaos/run/report.ts';
import { run } from '../test/chaos/run/run.ts';
import { scheduleOf } from '../test/chaos/schedule/schedule.ts';

const OBJECTS = 90;
const INTERVALS = ['10s', '12s', '15s', '20s'];
const PAUSE_MS = [500, 3_000] as const;

const [seed = 1, minutes = 10] = process.argv.slice(2).map(Number);
if (!Number.isInteger(seed) || seed < 0 || !(minutes >= 3)) {
  console.error('usage: make chaos SEED=n MINUTES=m; SEED is a whole number, MINUTES at least 3');
  process.exit(2);
}

const began = performance.now();
const print = (line: string) =>
  console.log(`${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${line}`);

const lengthMs = minutes * 60_000;
const faults = scheduleOf(seed, minutes);
// Odd seeds observe each job by a call of its own, even ones by lists where these take fewer calls.
const args = seed % 2 === 1 ? ['--observe-with=get'] : [];
const population = populationPlan({
  seed,
  lengthMs,
  objects: OBJECTS,
  intervals: INTERVALS,
  pauseMs: PAUSE_MS,
});
const result = await run({ faults, population, lengthMs, args }, print);
console.log(resultOf(result, `make chaos SEED=${seed} MINUTES=${minutes}`));
process.exit(isKept(result) ? 0 : 1);
