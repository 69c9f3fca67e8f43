/**
 * Gauges that have a series for each object or credential. prom-client would hold every sample, and render
 * all of them at once; here each rendering makes the samples, and lets other work run in between.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { printable } from '../base/foreign-text.ts';

export type Labels = Readonly<Record<string, string>>;

export type Sample = readonly [labels: Labels, value: number];

/** Reads all samples, item by item: those of one object, say. */
export type ReadSamples = () => Iterable<readonly Sample[]>;

/**
 * Items that are rendered without a pause. 200: less than 1 ms, so that a probe does not wait longer, however
 * many objects there are.
 */
const ITEMS_AT_ONCE = 200;

/**
 * Renders the samples in Prometheus' text format, in slices. The event loop gets a turn after each.
 *
 * @param common labels of every sample
 */
export async function* renderSamples(
  name: string,
  items: ReturnType<ReadSamples>,
  common: Labels,
): AsyncGenerator<string> {
  const ending = textOf(common) && `,${textOf(common)}`;
  let slice = '';
  let rendered = 0;
  for (const samples of items) {
    for (const [labels, value] of samples) slice += `${name}{${textOf(labels)}${ending}} ${value}\n`;
    rendered += 1;
    if (rendered % ITEMS_AT_ONCE > 0) continue;
    yield slice;
    slice = '';
    await nextTurn();
  }
  yield slice;
}

function textOf(labels: Labels): string {
  let text = '';
  for (const name in labels) text += `${text && ','}${name}="${escaped(labels[name] as string)}"`;
  return text;
}

/** Names and states come from objects, which an older schema may have admitted with any characters. */
function escaped(value: string): string {
  return printable(value).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}
