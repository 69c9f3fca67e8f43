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

/** Fields of a status that do not count, or have a text of their own. */
const APART: ReadonlySet<string> = new Set(['lastObservedTime', 'effectiveInterval', 'conditions', 'job']);
const DATE: ReadonlySet<string> = new Set(['lastTransitionTime']);
const NONE: ReadonlySet<string> = new Set();

/** Returns the fields as text, name by name. */
function textOf(fields: object, except: ReadonlySet<string>): string {
  const parts: unknown[] = [];
  for (const name of sorted(Object.keys(fields))) {
    const value = fields[name as keyof typeof fields];
    if (value !== undefined && !except.has(name)) parts.push(name, value);
  }
  // All at once: a text that grows by each field takes three times the memory.
  return JSON.stringify(parts);
}

/** Fields of a status or a job, and conditions, are fewer. A foreign status may have thousands of fields. */
const FEW = 32;

/** Sorts in place. Sorts a few texts by insertion: `sort` makes as much garbage as the texts. */
function sorted(texts: string[]): string[] {
  if (texts.length > FEW) return texts.sort((a, b) => (a < b ? -1 : 1));
  for (let next = 1; next < texts.length; next += 1) {
    const text = texts[next] as string;
    let at = next;
    for (; at > 0 && (texts[at - 1] as string) > text; at -= 1) texts[at] = texts[at - 1] as string;
    texts[at] = text;
  }
  return texts;
}
