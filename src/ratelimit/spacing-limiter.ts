/**
 * Runs tasks with a least time between their beginnings. bottleneck does the work; this class protects it
 * from a wall clock that is set back.
 */
import Bottleneck from 'bottleneck';
import type { Clock } from '../base/clock.ts';

export interface SpacingLimiterOptions {
  readonly minTimeMs: number;
  /** Default: no bound. */
  readonly maxConcurrent?: number;
  /** Begins as if a task had just run: the process before this one may have run a task. */
  readonly startsSpent?: boolean;
  readonly clock: Clock;
}

/** Largest change of the wall clock between two tasks that counts as slewing. A larger one is a step. */
const CLOCK_STEP_MS = 500;

export class SpacingLimiter {
  readonly #options: SpacingLimiterOptions;
  #minTimeMs: number;
  #limiter: Bottleneck;
  /** How far the wall clock was ahead of `now` at the last check, ms. */
  #wallAhead: number;
  #closed = false;

  constructor(options: SpacingLimiterOptions) {
    this.#options = options;
    this.#minTimeMs = options.minTimeMs;
    this.#wallAhead = wallAhead(options.clock);
    this.#limiter = this.#newLimiter();
  }

  /** Rejects as the task does, or when the limiter was closed before the task began. */
  schedule<T>(task: () => Promise<T>): Promise<T> {
    this.#followWallClock();
    return this.#run(task);
  }

  /** Takes effect with the next task that is scheduled. */
  setMinTime(minTimeMs: number): void {
    if (minTimeMs === this.#minTimeMs) return;
    this.#minTimeMs = minTimeMs;
    this.#limiter.updateSettings({ minTime: minTimeMs });
  }

  /** Begins no task after this. */
  close(): void {
    this.#closed = true;
    discard(this.#limiter);
  }

  /** Tasks that wait on a discarded limiter move to its successor. */
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
    // bottleneck reads the wall clock some time after `schedule`, and sets its timer after this event.
    limiter.on('scheduled', () => queueMicrotask(() => this.#followWallClock()));
    if (startsSpent) limiter.schedule(() => Promise.resolve()).catch(() => undefined);
    return limiter;
  }

  /**
   * Replaces the limiter when the wall clock was set back: bottleneck reads it, and after an hour's step back
   * would run nothing for an hour.
   */
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
