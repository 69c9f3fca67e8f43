/**
 * Which rows an overview shows, and in which order: filtered, sorted and cut into pages. The question is kept
 * as the parameters of a URL.
 */
import { STATES } from '../api/edge-transcode-job.ts';
import { forEachInTurns, sortInTurns } from './in-turns.ts';
import { ALARMING, PROBLEMS, type Problem, type Row } from './row.ts';

export const SORTS = ['worst', 'name', 'state', 'since', 'observed'] as const;
export type Sort = (typeof SORTS)[number];

/** A group of rows: all, those with any alarming problem, those with one problem, those of one state. */
export const GROUPS = ['all', 'alarming', ...PROBLEMS, ...STATES] as const;
export type Group = (typeof GROUPS)[number];

export interface Question {
  /** Every word must be in the namespace, the name, the job's name or ID, the cluster's ID or the reason. */
  readonly search: string;
  /** Empty: all. */
  readonly namespace: string;
  readonly group: Group;
  readonly sort: Sort;
  /** The first is 1. */
  readonly page: number;
}

export const EVERYTHING: Question = { search: '', namespace: '', group: 'all', sort: 'worst', page: 1 };

export interface Selection {
  readonly rows: readonly Row[];
  /** Number of rows on all pages. */
  readonly total: number;
  /** The page that is shown: the last one if the question names a later one. */
  readonly page: number;
  readonly pages: number;
}

/** Rows of a page: some screens full, and an answer of 60 KiB. */
export const ROWS_PER_PAGE = 100;

/** Longest search, in characters, and most words of it: each word is looked for in every row. */
const LONGEST_SEARCH = 200;
const MOST_WORDS = 8;

const PARAMETERS = {
  search: 'q',
  namespace: 'namespace',
  group: 'show',
  sort: 'sort',
  page: 'page',
} as const;

/** Reads a question from the parameters of a URL. What cannot be understood is left out. */
export function questionOf(parameters: URLSearchParams): Question {
  const text = (name: keyof typeof PARAMETERS) =>
    (parameters.get(PARAMETERS[name]) ?? '').trim().slice(0, LONGEST_SEARCH);
  const page = Number(text('page'));
  return {
    search: text('search'),
    namespace: text('namespace'),
    group: GROUPS.find((each) => each === text('group')) ?? EVERYTHING.group,
    sort: SORTS.find((each) => each === text('sort')) ?? EVERYTHING.sort,
    page: Number.isSafeInteger(page) && page >= 1 ? page : EVERYTHING.page,
  };
}

/** Writes a question as the parameters of a URL, without what is as in `EVERYTHING`. */
export function parametersOf(question: Question): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [name, parameter] of Object.entries(PARAMETERS)) {
    const value = question[name as keyof Question];
    if (value !== EVERYTHING[name as keyof Question]) parameters.set(parameter, `${value}`);
  }
  return parameters;
}

/** @param rows the worst first (`worstFirst`) */
export async function select(rows: readonly Row[], question: Question): Promise<Selection> {
  const matches = matcherOf(question);
  const matching: Row[] = [];
  await forEachInTurns(rows, (row) => matches(row) && matching.push(row));
  const found = question.sort === 'worst' ? matching : await sortInTurns(matching, COMPARE[question.sort]);
  const pages = Math.max(1, Math.ceil(found.length / ROWS_PER_PAGE));
  const page = Math.min(question.page, pages);
  const shown = found.slice((page - 1) * ROWS_PER_PAGE, page * ROWS_PER_PAGE);
  return { rows: shown, total: found.length, page, pages };
}

/** Orders rows by problem. Among equal ones the newest comes first: it is what has just happened. */
export function worstFirst(a: Row, b: Row): number {
  return (
    rankOf(a) - rankOf(b) ||
    (ALARMING.has(a.problem) ? compare(changedAt(b), changedAt(a)) : 0) ||
    byName(a, b)
  );
}

const COMPARE: Readonly<Record<Exclude<Sort, 'worst'>, (a: Row, b: Row) => number>> = {
  name: byName,
  state: (a, b) => STATES.indexOf(a.state) - STATES.indexOf(b.state) || byName(a, b),
  // The latest change and the oldest observation are what people look for.
  since: (a, b) => compare(b.stateSince ?? '', a.stateSince ?? '') || byName(a, b),
  observed: (a, b) => (a.observedAt ?? 0) - (b.observedAt ?? 0) || byName(a, b),
};

const RANKS: ReadonlyMap<Problem, number> = new Map(PROBLEMS.map((problem, rank) => [problem, rank]));

function rankOf({ problem }: Row): number {
  return RANKS.get(problem) ?? 0;
}

function changedAt({ condition }: Row): string {
  return condition?.lastTransitionTime ?? '';
}

function byName(a: Row, b: Row): number {
  return compare(a.object.key, b.object.key);
}

/** Compares code units, ten times as fast as a locale does: Kubernetes sorts names so, too. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function matcherOf({ search, namespace, group }: Question): (row: Row) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
  return (row) =>
    (namespace === '' || row.namespace === namespace) &&
    isInGroup(row, group) &&
    (words.length === 0 || contains(row, words));
}

/** The number of rows of each group. */
export class GroupCounts {
  readonly #counts = new Map<Group, number>(GROUPS.map((group) => [group, 0]));

  add({ problem, state }: Row): void {
    this.#countOne('all');
    if (ALARMING.has(problem)) this.#countOne('alarming');
    this.#countOne(problem);
    this.#countOne(state);
  }

  get(group: Group): number {
    return this.#counts.get(group) ?? 0;
  }

  #countOne(group: Group): void {
    this.#counts.set(group, this.get(group) + 1);
  }
}

export function countGroups(rows: Iterable<Row>): GroupCounts {
  const counts = new GroupCounts();
  for (const row of rows) counts.add(row);
  return counts;
}

function isInGroup({ problem, state }: Row, group: Group): boolean {
  if (group === 'all') return true;
  return group === 'alarming' ? ALARMING.has(problem) : problem === group || state === group;
}

function contains({ object, jobName, condition }: Row, words: readonly string[]): boolean {
  const { clusterID, jobID } = object.spec;
  const text = [object.key, jobName, jobID, clusterID, condition?.reason ?? ''].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}
