// The tables of a soak, in Markdown.

import type { PhaseResult } from './phase.ts';
import type { Sample } from './sample.ts';

const COLUMNS: readonly (readonly [head: string, value: (sample: Sample) => number, digits: number])[] = [
  ['resident, MiB', ({ residentMiB }) => residentMiB, 0],
  ['heap, MiB', ({ heapMiB }) => heapMiB, 0],
  ['outside, MiB', ({ externalMiB }) => externalMiB, 1],
  ['sockets', ({ sockets }) => sockets, 0],
  ['files', ({ otherFiles }) => otherFiles, 0],
  ['timers, handles', ({ resources }) => resources, 0],
  ['loop lag, s', ({ loopLag }) => loopLag, 3],
  ['poll lag, s', ({ pollLag }) => pollLag, 1],
  ['processor, s', ({ cpuSeconds }) => cpuSeconds, 0],
];

/** What each process showed last. The head is printed with each table: an hour of them scrolls away. */
export function samplesTable(samples: readonly (readonly [process: string, Sample])[]): string {
  return table([
    ['min', 'process', ...COLUMNS.map(([head]) => head)],
    ...samples.map(([process, sample]) => [
      (sample.seconds / 60).toFixed(1),
      `${process}${sample.leads ? ', leads' : ''}`,
      ...COLUMNS.map(([, value, digits]) => figure(value(sample), digits)),
    ]),
  ]);
}

export function verdictsTable({ name, processes }: PhaseResult): string {
  return table([
    [name, 'measure', 'level', 'slope an hour', 'rule', 'verdict'],
    ...processes.flatMap(({ process, leads, verdicts }) =>
      verdicts.map(({ measure, unit, level, slopePerHour, rule, holds }) => [
        `${process}${leads ? ', leads' : ''}`,
        measure,
        `${figure(level, 2)} ${unit}`.trim(),
        slopePerHour === undefined ? '' : `${slopePerHour >= 0 ? '+' : ''}${slopePerHour.toFixed(2)}`,
        rule,
        holds ? 'holds' : 'BROKEN',
      ]),
    ),
  ]);
}

/** Empty where there is none, as the lag of polls on a standby. */
function figure(value: number, digits: number): string {
  return Number.isNaN(value) ? '' : value.toFixed(digits);
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}
