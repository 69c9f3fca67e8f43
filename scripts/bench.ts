// `make bench` measures what the operator costs on this machine and prints tables in Markdown. Arguments of
// `node scripts/bench.ts`:
//
// - none: the costs that have a target, with their floors (docs/performance.md); also in dist/bench.json.
//   Takes 15 minutes. Fails when a count that no load changes misses its target, and for no other row
// - `load 200 1000`: objects by Get on a real API server, 1,000 and 5,000 by default
// - `many`: 100,000 objects
// - `refused`: 5,000 objects whose key is revoked
// - `page`: 10,000 objects whose status page is read
// - `attacks chunks`: attacks on the operator, of those the ones with `chunks` in their names

import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { measureAttacks } from './bench/attacks.ts';
import { measureHeld } from './bench/held.ts';
import { measureLoad } from './bench/load.ts';
import { measureMany } from './bench/many.ts';
import { measurePage } from './bench/page.ts';
import { measureRefused } from './bench/refused.ts';
import {
  attacksTable,
  heldTable,
  loadTable,
  manyTable,
  pageTable,
  refusedTable,
  targetsTable,
} from './bench/report.ts';
import { meets } from './bench/targets/row.ts';
import { measureTargets } from './bench/targets/targets.ts';

const SIZES = [1_000, 5_000];
const MANY = 100_000;
const MINUTES = 3;
const REFUSED = 5_000;
const PAGED = 10_000;
const PARTS = ['load', 'many', 'refused', 'page', 'attacks'] as const;

const [only, ...rest] = process.argv.slice(2);
const part = PARTS.find((each) => each === only);
const sizes = part === 'attacks' ? [] : rest.map(Number);
if ((only !== undefined && !part) || sizes.some((size) => !Number.isInteger(size) || size < 1)) {
  console.error(
    'usage: node scripts/bench.ts [load | many | refused | page] [number of objects …] | attacks [part of a name …]',
  );
  process.exit(2);
}

console.log(
  `Node.js ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}\n`,
);
if (!part) {
  const rows = await measureTargets(report);
  console.log(targetsTable(rows));
  const machine = { node: process.version, cores: availableParallelism(), processor: cpus()[0]?.model };
  writeFileSync('dist/bench.json', `${JSON.stringify({ ...machine, at: new Date(), rows }, undefined, 2)}\n`);
  for (const row of rows.filter((each) => each.isExact && !meets(each))) {
    report(`${row.name}: ${row.measured} ${row.unit} instead of ${row.target}`);
    process.exitCode = 1;
  }
}
if (part === 'load') {
  const loads = [];
  for (const objects of sizes.length > 0 ? sizes : SIZES) loads.push(await measureLoad(objects, report));
  console.log(loadTable(loads));
}
if (part === 'many') {
  console.log(heldTable(measureHeld()));
  for (const objects of sizes.length > 0 ? sizes : [MANY]) {
    report(`${objects} objects: until they are listed, and ${MINUTES} minutes`);
    console.log(manyTable(await measureMany(objects, MINUTES)));
  }
}
if (part === 'refused')
  for (const objects of sizes.length > 0 ? sizes : [REFUSED])
    console.log(refusedTable(await measureRefused(objects, report)));
if (part === 'page')
  for (const objects of sizes.length > 0 ? sizes : [PAGED])
    console.log(pageTable(await measurePage(objects, report)));
if (part === 'attacks') console.log(attacksTable(await measureAttacks(rest, report)));

function report(line: string): void {
  console.error(`bench: ${line}`);
}
