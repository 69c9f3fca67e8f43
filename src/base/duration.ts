/**
 * Go-style durations (`1m30s`), as Kubernetes users write them.
 */

/**
 * Each unit in ms: 10^exponent * factor. The exponent shifts the decimal point of the text, which is exact;
 * 1.001 * 1000 is 1000.9999999999999.
 */
const UNITS: Readonly<Record<string, readonly [exponent: number, factor: number]>> = {
  ns: [-6, 1],
  us: [-3, 1],
  µs: [-3, 1], // U+00B5, the micro sign
  μs: [-3, 1], // U+03BC, the Greek letter
  ms: [0, 1],
  s: [3, 1],
  m: [4, 6],
  h: [5, 36],
};
const TERM = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/gy;

/** Longest duration, as in Go: its 64 bits of nanoseconds hold 2^63 ns, about 292 years. */
const LONGEST_MS = 2 ** 63 / 1e6;

/** The durations that were parsed last, by text: each poll reads its object's interval ten times. */
const parsed = new Map<string, number>();

/** Most texts in memory. Objects have a few different intervals. */
const MOST_PARSED = 256;

/** Longest text in memory. `2540400h10m10.000000000s`, longer than any real one, has 24 characters. */
const LONGEST_PARSED = 32;

/**
 * Returns milliseconds; undefined when `text` is not a duration. A sign is not accepted: no duration here is
 * negative.
 */
export function parseDuration(text: string): number | undefined {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const duration = parse(text);
  if (duration === undefined || text.length > LONGEST_PARSED) return duration;
  if (parsed.size === MOST_PARSED) parsed.clear();
  parsed.set(text, duration);
  return duration;
}

function parse(text: string): number | undefined {
  if (text === '0') return 0;
  let total = 0;
  let end = 0;
  for (const match of text.matchAll(TERM)) {
    const [exponent, factor] = UNITS[match[2] as string] as readonly [number, number];
    total += Number(`${match[1]}e${exponent}`) * factor;
    end = match.index + match[0].length;
  }
  return end > 0 && end === text.length && total < LONGEST_MS ? total : undefined;
}

/** Formats a duration in the shortest usual way, to the millisecond: `1h`, `2m10s`, `1.5s`. */
export function formatDuration(ms: number): string {
  const whole = Math.round(ms);
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = (whole % 60_000) / 1_000;
  const text = `${hours ? `${hours}h` : ''}${minutes ? `${minutes}m` : ''}${seconds ? `${seconds}s` : ''}`;
  return text || '0s';
}
