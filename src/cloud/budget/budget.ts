/**
 * One account's calls, paced so that in no sliding 60 s there are more than its calls per minute, whenever the process began.
 *
 * bottleneck keeps the pace: `minTime` holds exactly, where its reservoir lets up to half as much again through. It is handed
 * turns, not calls: who takes a turn is decided when the turn begins, so that whoever is asked for now need not wait for all others.
 */
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Priority } from '../../job/model/cloud-port.ts';
import { shareAt, throttled, UNTHROTTLED } from '../ratelimit/aimd.ts';
import { callsOnTrust, pacing } from '../ratelimit/call-rate.ts';
import { SlidingWindow } from '../ratelimit/sliding-window.ts';
import { SpacingLimiter } from '../ratelimit/spacing-limiter.ts';
import { SharedLimiter, type Sharing } from '../redis/shared-limiter.ts';
import { Backlog, type Waiting } from './backlog.ts';

export interface BudgetOptions {
  /** 1 … 6,000. */
  readonly callsPerMinute: number;
  readonly clock: Clock;
  /** Called with how long a call waited for its turn, seconds. */
  readonly onWait?: (priority: Priority, seconds: number) => void;
  /** With other processes; undefined: this one spends it alone. */
  readonly sharing?: Sharing | undefined;
}

/** Whoever calls are made for: a credential, which can turn out to be another account's. */
export interface Payer {
  /** Of the calls made for it. */
  readonly history: SlidingWindow;
}

/** Who waits for a turn. An object and no promise, as a hundred thousand may wait. */
export interface Caller extends Waiting {
  /** Clock `now`; the budget's to set. */
  waitingSince: number;
  readonly payer?: Payer | undefined;
  /** Asked when its turn has come: false when it has no use for it, and has left or begun anew by itself. */
  ready(): boolean;
  /** Makes the call, and resolves when that has ended. Must not reject. */
  call(): Promise<void>;
  /** Sent away without a turn. */
  dismissed(): void;
}

/** Five endpoints that hang (`EndpointGuard`); beyond, calls wait here and not in sockets. */
const MOST_IN_FLIGHT = 512;

/** The vendor's own flow control works in windows of a second to a minute. */
const PAUSES: Backoff = { baseMs: 1_000, maxMs: 60_000 };

/** An answer of STS takes 0.1 s; who waits for longer had better call. */
const ON_TRUST_MS = 3_000;

export class Budget {
  readonly #clock: Clock;
  readonly #onWait: BudgetOptions['onWait'];
  readonly #pace: SpacingLimiter;
  readonly #shared: SharedLimiter | undefined;
  readonly #ahead: number;
  readonly #minTimeMs: number;
  readonly #backlog = new Backlog<Caller>();
  readonly #history = new SlidingWindow();
  readonly #mostInAMinute: number;
  readonly #onTrust: number;
  /** Clock `now`. */
  readonly #beganAt: number;
  #assumesOthers = false;
  #reserved = 0;
  #pausedUntil = 0;
  #throttledAt = Number.NEGATIVE_INFINITY;
  #throttlings = 0;
  #rate = UNTHROTTLED;
  #pause: Timer | undefined;
  #closed = false;
  #allowance = Number.POSITIVE_INFINITY;
  #trust: Timer | undefined;

  /** @param account what all who spend it call it */
  constructor({ callsPerMinute, clock, onWait, sharing }: BudgetOptions, account = '') {
    const { minTimeMs, ahead } = pacing(callsPerMinute);
    this.#clock = clock;
    this.#onWait = onWait;
    this.#pace = new SpacingLimiter({ minTimeMs, maxConcurrent: MOST_IN_FLIGHT, startsSpent: true, clock });
    this.#shared = sharing && new SharedLimiter({ ...sharing, account, minTimeMs, clock });
    // All who share it together reserve no more turns than one would alone: so many may begin late, and close together.
    this.#ahead = Math.max(1, Math.floor(ahead / (sharing?.shards ?? 1)));
    this.#minTimeMs = minTimeMs;
    this.#mostInAMinute = callsPerMinute - Math.floor(callsPerMinute / 100);
    this.#onTrust = callsOnTrust(callsPerMinute);
    this.#beganAt = clock.now();
  }

  /** It may be another account's: a few calls and no more, until it is known or takes too long. */
  distrust(): void {
    this.#allowance = this.#onTrust;
    this.#trust?.cancel();
    this.#trust = this.#clock.after(ON_TRUST_MS, () => this.trust());
  }

  /** It is known to be this account's, or nobody can tell. */
  trust(): void {
    this.#trust?.cancel();
    this.#allowance = Number.POSITIVE_INFINITY;
    this.#reserve();
  }

  /** Has it called when its turn has come. Who was called or sent away may come again, who withdrew may not. */
  add(caller: Caller): void {
    if (this.#closed) {
      caller.dismissed();
      return;
    }
    caller.waitingSince = this.#clock.now();
    caller.withdrawn = false;
    this.#backlog.add(caller);
    this.#reserve();
  }

  /** It leaves without a turn. */
  withdraw(caller: Caller): void {
    this.#backlog.withdraw(caller);
  }

  /**
   * The cloud said that the quota is spent: nobody of this account calls for as long as it said, or longer each time in a row, and
   * then at a lower rate. Calls that were under way together are throttled together: they are one event.
   *
   * @param sentAt clock `now` when the call was sent
   */
  throttled(sentAt: number, retryAfterMs?: number): void {
    if (sentAt <= this.#throttledAt) return;
    const now = this.#clock.now();
    this.#throttledAt = now;
    this.#throttlings += 1;
    this.#rate = throttled(this.#rate, now);
    this.#pauseUntil(now + (retryAfterMs ?? backoffDelay(PAUSES, this.#throttlings)));
  }

  /** A call was let through. One that was sent before the last throttling tells nothing. */
  accepted(sentAt: number): void {
    if (sentAt > this.#throttledAt) this.#throttlings = 0;
  }

  /** What is given now: the budget's pace, or less after a throttling. */
  get callsPerSecond(): number {
    const share = Math.min(shareAt(this.#rate, this.#clock.now()), this.#shared?.share ?? 1);
    return (share * 1_000) / this.#minTimeMs;
  }

  /** Takes those out who wait for a turn of this payer's: for another budget. */
  release(payer: Payer): Caller[] {
    return this.#backlog.take((caller) => caller.payer === payer);
  }

  /** They wait here from now on, as long as before; and the calls that were made for them count. */
  adopt(callers: readonly Caller[], history: SlidingWindow): void {
    const now = this.#clock.now();
    // Only what comes on top of the pace can be too much: so only now it matters what a process before this one called.
    if (!this.#assumesOthers) this.#history.assume(60_000 / this.#minTimeMs, this.#beganAt, now);
    this.#assumesOthers = true;
    this.#history.include(history, now);
    for (const caller of callers) this.#backlog.add(caller);
    this.#reserve();
  }

  /** The account has another name. */
  rename(account: string): void {
    this.#shared?.rename(account);
  }

  /** Everybody who waits for a turn. */
  get callers(): Iterable<Caller> {
    return this.#backlog;
  }

  /** How many calls wait for their turn. */
  waiting(priority: Priority): number {
    return this.#backlog.size(priority);
  }

  get total(): number {
    return this.#backlog.total;
  }

  /** No call begins after this; everybody who waits is sent away. */
  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
    this.#trust?.cancel();
    for (const caller of this.#backlog.clear()) caller.dismissed();
    this.#pace.close();
    this.#shared?.close();
  }

  /** A timer may ring a little early; what it ends is over. */
  #resume(): void {
    this.#pausedUntil = 0;
    this.#reserve();
  }

  #reserve(): void {
    this.#pace.setMinTime(this.#minTimeMs / shareAt(this.#rate, this.#clock.now()));
    while (this.#mayCall() && this.#reserved < Math.min(this.#ahead, this.#backlog.total, this.#allowance)) {
      this.#reserved += 1;
      // It rejects when the budget is closed, and for nothing else: a turn itself cannot fail.
      this.#pace.schedule(() => this.#turn()).catch(() => undefined);
    }
  }

  async #turn(): Promise<void> {
    await this.#shared?.next();
    this.#reserved -= 1;
    const caller = this.#mayCall() ? this.#next() : undefined;
    if (caller) this.#allowance -= 1;
    this.#reserve();
    if (!caller) return;
    const now = this.#clock.now();
    this.#history.add(now);
    caller.payer?.history.add(now);
    this.#onWait?.(caller.priority, (now - caller.waitingSince) / 1_000);
    await caller.call();
  }

  #next(): Caller | undefined {
    for (let caller = this.#backlog.next(); caller; caller = this.#backlog.next())
      if (caller.ready()) return caller;
    return undefined;
  }

  #mayCall(): boolean {
    return !this.#closed && this.#allowance > 0 && !this.#isPaused() && !this.#isSpent();
  }

  /** The pace alone never spends it: but those who turned out to share it may have, before that was known. */
  #isSpent(): boolean {
    const now = this.#clock.now();
    const until = this.#history.belowAt(this.#mostInAMinute, now);
    if (until <= now) return false;
    this.#pauseUntil(until);
    return true;
  }

  #pauseUntil(until: number): void {
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#pause?.cancel();
    this.#pause = this.#clock.after(until - this.#clock.now(), () => this.#resume());
  }

  #isPaused(): boolean {
    return this.#clock.now() < this.#pausedUntil;
  }
}
