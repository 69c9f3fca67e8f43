/** The list of objects: numbers, filter, and a table with the worst first. */
import { ALARMING, PROBLEMS, type Row } from '../../overview/row.ts';
import {
  type Group,
  parametersOf,
  type Question,
  type Selection,
  type Sort,
} from '../../overview/selection.ts';
import type { Snapshot } from '../source/snapshot.ts';
import { accountsView } from './accounts-view.ts';
import { type Html, html } from './html.ts';
import { age, ageOf, badge, count, listLink, objectLink, PROBLEM_NAMES } from './parts.ts';
import { transitionsTable } from './transitions-view.ts';

/** Namespaces to choose from. The search finds the objects of others. */
const MOST_NAMESPACES = 500;

const STATE_GROUPS = ['Running', 'NotStarted', 'NotFound', 'Unknown'] as const satisfies readonly Group[];

export function listView(snapshot: Snapshot, question: Question, selection: Selection, now: number): Html {
  const { rows } = snapshot;
  return html`<nav id="numbers" data-live aria-label="Objects by problem and state">${tiles(snapshot, question)}</nav>
<section aria-labelledby="objects">
<h2 id="objects">Objects</h2>
${filter(snapshot, question)}
<p id="found" data-live role="status">${found(selection, rows.length)}</p>
<div id="rows" data-live>${table(selection, question, now)}
${pager(selection, question)}</div>
</section>
<h2 id="latest">Recent transitions</h2>
${transitionsTable({ id: 'transitions', heading: 'latest' }, snapshot.transitions, now, question)}
<h2 id="budgets">Accounts</h2>
${accountsView(snapshot.accounts, now)}`;
}

function tiles({ counts }: Snapshot, question: Question): Html {
  const tile = (group: Group, name: string) => {
    const number = counts.get(group);
    const current = question.group === group;
    const link = listLink(question, { group: current ? 'all' : group });
    return html`<li class="${group}${number === 0 ? ' zero' : ''}"><a href="${link}"${current && html` aria-current="true"`}><b>${number.toLocaleString('en')}</b> ${name}</a></li>`;
  };
  return html`<ul>${PROBLEMS.map((problem) => tile(problem, PROBLEM_NAMES[problem]))}</ul>
<ul class="states">${STATE_GROUPS.map((state) => tile(state, state))}</ul>`;
}

function filter({ namespaces }: Snapshot, question: Question): Html {
  const option = (value: string, name: string, chosen: string) =>
    html`<option value="${value}"${value === chosen && html` selected`}>${name}</option>`;
  const known = question.namespace === '' ? [] : [question.namespace];
  const chosen = [...new Set([...known, ...namespaces.slice(0, MOST_NAMESPACES)])];
  return html`<form method="get" action="./" role="search">
<label>Search <input type="search" name="q" value="${question.search}" maxlength="200" placeholder="name, job, cluster, reason"></label>
<label>Namespace <select name="namespace">${option('', 'all', question.namespace)}${chosen.map((each) => option(each, each, question.namespace))}</select></label>
<label>Show <select name="show">${option('all', 'all', question.group)}${option('alarming', 'all with a problem', question.group)}${PROBLEMS.map((each) => option(each, PROBLEM_NAMES[each], question.group))}${STATE_GROUPS.map((each) => option(each, each, question.group))}</select></label>
<input type="hidden" name="sort" value="${question.sort}">
<button>Filter</button>${`${parametersOf(question)}` !== '' && html` <a class="reset" href="./">Reset</a>`}
</form>`;
}

function found({ total, pages, page }: Selection, all: number): string {
  const which =
    total === all ? count(all, 'object') : `${total.toLocaleString('en')} of ${count(all, 'object')}`;
  return pages === 1 ? which : `${which}, page ${page} of ${pages}`;
}

const COLUMNS: readonly (readonly [name: string, sort?: Sort])[] = [
  ['Problem', 'worst'],
  ['Object', 'name'],
  ['Job'],
  ['State', 'state'],
  ['Since', 'since'],
  ['Observed', 'observed'],
  ['Expected'],
  ['Reason and message'],
];

/** The roles say to a screen reader what the style sheet of a narrow screen hides: that this is a table. */
function table({ rows }: Selection, question: Question, now: number): Html {
  if (rows.length === 0) return html`<p>No object matches.</p>`;
  const head = COLUMNS.map(([name, sort]) => {
    const isSorted = sort === question.sort;
    const order = sort === 'worst' || sort === 'since' ? 'descending' : 'ascending';
    return html`<th scope="col" role="columnheader"${isSorted && html` aria-sort="${order}"`}>${sort ? html`<a class="sort" href="${listLink(question, { sort })}">${name}</a>` : name}</th>`;
  });
  return html`<table role="table">
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">${rows.map((row) => tableRow(row, question, now))}</tbody>
</table>`;
}

function tableRow(row: Row, question: Question, now: number): Html {
  const { namespace, name, jobName, object, state, problem, condition, expectedState } = row;
  const isAlarming = ALARMING.has(problem);
  const cells: readonly (Html | string)[] = [
    html`${badge(problem)}${isAlarming && html` <small>for ${ageOf(condition?.lastTransitionTime, now)}</small>`}`,
    html`<a href="${objectLink(row, question)}"><span class="namespace">${namespace}&sol;</span>${name}</a>`,
    html`<bdi>${jobName}</bdi> <small class="id" title="${object.spec.jobID}">${object.spec.jobID}</small>`,
    html`<span class="state ${state}">${state}</span>`,
    ageOf(row.stateSince, now),
    age(row.observedAt, now),
    expectedState
      ? html`${expectedState}${row.asExpected === 'False' && html` <b class="alarm">no</b>`}`
      : '',
    problem === 'None' || !condition ? '' : html`<b>${condition.reason}</b> <bdi>${condition.message}</bdi>`,
  ];
  const labelled = cells.map(
    (cell, index) => html`<td role="cell" data-label="${COLUMNS[index]?.[0] ?? ''}">${cell}</td>`,
  );
  return html`<tr role="row" class="${problem}">${labelled}</tr>
`;
}

function pager({ page, pages }: Selection, question: Question): Html {
  if (pages === 1) return html``;
  const link = (to: number, name: string, rel: string) =>
    to >= 1 && to <= pages
      ? html`<a rel="${rel}" href="${listLink(question, { page: to })}">${name}</a>`
      : html`<span class="none">${name}</span>`;
  return html`<nav class="pager" aria-label="Pages">${link(page - 1, '← previous', 'prev')} ${link(page + 1, 'next →', 'next')}</nav>`;
}
