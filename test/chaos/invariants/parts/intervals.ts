/** The intervals that an object is observed at, as docs/reference.md promises them. */
import type { StoredObject } from '../../observer/moment.ts';

/** Polls of an object whose job does not exist, or whose account may not be used, in milliseconds. */
const SLOW_MS = 5 * 60_000;
const FRESHNESS_INTERVALS = 3;
const FRESHNESS_GRACE_MS = 30_000;

/** The object's own interval in milliseconds: the longer of the requested and the shown one. */
export function intervalOf({ spec, status }: StoredObject): number {
  const isSlow = status?.state === 'NotFound';
  const own = Math.max(milliseconds(spec.interval), milliseconds(status?.effectiveInterval ?? '0s'));
  return isSlow ? Math.max(own, SLOW_MS) : own;
}

/** The age up to which an observation may count as fresh. */
export function windowOf(object: StoredObject): number {
  return FRESHNESS_INTERVALS * intervalOf(object) + FRESHNESS_GRACE_MS;
}

/** `1m12.5s` in milliseconds. */
function milliseconds(duration: string): number {
  const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
  let sum = 0;
  for (const [, number, unit = ''] of duration.matchAll(/([\d.]+)(ms|[hms])/g))
    sum += Number(number) * (UNITS[unit] ?? Number.NaN);
  return sum;
}
