/**
 * One account's calls, paced so that in no sliding 60 s there are more than its calls per minute, whenever the process began.
 *
 * bottleneck keeps the pace: `minTime` holds exactly, where its reservoir lets up to half as much again through. It is handed
 * turns, not calls: who takes a turn is decided when the turn begins, so that whoever is asked for now goes first.
 */
import Bottleneck from 'bottleneck';
import { type Backoff, backoffDelay } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Lane, ObserveOptions } from '../job/ports.ts';
import { Backlog, type Waiting } from './backlog.ts';

export interface BudgetOptions {
  /** 1 … 6,000. */
  readonly callsPerMinute: number;
  readonly clock: Clock;
  /** Called with how long a call waited for its turn, seconds. */
  readonly onWait?: (lane: Lane, seconds: number) => void;
}

interface Entry extends Waiting {
  /** Begins the call; resolves when it has ended. */
  readonly begin: () => Promise<void>;
  /** Gives up without a call. */
  readonly leave: () => void;
}

/** At 100 calls a second this is answers taking 1.3 s, many times the usual; beyond, calls wait here and not in sockets. */
const MOST_IN_FLIGHT = 128;

/** The vendor's own flow control works in windows of a second to a minute. */
const PAUSES: Backoff = { baseMs: 1_000, maxMs: 60_000 };

/** A wall clock is slewed by less than this between two calls; more is a step. */
const CLOCK_STEP_MS = 500;

/**
 * The shortest time between two calls, ms, and how many turns may be reserved ahead.
 *
 * With a burst b of 1% of the budget N, the pace is (N − 2b)/min: one b for turns that begin late and so close together, one b for
 * what another process of the same account still has on its way. Tiny budgets give up half instead.
 */
export function pacing(callsPerMinute: number): { readonly minTimeMs: number; readonly ahead: number } {
  const burst = Math.max(1, Math.floor(callsPerMinute / 100));
  const pace = Math.max(callsPerMinute - 2 * burst, callsPerMinute / 2);
  return { minTimeMs: 60_000 / pace, ahead: Math.min(burst, 20) };
}

export class Budget {
  readonly #clock: Clock;
  readonly #onWait: BudgetOptions['onWait'];
  readonly #minTimeMs: number;
  readonly #ahead: number;
  readonly #backlog = new Backlog<Entry>();
  #limiter: Bottleneck;
  /** How far the wall clock was ahead of `now` when last looked at. */
  #wallAhead: number;
  #reserved = 0;
  #pausedUntil = 0;
  #throttlings = 0;
  #pause: Timer | undefined;
  #closed = false;

  constructor({ callsPerMinute, clock, onWait }: BudgetOptions) {
    const { minTimeMs, ahead } = pacing(callsPerMinute);
    this.#clock = clock;
    this.#onWait = onWait;
    this.#minTimeMs = minTimeMs;
    this.#ahead = ahead;
    this.#wallAhead = wallAhead(clock);
    this.#limiter = this.#newLimiter();
  }

  /** Runs `call` when its turn has come, or gives `withdrawn` when the signal was aborted before, or everybody dismissed. */
  run<T>(options: ObserveOptions, call: () => Promise<T>): Promise<T | 'withdrawn'> {
    const { lane, deadline, signal } = options;
    if (signal.aborted || this.#closed) return Promise.resolve('withdrawn');
    return new Promise((resolve, reject) => {
      const since = this.#clock.now();
      const leave = () => {
        signal.removeEventListener('abort', leave);
        this.#backlog.withdraw(entry);
        resolve('withdrawn');
      };
      const begin = async () => {
        signal.removeEventListener('abort', leave);
        this.#onWait?.(lane, (this.#clock.now() - since) / 1_000);
        await call().then(resolve, reject);
      };
      const entry: Entry = { lane, deadline, withdrawn: false, begin, leave };
      signal.addEventListener('abort', leave, { once: true });
      this.#backlog.add(entry);
      this.#reserve();
    });
  }

  /** The cloud said that the quota is spent: nobody of this account calls for a while, longer each time in a row. */
  throttled(): void {
    if (this.#isPaused()) return;
    this.#throttlings += 1;
    const pause = backoffDelay(PAUSES, this.#throttlings);
    this.#pausedUntil = this.#clock.now() + pause;
    this.#pause = this.#clock.after(pause, () => this.#resume());
  }

  /** A call was let through. During a pause it is one that was sent before, and tells nothing. */
  accepted(): void {
    if (!this.#isPaused()) this.#throttlings = 0;
  }

  /** How many calls wait for their turn. */
  waiting(lane: Lane): number {
    return this.#backlog.size(lane);
  }

  get total(): number {
    return this.#backlog.total;
  }

  /** Everybody who waits leaves without a call. */
  dismiss(): void {
    for (const entry of this.#backlog.clear()) entry.leave();
  }

  /** No call begins after this. */
  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
    this.dismiss();
    discard(this.#limiter);
  }

  /** A timer may ring a little early; what it ends is over. */
  #resume(): void {
    this.#pausedUntil = 0;
    this.#reserve();
  }

  #reserve(): void {
    this.#followWallClock();
    while (
      !this.#closed &&
      !this.#isPaused() &&
      this.#reserved < Math.min(this.#ahead, this.#backlog.total)
    ) {
      this.#reserved += 1;
      this.#schedule(this.#limiter);
    }
  }

  #schedule(limiter: Bottleneck): void {
    // It rejects for turns that are discarded, and for nothing else: a turn itself cannot fail.
    limiter.schedule(() => this.#turn(limiter)).catch(() => undefined);
  }

  async #turn(limiter: Bottleneck): Promise<void> {
    if (limiter !== this.#limiter || this.#closed) return;
    this.#reserved -= 1;
    const entry = this.#isPaused() ? undefined : this.#backlog.next();
    this.#reserve();
    await entry?.begin();
  }

  #isPaused(): boolean {
    return this.#clock.now() < this.#pausedUntil;
  }

  /** The first turn is nobody's: what a process before this one sent last may be this young. */
  #newLimiter(): Bottleneck {
    const limiter = new Bottleneck({ minTime: this.#minTimeMs, maxConcurrent: MOST_IN_FLIGHT });
    limiter.schedule(() => Promise.resolve()).catch(() => undefined);
    return limiter;
  }

  /** bottleneck goes by the wall clock: set back by an hour, it would let nobody call for an hour. So it begins anew. */
  #followWallClock(): void {
    const before = this.#wallAhead;
    this.#wallAhead = wallAhead(this.#clock);
    if (this.#closed || this.#wallAhead > before - CLOCK_STEP_MS) return;
    discard(this.#limiter);
    this.#limiter = this.#newLimiter();
    this.#reserved = 0;
  }
}

function wallAhead(clock: Clock): number {
  return clock.date().getTime() - clock.now();
}

function discard(limiter: Bottleneck): void {
  limiter.stop({ dropWaitingJobs: true }).catch(() => undefined);
}
