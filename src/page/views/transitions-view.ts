/** The transitions of conditions as a table that scrolls sideways where there is no room. */
import type { Question } from '../../overview/selection.ts';
import type { Transition } from '../../overview/transitions.ts';
import { type Html, html } from './html.ts';
import { ageOf, objectLink } from './parts.ts';

/**
 * @param id of the part, which stays when its content is replaced: so do its focus and its scroll position
 * @param heading the ID of its heading
 * @param question the list to which the pages of the objects lead back. Undefined: all transitions are of one
 *   object
 */
export function transitionsTable(
  { id, heading }: { readonly id: string; readonly heading: string },
  transitions: readonly Transition[],
  now: number,
  question?: Question,
): Html {
  return html`<div id="${id}" data-live class="scroll" tabindex="0" role="region" aria-labelledby="${heading}">${table(transitions, now, question)}</div>`;
}

function table(transitions: readonly Transition[], now: number, question: Question | undefined): Html {
  if (transitions.length === 0) return html`<p>None yet.</p>`;
  const rows = transitions.map(({ row, condition }) => {
    const { type, status, reason, message, lastTransitionTime } = condition;
    const object = question && html`<td><a href="${objectLink(row, question)}">${row.object.key}</a></td>`;
    return html`<tr><td>${ageOf(lastTransitionTime, now)}</td>${object}<td>${type} <b class="is ${status}">${status}</b></td><td>${reason}</td><td><bdi>${message}</bdi></td></tr>
`;
  });
  return html`<table>
<thead><tr><th scope="col">Ago</th>${question && html`<th scope="col">Object</th>`}<th scope="col">Condition</th><th scope="col">Reason</th><th scope="col">Message</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
}
