/** What `status` shows of the objects: the view of the status page, as a table and as data. */
import type { EdgeTranscodeJob } from '../api/edge-transcode-job.ts';
import { ageText } from '../overview/age-text.ts';
import { ALARMING, type Problem, type Row, rowOf } from '../overview/row.ts';
import { countGroups, worstFirst } from '../overview/selection.ts';
import type { Cell, Style, Table } from './common/output.ts';

/** The rows of objects, the worst first. */
export function rowsOf(jobs: Iterable<EdgeTranscodeJob>): Row[] {
  return Array.from(jobs, (job) => rowOf(job, undefined)).sort(worstFirst);
}

export function isAlarming(rows: Iterable<Row>): boolean {
  for (const { problem } of rows) if (ALARMING.has(problem)) return true;
  return false;
}

const STYLES: Readonly<Partial<Record<Problem, Style>>> = {
  NotAsExpected: ['bold', 'red'],
  NotReady: 'red',
  NotFresh: 'yellow',
  Suspended: 'gray',
};

export interface TableOptions {
  readonly showsNamespace: boolean;
  readonly isWide: boolean;
  /** Unix seconds. */
  readonly now: number;
}

export function statusTable(rows: readonly Row[], { showsNamespace, isWide, now }: TableOptions): Table {
  return {
    head: [
      ...(showsNamespace ? ['NAMESPACE'] : []),
      'NAME',
      'PROBLEM',
      'JOB',
      'STATE',
      'SINCE',
      'OBSERVED',
      'EXPECTED',
      'REASON',
      ...(isWide ? ['CLUSTER', 'JOB-ID'] : []),
      'MESSAGE',
    ],
    rows: rows.map((row) => cellsOf(row, { showsNamespace, isWide, now })),
  };
}

function cellsOf(row: Row, { showsNamespace, isWide, now }: TableOptions): Cell[] {
  const { namespace, name, problem, jobName, state, stateSince, observedAt, expectedState, condition } = row;
  const isFine = problem === 'None';
  const style = STYLES[problem];
  const since = Date.parse(stateSince ?? '') / 1_000;
  const texts = [
    ...(showsNamespace ? [namespace] : []),
    name,
    isFine ? '-' : problem,
    jobName || '-',
    state,
    Number.isNaN(since) ? '-' : ageText(now - since),
    observedAt === undefined ? 'never' : ageText(now - observedAt),
    expectedState ?? '-',
    isFine ? '-' : (condition?.reason ?? '-'),
    ...(isWide ? [row.object.spec.clusterID, row.object.spec.jobID] : []),
    isFine ? '' : oneLine(condition?.message ?? ''),
  ];
  const problemColumn = showsNamespace ? 2 : 1;
  return texts.map((text, column) => (style && column === problemColumn ? { text, style } : { text }));
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ');
}

/** One object as JSON and YAML give it. Times are RFC 3339; what is not known is left out. */
export interface StatusItem {
  readonly namespace: string;
  readonly name: string;
  readonly problem: Problem;
  readonly alarming: boolean;
  readonly clusterID: string;
  readonly jobID: string;
  readonly jobName?: string;
  readonly state: string;
  readonly stateSince?: string;
  readonly lastObservedTime?: string;
  readonly expectedState?: string;
  readonly asExpected?: string;
  readonly reason?: string;
  readonly message?: string;
}

export function statusItem(row: Row): StatusItem {
  const { namespace, name, problem, jobName, state, stateSince, expectedState, asExpected, condition } = row;
  const { spec, status } = row.object;
  return {
    namespace,
    name,
    problem,
    alarming: ALARMING.has(problem),
    clusterID: spec.clusterID,
    jobID: spec.jobID,
    ...(jobName && { jobName }),
    state,
    ...(stateSince && { stateSince }),
    ...(status.lastObservedTime && { lastObservedTime: status.lastObservedTime }),
    ...(expectedState && { expectedState }),
    ...(asExpected && { asExpected }),
    ...(condition && { reason: condition.reason, message: condition.message }),
  };
}

const COUNTED: readonly (readonly [Problem, string])[] = [
  ['NotAsExpected', 'not as expected'],
  ['NotReady', 'not ready'],
  ['NotFresh', 'not fresh'],
  ['Pending', 'pending'],
  ['Suspended', 'suspended'],
  ['None', 'fine'],
];

/** Counts the objects by problem in a sentence, the worst first. */
export function summaryOf(rows: readonly Row[]): string {
  const counts = countGroups(rows);
  const parts = COUNTED.flatMap(([problem, words]) => {
    const count = counts.get(problem) ?? 0;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  return `${rows.length} ${rows.length === 1 ? 'object' : 'objects'}: ${parts.join(', ')}`;
}
