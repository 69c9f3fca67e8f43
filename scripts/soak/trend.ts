// What a row of samples does in the long run: its level, and how much a straight line through it grows.

export interface Point {
  /** Since the start of the run, s. */
  readonly seconds: number;
  readonly value: number;
}

export interface Trend {
  /** The mean of all values. */
  readonly level: number;
  /** How much the least-squares line grows an hour. */
  readonly slopePerHour: number;
  /** How much that line grows from the first point to the last. */
  readonly growth: number;
}

/** What counts as flat. */
export interface Flatness {
  /** Most growth, as a part of the level. */
  readonly share: number;
  /** Growth that is flat whatever the level is: a socket more among three is no leak. */
  readonly least: number;
}

const SECONDS_PER_HOUR = 3_600;

/** Undefined with fewer than two instants: a point has no slope. */
export function trendOf(points: readonly Point[]): Trend | undefined {
  const meanSeconds = mean(points.map(({ seconds }) => seconds));
  const level = mean(points.map(({ value }) => value));
  const sum = (of: (point: Point) => number) => points.reduce((total, point) => total + of(point), 0);
  const spread = sum(({ seconds }) => (seconds - meanSeconds) ** 2);
  if (!(spread > 0)) return undefined;
  const slope = sum(({ seconds, value }) => (seconds - meanSeconds) * (value - level)) / spread;
  const [first, last] = [points[0], points.at(-1)] as [Point, Point];
  const growth = slope * (last.seconds - first.seconds);
  return { level, slopePerHour: slope * SECONDS_PER_HOUR, growth };
}

/** Whether nothing accumulates. Falling is flat too. */
export function isFlat({ level, growth }: Trend, { share, least }: Flatness): boolean {
  return growth <= Math.max(share * Math.abs(level), least);
}

/**
 * The lowest value of each stretch of time: of a heap that grows until it is collected, what is left after
 * the collection.
 */
export function lowestOfEach(stretchSeconds: number, points: readonly Point[]): Point[] {
  const lowest = new Map<number, Point>();
  for (const point of points) {
    const stretch = Math.floor(point.seconds / stretchSeconds);
    const before = lowest.get(stretch);
    if (!before || point.value < before.value) lowest.set(stretch, point);
  }
  return [...lowest.values()];
}

/** The value that `part` of the values do not exceed; NaN without values. */
export function quantileOf(part: number, values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN;
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
