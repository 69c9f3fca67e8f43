// `make bench`: what the operator costs on this machine, as tables in Markdown. Counts and ratios to compare, never gates.
// `node scripts/bench.ts 200 1000` takes other numbers of objects than 1,000 and 5,000.

import { availableParallelism, cpus } from 'node:os';
import { measureLoad } from './bench/load.ts';
import { loadTable, startUpTable } from './bench/report.ts';
import { measureStartUp } from './bench/start-up.ts';

const SIZES = [1_000, 5_000];
const STARTS = 5;

const sizes = process.argv.slice(2).map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 1)) {
  console.error('usage: node scripts/bench.ts [number of objects …]');
  process.exit(2);
}

tell(`starting the operator ${STARTS} times`);
const startUp = await measureStartUp(STARTS);
const loads = [];
for (const objects of sizes.length > 0 ? sizes : SIZES) loads.push(await measureLoad(objects, tell));

console.log(
  `Node.js ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}\n`,
);
console.log(startUpTable(startUp));
console.log(loadTable(loads));

function tell(line: string): void {
  console.error(`bench: ${line}`);
}
