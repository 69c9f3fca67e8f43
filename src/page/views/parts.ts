/** Small parts of every page: times, durations, badges, links. */
import { rfc3339 } from '../../base/clock.ts';
import { ageText } from '../../overview/age-text.ts';
import type { Problem, Row } from '../../overview/row.ts';
import { EVERYTHING, parametersOf, type Question } from '../../overview/selection.ts';
import { type Html, html } from './html.ts';

/** How each problem is called, and how much it alarms: a word and a shape as well as a colour. */
export const PROBLEM_NAMES: Readonly<Record<Problem, string>> = {
  NotAsExpected: 'not as expected',
  NotReady: 'not ready',
  NotFresh: 'not fresh',
  Pending: 'not observed yet',
  None: 'fine',
  Suspended: 'suspended',
};

const SHAPES: Readonly<Record<Problem, string>> = {
  NotAsExpected: '✖',
  NotReady: '▲',
  NotFresh: '◆',
  Pending: '○',
  None: '✓',
  Suspended: '‖',
};

export function badge(problem: Problem): Html {
  return html`<span class="badge ${problem}"><span aria-hidden="true">${SHAPES[problem]}</span> ${PROBLEM_NAMES[problem]}</span>`;
}

/** A time as its age, which the script of the page keeps up to date. @param at Unix seconds */
export function age(at: number | undefined, now: number): Html {
  if (at === undefined) return html`<span class="none">never</span>`;
  const time = rfc3339(new Date(at * 1_000));
  return html`<time datetime="${time}" title="${time}" data-age>${ageText(now - at)}</time>`;
}

/** @param time RFC 3339 */
export function ageOf(time: string | undefined, now: number): Html {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? html`` : age(ms / 1_000, now);
}

/** A link to the list with some changes: relative, so that the page works behind any path of a proxy. */
export function listLink(question: Question, changes: Partial<Question>): string {
  return `./?${parametersOf({ ...question, page: EVERYTHING.page, ...changes })}`;
}

/** @param question the list to which the page of the object leads back */
export function objectLink({ object }: Pick<Row, 'object'>, question: Question): string {
  const parameters = parametersOf(question);
  parameters.set('object', object.key);
  return `./?${parameters}`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}
