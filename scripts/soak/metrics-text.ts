// Values in the text of /metrics. Pure.

/** Counts of a histogram, cumulative, by the upper bound of the bucket; the last bound is infinite. */
export type Buckets = ReadonlyMap<number, number>;

/** The value of the series with this name and any labels; NaN when there is none. */
export function valueIn(metrics: string, name: string): number {
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(metrics)?.[1];
  return value === undefined ? Number.NaN : Number(value);
}

export function bucketsIn(metrics: string, histogram: string): Buckets {
  const lines = metrics.matchAll(
    new RegExp(`^${histogram}_bucket\\{[^}]*le="([^"]+)"[^}]*\\} (\\S+)$`, 'gm'),
  );
  return new Map(
    Array.from(lines, ([, bound, count]) => [
      bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound),
      Number(count),
    ]),
  );
}

/**
 * The upper bound of the bucket in which `part` of what came since `before` is; NaN when nothing came. A
 * histogram with lower counts than before is that of another process.
 */
export function quantileSince(part: number, before: Buckets, after: Buckets): number {
  const came = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const);
  const total = came.at(-1)?.[1] ?? 0;
  if (total <= 0) return Number.NaN;
  return came.find(([, count]) => count >= part * total)?.[0] ?? Number.NaN;
}
