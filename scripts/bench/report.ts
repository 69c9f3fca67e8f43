// The measurements as tables in Markdown.

import { broken, type Measured } from '../../test/integration/support/attacks/measured.ts';
import type { Load, Phase } from './load.ts';
import type { Many, Minute } from './many.ts';
import { type Beside, halfAnd99, type PageCost } from './page.ts';
import type { Refused, Spent } from './refused.ts';
import { meets, type Row } from './targets/row.ts';

const BYTES_PER_MIB = 1_024 * 1_024;

/** A row that misses its target has an exclamation mark. */
export function targetsTable(rows: readonly Row[]): string {
  const number = (value: number | undefined) =>
    value === undefined ? '' : rounded(value, value < 1 ? 3 : value < 10 ? 2 : value < 100 ? 1 : 0);
  const target = ({ target: value, isLeast }: Row) =>
    value === undefined ? '' : `${isLeast ? '≥' : '≤'} ${number(value)}`;
  return table([
    ['What', 'unit', 'target', 'measured', 'floor'],
    ...rows.map((row) => [
      row.name,
      row.unit,
      target(row),
      `${number(row.measured)}${meets(row) ? '' : ' !'}`,
      number(row.floor),
    ]),
  ]);
}

export function loadTable(loads: readonly Load[]): string {
  const row = (name: string, value: (load: Load) => string) => [name, ...loads.map(value)];
  const phase = (name: string, value: (phase: Phase, load: Load) => string) => [
    row(`until all are Ready: ${name}`, (load) => value(load.toReady, load)),
    row(`an idle minute: ${name}`, (load) => value(load.idleMinute, load)),
  ];
  const each =
    (count: (phase: Phase) => number) =>
    (measured: Phase, { objects }: Load) =>
      `${rounded(count(measured))} (${rounded(count(measured) / objects, 2)} an object)`;
  return table([
    ['Objects', ...loads.map(({ objects }) => rounded(objects))],
    row('interval, s', ({ intervalSeconds }) => rounded(intervalSeconds)),
    row('--calls-per-minute', ({ callsPerMinute }) => rounded(callsPerMinute)),
    row('all are Ready after, s', ({ secondsToReady }) => rounded(secondsToReady, 1)),
    row('that is, of the calls the budget allows', used),
    ...phase(
      'calls',
      each(({ calls }) => calls),
    ),
    ...phase('throttled', ({ throttled }) => rounded(throttled)),
    ...phase(
      'status writes',
      each(({ statusWrites }) => statusWrites),
    ),
    ...phase('other requests to the API server', ({ otherRequests }) => rounded(otherRequests)),
    ...phase('processor time, s', ({ cpuSeconds }) => rounded(cpuSeconds, 1)),
    ...phase('processor time a call, ms', ({ cpuSeconds, calls }) =>
      rounded((cpuSeconds * 1_000) / calls, 1),
    ),
    row(
      'connections to the API server: opened, open at the end',
      ({ connections: { opened, open } }) => `${opened}, ${open}`,
    ),
    row('a scrape of /metrics, ms', ({ scrape }) => rounded(scrape.milliseconds)),
    row('a scrape of /metrics, kB', ({ scrape }) => rounded(scrape.kilobytes)),
    row('resident memory at the end, MiB', ({ residentMiB }) => rounded(residentMiB)),
  ]);
}

export function manyTable(many: Many): string {
  const perMinute = (value: (minute: Minute) => number) => rounded(mean(many.minutes.map(value)), 1);
  const perObject = ((many.residentMiB.end - many.emptyMiB) * BYTES_PER_MIB) / many.objects;
  return table([
    ['As after a restart, from a made-up API server', `${rounded(many.objects)} objects`],
    ['interval, s', rounded(many.intervalSeconds)],
    ['listed after, s', rounded(many.secondsToListed, 1)],
    ['until then: processor time, s', rounded(many.cpuSecondsToListed, 1)],
    [`a minute of the ${many.minutes.length} after: calls`, perMinute(({ calls }) => calls)],
    ['status writes, heartbeats all', perMinute(({ statusWrites }) => statusWrites)],
    ['processor time, s', perMinute(({ cpuSeconds }) => cpuSeconds)],
    ['resident memory at its highest, MiB', rounded(many.residentMiB.most)],
    ['resident memory at the end, MiB', rounded(many.residentMiB.end)],
    ['resident memory without objects, MiB', rounded(many.emptyMiB)],
    ['resident memory an object, bytes', rounded(perObject)],
    ['a scrape of /metrics, ms', rounded(many.scrapeMilliseconds)],
  ]);
}

export function refusedTable({ objects, healthy, revoked }: Refused): string {
  const row = (name: string, value: (spent: Spent) => string) => [name, value(healthy), value(revoked)];
  return table([
    [`${rounded(objects)} objects at 60 s, a minute`, 'good key', 'revoked key'],
    row('calls', ({ calls }) => rounded(calls)),
    row('visits a second', ({ visits }) => rounded(visits / 60, 1)),
    row('processor time, s', ({ cpuSeconds }) => rounded(cpuSeconds, 2)),
    row('of the processor time with a good key', ({ cpuSeconds }) =>
      rounded(cpuSeconds / healthy.cpuSeconds, 3),
    ),
  ]);
}

export function pageTable({ objects, intervalSeconds, alone, read }: PageCost): string {
  const row = (name: string, value: (beside: Beside) => string) => [
    name,
    value(alone),
    ...read.map(({ beside }) => value(beside)),
  ];
  const both = (values: readonly number[]) =>
    halfAnd99(values)
      .map((value) => rounded(value))
      .join(', ');
  return table([
    [
      `${rounded(objects)} objects at ${intervalSeconds} s`,
      'no readers',
      ...read.map(({ rate }) => `${rate} pages a second`),
    ],
    row('polls', ({ polls }) => rounded(polls)),
    row('sent later than scheduled, on average, ms', ({ lag }) => rounded(lag.mean * 1_000, 1)),
    row('the same, 99 of 100, s: at most', ({ lag }) => rounded(lag.most, 2)),
    row('/livez, half and 99 of 100, ms', ({ livez }) => both(livez)),
    row('processor time, s', ({ cpuSeconds }) => rounded(cpuSeconds, 1)),
    [
      'pages, refused',
      '',
      ...read.map(({ pages, refused }) => `${rounded(pages.length)}, ${rounded(refused)}`),
    ],
    ['a page, half and 99 of 100, ms', '', ...read.map(({ pages }) => both(pages))],
  ]);
}

export function attacksTable(measured: readonly Measured[]): string {
  const head = [
    'Attack',
    'took place',
    'peak memory, MiB',
    'worst /livez, ms',
    'of it without a processor',
    "victim's polls late",
    'longest gap, s',
    'new object Ready, s',
    'log lines a second',
    'open files',
    'result',
  ];
  const row = (each: Measured) => [
    each.attack.name,
    `${rounded(each.count)} ${each.attack.counts}`,
    rounded(each.peakMiB ?? Number.NaN),
    rounded(each.livez.worstMs),
    rounded(each.livez.worstMs - each.livez.worstOwnMs),
    `${each.victim.late} of ${each.victim.polls}`,
    rounded(each.victim.longestGapMs / 1_000, 1),
    rounded((each.newcomerMs ?? Number.NaN) / 1_000, 1),
    rounded(each.logLinesPerSecond, 1),
    rounded(each.openFiles),
    broken(each).join('; ') || 'held',
  ];
  return table([head, ...measured.map(row)]);
}

/** Bytes per object, by holder. */
export function heldTable(held: readonly (readonly [holder: string, bytes: number])[]): string {
  const total = held.reduce((sum, [, bytes]) => sum + bytes, 0);
  const rows = [...held, ['in all', total] as const].map(([holder, bytes]) => [holder, rounded(bytes)]);
  return table([['Heap an object', 'bytes'], ...rows]);
}

/** How much of its budget the operator used until all were Ready. */
function used({ toReady, secondsToReady, callsPerMinute }: Load): string {
  return `${rounded((100 * toReady.calls) / ((callsPerMinute / 60) * secondsToReady))} %`;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function rounded(value: number, digits = 0): string {
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** The first row is the head; numbers are to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return `${[head, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
