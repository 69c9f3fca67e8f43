/**
 * Values as text, with the units that the dashboard uses.
 */

/** Names of units of time, with their length in s, the longest first. */
const TIMES: readonly (readonly [name: string, seconds: number])[] = [
  ['weeks', 604_800],
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
  ['ms', 0.001],
];

const SUFFIX = 'suffix:';

/** @throws for a unit that it does not know */
export function formatted(value: number, unit: string): string {
  if (Number.isNaN(value)) return '–';
  if (unit === 's') return time(value);
  if (unit === 'percentunit') return `${rounded(value * 100)}%`;
  if (unit === 'none') return rounded(value);
  if (unit.startsWith(SUFFIX)) return `${rounded(value)}${unit.slice(SUFFIX.length)}`;
  throw new Error(`the picture has no unit ${unit}`);
}

function time(seconds: number): string {
  if (seconds === 0) return '0 s';
  const fitting = TIMES.find(([, length]) => Math.abs(seconds) >= length) ?? TIMES.at(-1);
  const [name, length] = fitting ?? ['s', 1];
  return `${rounded(seconds / length)} ${name}`;
}

/** Three digits at most, unless there are more before the point. */
function rounded(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return String(Number(value.toFixed(digits)));
}
