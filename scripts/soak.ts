// `make soak`: two replicas with 10,000 objects by List, of which 1 % change each minute, for an hour, and
// for another hour with a fault every 5 minutes. Samples of both processes are taken from outside. A table
// every 5 minutes; at the end the slope of each measure and its verdict, and all samples in dist/soak.json.
// The exit code is 1 when something grows, lags or ends. HOURS or MINUTES of each part, and OBJECTS, make it
// shorter.

import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { startWorld } from '../test/integration/support/world.ts';
import { FAULTS, LEADER_KILLED } from './soak/faults.ts';
import { soakOptions } from './soak/options.ts';
import { type PhaseResult, runPhase } from './soak/phase.ts';
import { Population } from './soak/population.ts';
import { Replicas } from './soak/replicas.ts';
import { samplesTable, verdictsTable } from './soak/report.ts';

const CHANGES_A_MINUTE = 0.01;

/** Time in which all objects get their first status. */
const FIRST_STATUSES_MS = 60_000;

const { objects, minutes } = soakOptions(process.env);
const began = performance.now();
const now = () => (performance.now() - began) / 1_000;

await using world = await startWorld({ auditLog: false });
report(`creating ${objects} objects`);
const population = await Population.create(world, objects);
report('starting two replicas');
await using replicas = await Replicas.start(world);
await delay(FIRST_STATUSES_MS);

const stage = { world, population, replicas };
const changes = Math.max(2, Math.round(objects * CHANGES_A_MINUTE));
const events = {
  fault: (name: string) => report(`fault: ${name}`),
  skipped: (why: string) => report(`not all made: ${why}`),
  table: (samples: Parameters<typeof samplesTable>[0]) => console.log(samplesTable(samples)),
};
const phases: PhaseResult[] = [];
for (const part of [
  { name: 'calm', faults: [] },
  { name: 'with faults', first: LEADER_KILLED, faults: FAULTS },
]) {
  report(`${part.name}: ${minutes} minutes, ${changes} changes a minute`);
  phases.push(await runPhase(stage, { ...part, minutes, changes, before: phases.at(-1) }, now, events));
}

for (const phase of phases) console.log(verdictsTable(phase));
mkdirSync('dist', { recursive: true });
const machine = { node: process.version, cores: availableParallelism() };
writeFileSync('dist/soak.json', `${JSON.stringify({ ...machine, at: new Date(), objects, phases })}\n`);
for (const { name, processes, troubles } of phases) {
  for (const trouble of troubles) fail(`${name}: ${trouble}`);
  for (const { process: of, verdicts } of processes)
    for (const { measure, rule } of verdicts.filter(({ holds }) => !holds))
      fail(`${name}: ${measure} of ${of} is not as it must be: ${rule}`);
}

function fail(line: string): void {
  report(line);
  process.exitCode = 1;
}

function report(line: string): void {
  const [load = 0] = loadavg();
  console.error(`soak: ${(now() / 60).toFixed(1)} min, load ${load.toFixed(1)}: ${line}`);
}
