/**
 * An invariant: a promise that each moment is checked against.
 */
import type { Disturbance, Moment } from '../../observer/moment.ts';

/** Violations that are kept: the first ones say what is wrong. */
const MOST_KEPT = 20;

export abstract class Invariant {
  abstract readonly name: string;
  /** How many statuses, writes, calls and so on were compared with the promise. */
  checked = 0;
  violated = 0;
  /** The first violations, one sentence each. */
  readonly violations: string[] = [];

  abstract check(moment: Moment): void;

  /** Counts a comparison, and keeps what it found. */
  protected compare(violation: string | undefined): void {
    this.checked += 1;
    if (violation === undefined) return;
    this.violated += 1;
    if (this.violations.length < MOST_KEPT) this.violations.push(violation);
  }
}

/** When the last of the disturbances that fit ended: Infinity while there is one, 0 if there was none. */
export function endOf(
  disturbances: readonly Disturbance[],
  fits: (disturbance: Disturbance) => boolean,
): number {
  return disturbances.reduce((end, each) => (fits(each) ? Math.max(end, each.until) : end), 0);
}

/** Whether any disturbance that fits touches this stretch of time. */
export function isTouched(
  disturbances: readonly Disturbance[],
  from: number,
  until: number,
  fits: (disturbance: Disturbance) => boolean = () => true,
): boolean {
  return disturbances.some((each) => fits(each) && each.from <= until && each.until >= from);
}

export function concerns({ accounts }: Disturbance, accountID: string | undefined): boolean {
  return accounts === 'all' || (accountID !== undefined && accounts.includes(accountID));
}
