// `make fuzz`: gives every border generated inputs, and prints what it found. Exit code 1 after a finding.
// Environment: BORDER (its name; default: all), RUNS (inputs of a border), SEED (of the inputs; default: a
// new one, which is printed), REPLAY (the input of a finding, with its BORDER and SEED).

import { BORDERS } from '../test/fuzz/borders.ts';
import { fuzzed, type Report } from '../test/fuzz/kit/border.ts';
import { writtenStatuses } from '../test/fuzz/world/written-statuses.ts';

const RUNS = 100_000;

/** The last one needs an API server. */
const ALL = [...BORDERS, fuzzed(writtenStatuses)];

// The Makefile sets all of them, to nothing if they are not given.
const [border, givenSeed, replay] = ['BORDER', 'SEED', 'REPLAY'].map(
  (name) => process.env[name] || undefined,
);
const seed = numberOf('SEED') ?? Math.floor(Math.random() * 2 ** 31);
const runs = numberOf('RUNS') ?? RUNS;
const chosen = ALL.filter(({ name }) => border === undefined || border === name);
if (chosen.length === 0) {
  console.error(`BORDER: no border ${border}; there are ${ALL.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
if (replay !== undefined && (border === undefined || givenSeed === undefined)) {
  console.error('REPLAY: needs BORDER and SEED of the finding');
  process.exit(2);
}

console.log(`seed ${seed}\n`);
console.log(row('border', 'inputs', 'inputs/s', 'slowest ms', 'findings'));
const reports: Report[] = [];
for (const { fuzz } of chosen) {
  const report = await fuzz({ seed, runs, replay });
  const { inputs, seconds, slowestMs, finding } = report;
  console.log(
    row(report.border, inputs, (inputs / seconds).toFixed(0), slowestMs.toFixed(1), finding ? 1 : 0),
  );
  reports.push(report);
}
for (const { border: name, finding } of reports)
  if (finding) console.log(`\n${name}: ${finding.error}\ninput: ${finding.input}\nagain: ${finding.replay}`);
// What an endpoint held open must not keep the process.
process.exit(reports.some(({ finding }) => finding) ? 1 : 0);

function numberOf(name: string): number | undefined {
  const text = process.env[name];
  if (!text) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  console.error(`${name}: ${JSON.stringify(text)} is not a whole number`);
  process.exit(2);
}

function row(border: string, ...cells: (string | number)[]): string {
  return [border.padEnd(16), ...cells.map((cell) => `${cell}`.padStart(10))].join(' ');
}
