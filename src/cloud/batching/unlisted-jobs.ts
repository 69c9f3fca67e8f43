/**
 * Jobs that a cluster's list lacks although they may exist, such as those not modified for 180 days. A job
 * that two sweeps in a row missed joins no sweep for an hour. One miss may be chance: the job moved to
 * another page while the list was read.
 */
import type { Clock } from '../../base/clock.ts';
import { ExpiringMap } from '../../base/expiring-map.ts';

const REMEMBERED_MS = 60 * 60_000;
const CERTAIN = 2;

export class UnlistedJobs {
  /** Number of misses in a row, by job. */
  readonly #misses: ExpiringMap<string, number>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#misses = new ExpiringMap({ clock, lifetimeMs: REMEMBERED_MS });
  }

  /** A whole sweep did not bring the job. */
  missed(jobID: string): void {
    this.#misses.set(jobID, (this.#misses.get(jobID) ?? 0) + 1);
  }

  /** The job is in the list. */
  found(jobID: string): void {
    this.#misses.delete(jobID);
  }

  /** Whether the list is known to lack the job. */
  has(jobID: string): boolean {
    return (this.#misses.get(jobID) ?? 0) >= CERTAIN;
  }

  /** Number of jobs in memory. */
  get size(): number {
    return this.#misses.size;
  }
}
