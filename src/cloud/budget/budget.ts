/**
 * Spaces the calls of one account: no sliding 60 s has more than its calls per minute, also after a restart.
 *
 * Permits come in bursts, because a process that wakes for each call pays more for waking than for the call.
 * bottleneck keeps the spacing of the bursts, by `minTime`: its reservoir would let up to half as many calls
 * again through. This class only hands out permits. Which waiting request uses a permit is decided when the
 * permit comes, so an urgent request need not wait for the requests before it. Some permits of each burst are
 * kept for urgent requests that come before the next burst.
 */
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock } from '../../base/clock.ts';
import { shareAt, throttled, UNTHROTTLED } from '../../ratelimit/aimd.ts';
import { pacing } from '../../ratelimit/call-rate.ts';
import { SlidingWindow } from '../../ratelimit/sliding-window.ts';
import { SpacingLimiter } from '../../ratelimit/spacing-limiter.ts';
import { SharedLimiter, type Sharing } from '../../redis/shared-limiter.ts';
import { Backlog, type Waiting } from './backlog.ts';

export interface BudgetOptions {
  /** 1 … 6,000. */
  readonly callsPerMinute: number;
  readonly clock: Clock;
  /** Shares the budget with other processes; undefined: this process spends it alone. */
  readonly sharing?: Sharing | undefined;
}

/**
 * Calls of one account in flight. One credential with five endpoints that hang takes 480
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
  readonly #minTimeMs: number;
  readonly #burst: number;
  /** Permits that only urgent items get, between two bursts. */
  readonly #reserve: number;
  /** Bursts that may be waited for at the same time. */
  readonly #ahead: number;
  readonly #mostInAMinute: number;
  readonly #closing = new AbortController();
  /** Permits that are left. */
  #permits = 0;
  /**
   * How many permits come next. The first comes alone: with a whole burst, the first call of an account would
   * wait for 0.3 s.
   */
  #next = 1;
  /** Bursts that are waited for. */
  #awaited = 0;
  #inFlight = 0;
  #pausedUntil = 0;
  #throttledAt = Number.NEGATIVE_INFINITY;
  #throttlings = 0;
  #rate = UNTHROTTLED;

  /** @param account the name of the account among the processes that share its budget */
  constructor({ callsPerMinute, clock, sharing }: BudgetOptions, account = '') {
    const { minTimeMs, burst, reserve, ahead } = pacing(callsPerMinute, sharing?.shards);
    this.#clock = clock;
    this.#limiter = new SpacingLimiter({ minTimeMs, startsSpent: true, clock });
    this.#shared = sharing && new SharedLimiter({ ...sharing, account, minTimeMs, clock });
    this.#minTimeMs = minTimeMs;
    this.#burst = burst;
    this.#reserve = reserve;
    this.#ahead = sharing ? ahead : 1;
    this.#mostInAMinute = callsPerMinute - Math.floor(callsPerMinute / 100);
  }

  /**
   * Removes the item that may be called now from the backlog, and returns it; undefined if there is none. The
   * last permits are for urgent items. An item that is not called uses no permit.
   */
  next(): Item | undefined {
    if (this.#permits === 0 || this.#inFlight === MOST_IN_FLIGHT || this.#waitMs > 0) return undefined;
    // As bursts grow, so does the reserve.
    const reserve = Math.floor((this.#reserve * this.#next) / this.#burst);
    const now = this.#clock.now();
    const item = this.#permits > reserve ? this.backlog.next(now) : this.backlog.nextUrgent(now);
    // One less than can come: a permit that comes for an item and is not used leaves a gap in the spacing.
    if (!item) this.#permits = Math.min(this.#permits, this.#burst + this.#reserve - 1);
    return item;
  }

  /** Counts a call that is about to be made. It takes one of the slots for calls in flight until `ended`. */
  spend(): void {
    this.#permits -= 1;
    this.#inFlight += 1;
    this.history.add(this.#clock.now());
  }

  /** A call has ended. */
  ended(): void {
    this.#inFlight -= 1;
  }

  /**
   * Whether to wait for more permits: items wait that `next` does not return now, and no burst is awaited
   * that will serve them.
   */
  get needsPermits(): boolean {
    const needed = Math.min(this.#ahead, this.backlog.total);
    return !this.isClosed && this.#inFlight < MOST_IN_FLIGHT && this.#awaited < needed;
  }

  /** Resolves when a burst of permits has come, or a pause is over, or the budget is closed. */
  async morePermits(): Promise<void> {
    this.#awaited += 1;
    const ms = this.#waitMs;
    if (ms > 0) await this.#clock.sleep(ms, this.#closing.signal).catch(() => undefined);
    else await this.#burstComes();
    this.#awaited -= 1;
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
    this.#permits = 0;
  }

  /** A call was not throttled. A call that was sent before the last throttling shows nothing about it. */
  accepted(sentAt: number): void {
    if (sentAt > this.#throttledAt) this.#throttlings = 0;
  }

  /** Adds the calls that were made for this account under another name. */
  include({ history }: { readonly history: SlidingWindow }): void {
    this.history.include(history, this.#clock.now());
  }

  /** Continues a throttling that this account met under another name: its pause and its lower rate. */
  inherit(other: Budget<Item>): void {
    const now = this.#clock.now();
    this.#pausedUntil = Math.max(this.#pausedUntil, other.#pausedUntil);
    this.#throttledAt = Math.max(this.#throttledAt, other.#throttledAt);
    this.#throttlings = Math.max(this.#throttlings, other.#throttlings);
    if (shareAt(other.#rate, now) >= shareAt(this.#rate, now)) return;
    this.#rate = other.#rate;
    this.#permits = 0;
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

  /** Whether other processes take permits of the same budget now. */
  get isShared(): boolean {
    return this.#shared?.share === 1;
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

  /**
   * Never rejects. Bursts grow to their size, which is smaller after a throttling, so that no call waits long
   * for many permits to come together. A burst that comes during a pause is lost.
   */
  #burstComes(): Promise<void> {
    const share = shareAt(this.#rate, this.#clock.now());
    const most = Math.max(1, Math.floor(this.#burst * share));
    const permits = Math.min(this.#next, most);
    const next = Math.min(2 * permits, most);
    this.#limiter.setMinTime((next * this.#minTimeMs) / share);
    return new Promise((resolve) => {
      const come = async () => {
        await this.#shared?.next({ permits, following: next });
        if (!this.isClosed && this.#waitMs === 0) {
          this.#permits += permits;
          this.#next = next;
        }
        resolve();
      };
      // Rejects only when the limiter is closed.
      this.#limiter.schedule(come).catch(() => resolve());
    });
  }
}
