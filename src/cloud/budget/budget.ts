/**
 * Spaces the calls of one account: no sliding 60 s has more than its calls per minute, also after a restart.
 *
 * bottleneck keeps the spacing, by `minTime`: its reservoir would let up to half as many calls again
 * through. This class only hands out permits. Which waiting request uses a permit is decided when the permit
 * comes, so an urgent request need not wait for the requests before it.
 */
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { shareAt, throttled, UNTHROTTLED } from '../ratelimit/aimd.ts';
import { pacing } from '../ratelimit/call-rate.ts';
import { SlidingWindow } from '../ratelimit/sliding-window.ts';
import { SpacingLimiter } from '../ratelimit/spacing-limiter.ts';
import { SharedLimiter, type Sharing } from '../redis/shared-limiter.ts';
import { Backlog, type Waiting } from './backlog.ts';

export interface BudgetOptions {
  /** 1 … 6,000. */
  readonly callsPerMinute: number;
  readonly clock: Clock;
  /** Shares the budget with other processes; undefined: this process spends it alone. */
  readonly sharing?: Sharing | undefined;
}

/** The right to make one call. It takes one of the slots for calls in flight until `release`. */
export interface Permit {
  release(): void;
}

/**
 * Calls of one account in flight. One credential takes that many with five endpoints that hang
 * (`EndpointGuard`: 96 for each credential and endpoint). Further requests wait in the backlog and hold no
 * socket.
 */
const MOST_IN_FLIGHT = 512;

/** Pauses after a throttling. The vendor's flow control works in windows of a second to a minute. */
const PAUSES: Backoff = { baseMs: 1_000, maxMs: 60_000 };

export class Budget<Item extends Waiting = Waiting> {
  /** The requests that wait for a permit. */
  readonly backlog = new Backlog<Item>();
  /** The calls of the last 60 s. */
  readonly history = new SlidingWindow();
  readonly #clock: Clock;
  readonly #limiter: SpacingLimiter;
  readonly #shared: SharedLimiter | undefined;
  readonly #ahead: number;
  readonly #minTimeMs: number;
  readonly #mostInAMinute: number;
  readonly #closing = new AbortController();
  #reserved = 0;
  #pausedUntil = 0;
  #throttledAt = Number.NEGATIVE_INFINITY;
  #throttlings = 0;
  #rate = UNTHROTTLED;

  /** @param account the name of the account among the processes that share its budget */
  constructor({ callsPerMinute, clock, sharing }: BudgetOptions, account = '') {
    const { minTimeMs, ahead } = pacing(callsPerMinute);
    this.#clock = clock;
    this.#limiter = new SpacingLimiter({
      minTimeMs,
      maxConcurrent: MOST_IN_FLIGHT,
      startsSpent: true,
      clock,
    });
    this.#shared = sharing && new SharedLimiter({ ...sharing, account, minTimeMs, clock });
    // Permits reserved ahead may come late and close together, so the shards divide them. Each reserves one
    // at least, so 100 shards reserve 100 and not 20. If they all stall together, a sliding minute may have
    // as many calls more.
    this.#ahead = Math.max(1, Math.floor(ahead / (sharing?.shards ?? 1)));
    this.#minTimeMs = minTimeMs;
    this.#mostInAMinute = callsPerMinute - Math.floor(callsPerMinute / 100);
  }

  /**
   * Whether to ask for one more permit: a request waits that no reserved permit will serve, and fewer than
   * `#ahead` are reserved.
   */
  get needsPermit(): boolean {
    return !this.isClosed && this.#reserved < Math.min(this.#ahead, this.backlog.total);
  }

  /**
   * Resolves when a call may be made, or with undefined once the budget is closed. A permit that is not used
   * leaves one gap in the spacing and costs nothing else.
   */
  async permit(): Promise<Permit | undefined> {
    this.#reserved += 1;
    try {
      for (;;) {
        await this.#pauseOver();
        const permit = await this.#spaced();
        if (!permit || this.#waitMs === 0) return permit;
        permit.release();
      }
    } finally {
      this.#reserved -= 1;
    }
  }

  /** Counts a call that is about to be made. */
  spend(): void {
    this.history.add(this.#clock.now());
  }

  /**
   * Handles a throttled call. The account pauses for as long as the answer said, or longer each time in a
   * row, and then continues at a lower rate. Calls in flight together are throttled together: they count as
   * one throttling.
   *
   * @param sentAt clock `now` when the call was sent
   */
  throttled(sentAt: number, retryAfterMs?: number): void {
    if (sentAt <= this.#throttledAt) return;
    const now = this.#clock.now();
    this.#throttledAt = now;
    this.#throttlings += 1;
    this.#rate = throttled(this.#rate, now);
    const pauseMs = retryAfterMs ?? backoffDelay(PAUSES, this.#throttlings);
    this.#pausedUntil = Math.max(this.#pausedUntil, now + pauseMs);
  }

  /** A call was not throttled. A call that was sent before the last throttling shows nothing about it. */
  accepted(sentAt: number): void {
    if (sentAt > this.#throttledAt) this.#throttlings = 0;
  }

  /** Adds the calls that were made for this account under another name. */
  include({ history }: { readonly history: SlidingWindow }): void {
    this.history.include(history, this.#clock.now());
  }

  /** Calls a second that the account may make now: those of the budget, or fewer after a throttling. */
  get callsPerSecond(): number {
    const share = Math.min(shareAt(this.#rate, this.#clock.now()), this.#shared?.share ?? 1);
    return (share * 1_000) / this.#minTimeMs;
  }

  /** Clock `now` when a call was last throttled; undefined: never. */
  get lastThrottledAt(): number | undefined {
    return Number.isFinite(this.#throttledAt) ? this.#throttledAt : undefined;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Ends the budget: it grants no permit after this and withdraws every waiting request. */
  close(): void {
    this.#closing.abort();
    this.backlog.clear();
    this.#limiter.close();
    this.#shared?.close();
  }

  /**
   * How long no call may be made, ms: during a pause after a throttling, or while the calls of the last 60 s,
   * made elsewhere too, use up the budget.
   */
  get #waitMs(): number {
    const now = this.#clock.now();
    return Math.max(0, this.#pausedUntil - now, this.history.belowAt(this.#mostInAMinute, now) - now);
  }

  async #pauseOver(): Promise<void> {
    for (let ms = this.#waitMs; ms > 0 && !this.isClosed; ms = this.#waitMs)
      await this.#clock.sleep(ms, this.#closing.signal).catch(() => undefined);
  }

  /** Undefined once the budget is closed. */
  #spaced(): Promise<Permit | undefined> {
    this.#limiter.setMinTime(this.#minTimeMs / shareAt(this.#rate, this.#clock.now()));
    return new Promise((resolve) => {
      const slot = async () => {
        await this.#shared?.next();
        const { promise, resolve: release } = Promise.withResolvers<void>();
        resolve(this.isClosed ? undefined : { release });
        if (!this.isClosed) await promise;
      };
      // Rejects only when the limiter is closed.
      this.#limiter.schedule(slot).catch(() => resolve(undefined));
    });
  }
}
