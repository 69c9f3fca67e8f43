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
}

/** At 100 calls a second this is answers taking 1.3 s, many times the usual; beyond, calls wait here and not in sockets. */
const MOST_IN_FLIGHT = 128;

/** The vendor's own flow control works in windows of a second to a minute. */
const PAUSES: Backoff = { baseMs: 1_000, maxMs: 60_000 };

/**
 * The shortest time between two calls, ms, and how many turns may be reserved ahead.
 *
 * With a burst b of 1% of the budget N, the pace is (N − 2b)/min: one b for turns that begin late and so close together, one b for
 * what another process of the same account, or this one before a restart, sent just before. Tiny budgets give up half instead.
 */
export function pacing(callsPerMinute: number): { readonly minTimeMs: number; readonly ahead: number } {
  const burst = Math.max(1, Math.floor(callsPerMinute / 100));
  const pace = Math.max(callsPerMinute - 2 * burst, callsPerMinute / 2);
  return { minTimeMs: 60_000 / pace, ahead: Math.min(burst, 20) };
}

export class Budget {
  readonly #clock: Clock;
  readonly #onWait: BudgetOptions['onWait'];
  readonly #limiter: Bottleneck;
  readonly #ahead: number;
  readonly #backlog = new Backlog<Entry>();
  #reserved = 0;
  #pausedUntil = 0;
  #throttlings = 0;
  #pause: Timer | undefined;
  #closed = false;

  constructor({ callsPerMinute, clock, onWait }: BudgetOptions) {
    const { minTimeMs, ahead } = pacing(callsPerMinute);
    this.#clock = clock;
    this.#onWait = onWait;
    this.#ahead = ahead;
    this.#limiter = new Bottleneck({ minTime: minTimeMs, maxConcurrent: MOST_IN_FLIGHT });
  }

  /** Runs `call` when its turn has come, or gives `withdrawn` when the signal was aborted before. */
  run<T>(options: ObserveOptions, call: () => Promise<T>): Promise<T | 'withdrawn'> {
    const { lane, deadline, signal } = options;
    if (signal.aborted || this.#closed) return Promise.resolve('withdrawn');
    return new Promise((resolve, reject) => {
      const since = this.#clock.now();
      const onAbort = () => {
        this.#backlog.withdraw(entry);
        resolve('withdrawn');
      };
      const begin = async () => {
        signal.removeEventListener('abort', onAbort);
        this.#onWait?.(lane, (this.#clock.now() - since) / 1_000);
        await call().then(resolve, reject);
      };
      const entry: Entry = { lane, deadline, withdrawn: false, begin };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#backlog.add(entry);
      this.#reserve();
    });
  }

  /** The cloud said that the quota is spent: nobody of this account calls for a while, longer each time in a row. */
  throttled(): void {
    const now = this.#clock.now();
    if (now < this.#pausedUntil) return;
    this.#throttlings += 1;
    const pause = backoffDelay(PAUSES, this.#throttlings);
    this.#pausedUntil = now + pause;
    this.#pause = this.#clock.after(pause, () => this.#reserve());
  }

  /** A call was not throttled. */
  accepted(): void {
    this.#throttlings = 0;
  }

  /** How many calls wait for their turn. */
  waiting(lane: Lane): number {
    return this.#backlog.size(lane);
  }

  /** No call begins after this. */
  close(): void {
    this.#closed = true;
    this.#pause?.cancel();
  }

  #reserve(): void {
    while (this.#mayBegin() && this.#reserved < Math.min(this.#ahead, this.#backlog.total)) {
      this.#reserved += 1;
      void this.#limiter.schedule(() => this.#turn());
    }
  }

  async #turn(): Promise<void> {
    this.#reserved -= 1;
    const entry = this.#mayBegin() ? this.#backlog.next() : undefined;
    this.#reserve();
    await entry?.begin();
  }

  #mayBegin(): boolean {
    return !this.#closed && this.#clock.now() >= this.#pausedUntil;
  }
}
