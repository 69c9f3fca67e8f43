// `make bench` measures what the operator costs on this machine and prints tables in Markdown: counts and
// ratios to compare, never gates. Arguments of `node scripts/bench.ts`:
// - `200 1000`: other numbers of objects than 1,000 and 5,000
// - `lists 2000`: only observing by lists, of 2,000 objects instead of 10,000
// - `many`: only 100,000 objects
// - `refused`: only 5,000 objects whose key is revoked
// - `attacks chunks`: only attacks on the operator, of those the ones with `chunks` in their names

import { availableParallelism, cpus } from 'node:os';
import { measureAttacks } from './bench/attacks.ts';
import { measureHeld } from './bench/held.ts';
import { measureLists } from './bench/lists.ts';
import { measureLoad } from './bench/load.ts';
import { measureMany } from './bench/many.ts';
import { measureRefused } from './bench/refused.ts';
import {
  attacksTable,
  heldTable,
  listsTable,
  loadTable,
  manyTable,
  refusedTable,
  startUpTable,
} from './bench/report.ts';
import { measureStartUp } from './bench/start-up.ts';

const SIZES = [1_000, 5_000];
const STARTS = 5;
const LISTED = 10_000;
const MANY = 100_000;
const MINUTES = 3;
const REFUSED = 5_000;
const PARTS = ['lists', 'many', 'refused', 'attacks'] as const;

const [only, ...rest] = process.argv.slice(2);
const part = PARTS.find((each) => each === only);
const sizes = part === 'attacks' ? [] : (part ? rest : process.argv.slice(2)).map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 1)) {
  console.error(
    'usage: node scripts/bench.ts [lists | many | refused] [number of objects …] | attacks [part of a name …]',
  );
  process.exit(2);
}

console.log(
  `Node.js ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}\n`,
);
if (!part) {
  report(`starting the operator ${STARTS} times`);
  console.log(startUpTable(await measureStartUp(STARTS)));
  const loads = [];
  for (const objects of sizes.length > 0 ? sizes : SIZES) loads.push(await measureLoad(objects, report));
  console.log(loadTable(loads));
}
if (!part || part === 'lists') {
  const lists = [];
  for (const objects of part && sizes.length > 0 ? sizes : [LISTED])
    lists.push(await measureLists(objects, report));
  console.log(listsTable(lists));
}
if (!part || part === 'many') {
  console.log(heldTable(measureHeld()));
  for (const objects of part && sizes.length > 0 ? sizes : [MANY]) {
    report(`${objects} objects: until they are listed, and ${MINUTES} minutes`);
    console.log(manyTable(await measureMany(objects, MINUTES)));
  }
}
if (!part || part === 'refused')
  for (const objects of part && sizes.length > 0 ? sizes : [REFUSED])
    console.log(refusedTable(await measureRefused(objects, report)));
if (part === 'attacks') console.log(attacksTable(await measureAttacks(rest, report)));

function report(line: string): void {
  console.error(`bench: ${line}`);
}
