// `make bench`: what the operator costs on this machine, as tables in Markdown. Counts and ratios to compare, never gates.
// `node scripts/bench.ts 200 1000` takes other numbers of objects than 1,000 and 5,000; `node scripts/bench.ts lists 2000` measures
// observing by lists alone, of 2,000 objects instead of 10,000.

import { availableParallelism, cpus } from 'node:os';
import { measureLists } from './bench/lists.ts';
import { measureLoad } from './bench/load.ts';
import { listsTable, loadTable, startUpTable } from './bench/report.ts';
import { measureStartUp, type StartUp } from './bench/start-up.ts';

const SIZES = [1_000, 5_000];
const STARTS = 5;

const LISTED = 10_000;

const [only, ...rest] = process.argv.slice(2);
const isListsOnly = only === 'lists';
const sizes = (isListsOnly ? rest : process.argv.slice(2)).map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 1)) {
  console.error('usage: node scripts/bench.ts [lists] [number of objects …]');
  process.exit(2);
}

const startUp = isListsOnly ? [] : await measureStarts();
const loads = [];
if (!isListsOnly)
  for (const objects of sizes.length > 0 ? sizes : SIZES) loads.push(await measureLoad(objects, tell));
const lists = [];
for (const objects of isListsOnly && sizes.length > 0 ? sizes : [LISTED])
  lists.push(await measureLists(objects, tell));

console.log(
  `Node.js ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}\n`,
);
if (startUp.length > 0) console.log(startUpTable(startUp));
if (loads.length > 0) console.log(loadTable(loads));
console.log(listsTable(lists));

function measureStarts(): Promise<StartUp[]> {
  tell(`starting the operator ${STARTS} times`);
  return measureStartUp(STARTS);
}

function tell(line: string): void {
  console.error(`bench: ${line}`);
}
