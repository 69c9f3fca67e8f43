/** One object: what it means, what is known, what changed when, and what to do. */
import { formatDuration } from '../../base/duration.ts';
import { credentialOf, identityOf } from '../../job/model/reference.ts';
import type { Row } from '../../overview/row.ts';
import type { Question } from '../../overview/selection.ts';
import { transitionsOf } from '../../overview/transitions.ts';
import { Html, html } from './html.ts';
import { age, ageOf, badge, listLink } from './parts.ts';
import runbooks from './runbooks.json' with { type: 'json' };
import { transitionsTable } from './transitions-view.ts';

/** @param question the list that the visitor came from */
export function detailView(row: Row, question: Question, defaultIntervalMs: number, now: number): Html {
  const { condition, problem } = row;
  return html`<p><a href="${listLink(question, { page: question.page })}">← all objects</a></p>
<div id="detail" data-live>
<h2><span class="namespace">${row.namespace}&sol;</span>${row.name} ${badge(problem)}</h2>
${condition && problem !== 'None' && html`<p class="message ${problem}"><b>${condition.reason}</b> <bdi>${condition.message}</bdi></p>`}
<dl>${facts(row, defaultIntervalMs, now).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</div>
<div id="advice" data-live class="advice">${advice(row)}</div>
<h3 id="conditions">Conditions, the latest change first</h3>
${transitionsTable({ id: 'timeline', heading: 'conditions' }, transitionsOf(row), now)}`;
}

/** What is shown in place of an object that is gone, or that may not be shown: nothing tells which. */
export function missingView(key: string | undefined, question: Question): Html {
  return html`<p><a href="${listLink(question, { page: question.page })}">← all objects</a></p>
<div id="detail" data-live><h2>No such object</h2>
<p>There is no object <b>${key}</b>, or this page does not show its namespace.</p></div>`;
}

/** Stream URLs are not shown: the visitor of this page need not have the right to read the object. */
function facts(
  { object, ...row }: Row,
  defaultIntervalMs: number,
  now: number,
): [name: string, value: Html | string][] {
  const { spec, status } = object;
  const { job } = status;
  const all: [string, Html | string | undefined][] = [
    ['State', html`<span class="state ${row.state}">${row.state}</span>`],
    ['Expected', spec.expectedState ?? 'nothing'],
    ['Last observed', age(row.observedAt, now)],
    ['Interval', intervalOf(row, object, defaultIntervalMs)],
    ['Job', html`<bdi>${row.jobName}</bdi>`],
    ['Job ID', spec.jobID],
    ['Cluster ID', spec.clusterID],
    ['Region', spec.regionID],
    ['Type', job?.type],
    ['Template', job?.templateName && html`<bdi>${job.templateName}</bdi>`],
    ['Started, says the cloud', job?.lastStartAt && ageOf(job.lastStartAt, now)],
    ['Stopped, says the cloud', job?.lastStopAt && ageOf(job.lastStopAt, now)],
    ['Credentials', identityOf(credentialOf(object))],
  ];
  return all.flatMap(([name, value]) => (value ? [[name, value] as [string, Html | string]] : []));
}

function intervalOf(
  { problem }: Pick<Row, 'problem'>,
  { spec, status }: Row['object'],
  defaultIntervalMs: number,
): string {
  if (problem === 'Suspended') return 'suspended';
  const requested = spec.interval ?? formatDuration(defaultIntervalMs);
  return status.effectiveInterval ? `${status.effectiveInterval} instead of ${requested}` : requested;
}

const REASONS_OF_KEYS: ReadonlySet<string> = new Set([
  'AuthenticationFailed',
  'PermissionDenied',
  'OperationDenied',
]);

/** `npm run runbooks` makes the texts of docs/runbooks. */
function runbookOf({ problem, condition }: Row): keyof typeof runbooks | undefined {
  if (condition && REASONS_OF_KEYS.has(condition.reason)) return 'EdgeTranscodeAuthenticationFailing';
  if (condition?.reason === 'ObservationOverdue') return 'EdgeTranscodeJobNotFresh';
  if (problem === 'NotAsExpected') return 'EdgeTranscodeJobNotAsExpected';
  return problem === 'NotReady' ? 'EdgeTranscodeJobNotReady' : undefined;
}

function advice(row: Row): Html {
  const runbook = runbookOf(row);
  if (!runbook) return html``;
  // This runbook is about a Secret, the others about an object.
  const isAboutSecret = runbook === 'EdgeTranscodeAuthenticationFailing';
  const name = isAboutSecret ? (row.object.spec.credentialsRef?.name ?? 'NAME') : row.name;
  const filled = runbooks[runbook]
    .replaceAll('NAMESPACE', () => html`${row.namespace}`.markup)
    .replaceAll(/\bNAME\b/g, () => html`${name}`.markup);
  return html`<h3>What to do</h3>${new Html(filled)}`;
}
