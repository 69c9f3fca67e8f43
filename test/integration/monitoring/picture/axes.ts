/**
 * Scales of a graph: where a value is, and which values have a line of the grid.
 */

export interface Scale {
  /** The part of the height, 0 at the bottom. */
  at(value: number): number;
  readonly ticks: readonly number[];
}

const STEPS = [1, 2, 2.5, 5, 10];

/** Goes from 0 to the largest value, with about four round ticks. */
export function linear(values: readonly number[]): Scale {
  const largest = Math.max(...values, 0) || 1;
  const rough = largest / 4;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = (STEPS.find((each) => each * magnitude >= rough) ?? 10) * magnitude;
  const count = Math.ceil(largest / step);
  const ticks = Array.from({ length: count + 1 }, (_, index) => index * step);
  return { at: (value) => value / (count * step), ticks };
}

/** Round times in s: 1 ms to 100 weeks. */
const TIMES = [0.001, 0.01, 0.1, 1, 10, 60, 600, 3_600, 36_000, 86_400, 604_800, 6_048_000, 60_480_000];

/** Logarithmic, for times in s: from the round time below the smallest to that above the largest. */
export function logarithmic(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  const [smallest, largest] = [Math.min(...positive, 1), Math.max(...positive, 10)];
  const first = TIMES.findLastIndex((time) => time <= smallest);
  const last = TIMES.findIndex((time) => time >= largest);
  const ticks = TIMES.slice(Math.max(0, first), last < 0 ? TIMES.length : last + 1);
  const [bottom = 1, top = 1] = [ticks[0], ticks.at(-1)];
  const height = Math.log(top / bottom);
  return { at: (value) => Math.log(Math.max(value, bottom) / bottom) / height, ticks };
}
