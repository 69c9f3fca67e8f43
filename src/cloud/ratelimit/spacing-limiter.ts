/**
 * Runs tasks no closer together than it is told: bottleneck, held to a clock that nobody sets back.
 */
import Bottleneck from 'bottleneck';
import type { Clock } from '../../base/clock.ts';

export interface SpacingLimiterOptions {
  readonly minTimeMs: number;
  /** Default: any number. */
  readonly maxConcurrent?: number;
  /** Begins as if a task had run just now: one of the process before this one may have. */
  readonly startsSpent?: boolean;
  readonly clock: Clock;
}

/** A wall clock is slewed by less than this between two tasks; more is a step. */
const CLOCK_STEP_MS = 500;

export class SpacingLimiter {
  readonly #options: SpacingLimiterOptions;
  #minTimeMs: number;
  #limiter: Bottleneck;
  /** How far the wall clock was ahead of `now` when last looked at. */
  #wallAhead: number;
  #closed = false;

  constructor(options: SpacingLimiterOptions) {
    this.#options = options;
    this.#minTimeMs = options.minTimeMs;
    this.#wallAhead = wallAhead(options.clock);
    this.#limiter = this.#newLimiter();
  }

  /** Rejects as the task does, or when it was closed before the task began. */
  schedule<T>(task: () => Promise<T>): Promise<T> {
    this.#followWallClock();
    return this.#run(task);
  }

  /** From the next task that is scheduled. */
  setMinTime(minTimeMs: number): void {
    if (minTimeMs === this.#minTimeMs) return;
    this.#minTimeMs = minTimeMs;
    this.#limiter.updateSettings({ minTime: minTimeMs });
  }

  /** No task begins after this. */
  close(): void {
    this.#closed = true;
    discard(this.#limiter);
  }

  /** What waits on a limiter that is discarded moves over to the one that takes its place. */
  async #run<T>(task: () => Promise<T>): Promise<T> {
    const limiter = this.#limiter;
    try {
      return await limiter.schedule(task);
    } catch (error) {
      const isDropped = error instanceof Bottleneck.BottleneckError && limiter !== this.#limiter;
      if (isDropped && !this.#closed) return await this.#run(task);
      throw error;
    }
  }

  #newLimiter(): Bottleneck {
    const { maxConcurrent = null, startsSpent } = this.#options;
    const limiter = new Bottleneck({ minTime: this.#minTimeMs, maxConcurrent });
    if (startsSpent) limiter.schedule(() => Promise.resolve()).catch(() => undefined);
    return limiter;
  }

  /** bottleneck goes by the wall clock: set back by an hour, it would let nothing run for an hour. So it begins anew. */
  #followWallClock(): void {
    const before = this.#wallAhead;
    this.#wallAhead = wallAhead(this.#options.clock);
    if (this.#closed || this.#wallAhead > before - CLOCK_STEP_MS) return;
    const old = this.#limiter;
    this.#limiter = this.#newLimiter();
    discard(old);
  }
}

function wallAhead(clock: Clock): number {
  return clock.date().getTime() - clock.now();
}

function discard(limiter: Bottleneck): void {
  limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
}
