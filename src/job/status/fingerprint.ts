/**
 * A short hash of everything that makes a status worth writing. It leaves out the time of the observation;
 * the effective interval, which would have every object written when intervals change; and the dates of
 * transitions, which follow from the rest.
 */
import { hash } from 'node:crypto';
import type { HeldStatus } from '../../api/edge-transcode-job.ts';

/** Does not depend on the order of keys, as the API server returns them in its own order. */
export function fingerprintOf(status: HeldStatus): string {
  const { conditions = [], job = {} } = status;
  const undated: string[] = [];
  for (const condition of conditions) undated.push(textOf(condition, DATE));
  const meaning = [textOf(status, APART), textOf(job, NONE), ...sorted(undated)].join('\n');
  // Slices the bytes instead of the text: a slice of a text keeps the whole text in memory.
  return hash('sha1', meaning, 'buffer').toString('base64url', 0, 12);
}

/** Fields of a status that do not count, or are written on their own. */
const APART: ReadonlySet<string> = new Set(['lastObservedTime', 'effectiveInterval', 'conditions', 'job']);
const DATE: ReadonlySet<string> = new Set(['lastTransitionTime']);
const NONE: ReadonlySet<string> = new Set();

/** Returns the fields as text, name by name. A text has its length, so that no value looks like two. */
function textOf(fields: object, except: ReadonlySet<string>): string {
  let text = '';
  for (const name of sorted(Object.keys(fields))) {
    const value = fields[name as keyof typeof fields] as unknown;
    if (value === undefined || except.has(name)) continue;
    text +=
      typeof value === 'string' ? `${name}:${value.length}:${value},` : `${name}=${JSON.stringify(value)},`;
  }
  return text;
}

/** Sorts a few texts in place. For eleven names, `sort` with a function makes twice the garbage. */
function sorted(texts: string[]): string[] {
  for (let next = 1; next < texts.length; next += 1) {
    const text = texts[next] as string;
    let at = next;
    for (; at > 0 && (texts[at - 1] as string) > text; at -= 1) texts[at] = texts[at - 1] as string;
    texts[at] = text;
  }
  return texts;
}
