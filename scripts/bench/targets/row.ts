/** One row of the table of targets. Measured value, target and floor have the same unit. */
export interface Row {
  readonly name: string;
  readonly unit: string;
  /** The highest value that meets the target; the lowest if `isLeast`. Undefined: shown for comparison. */
  readonly target?: number;
  readonly isLeast?: true;
  readonly measured: number;
  /**
   * What a smaller program needed on this machine in the same run, or what arithmetic gives. Undefined: not
   * measured.
   */
  readonly floor?: number;
  /** A count that no load of the machine changes: the run fails when it misses its target. */
  readonly isExact?: true;
}

export type Report = (line: string) => void;

export function meets({ target, measured, isLeast }: Row): boolean {
  if (target === undefined) return true;
  return isLeast ? measured >= target : measured <= target;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The least value that `share` of the values do not exceed; NaN if there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
