/**
 * Prevents calls that are known to fail. After a failure one probe goes at growing intervals. Other callers
 * get the failure without a call, and callers that come during a probe wait for its result.
 */
import { type Backoff, backoffDelay } from '../../base/backoff.ts';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Signal } from '../../job/model/cloud-port.ts';
import type { Failure } from '../../job/model/failures.ts';

/**
 * The leave to make one call, by which the breaker recognizes its probe. Its holder reports the end of the
 * call with exactly one of `succeeded`, `failed`, `inconclusive` and `abandoned`.
 */
export type Pass = symbol;

export type Entrance = { readonly pass: Pass } | { readonly refused: Failure };

interface Open {
  readonly failure: Failure;
  /** Clock `now` of the next probe. */
  readonly until: number;
  /** Number of failures in a row, the first and each failed probe. */
  readonly attempt: number;
  /** The probe that is under way. */
  readonly probe?: { readonly pass: Pass; readonly ended: PromiseWithResolvers<void> };
}

/**
 * A corrected key takes effect within 30 s, if calls are answered as usual: at most 20 s to the next probe.
 * That may still use the old key; its refusal makes the operator read the Secret. Then STS names the account
 * (3 s at most) and the second call goes.
 */
const PROBES: Backoff = { baseMs: 5_000, maxMs: 20_000 };

/** All callers share one pass while closed: they need not be distinguished, and 100,000 may wait. */
const ADMITTED: Entrance = { pass: Symbol('admitted') };

/** A caller that never withdraws. */
const STAYS = { withdrawn: false };

export class CircuitBreaker {
  readonly #clock: Clock;
  /** Undefined while the breaker is closed. */
  #open: Open | undefined;
  /** Callers of `untilRetry` that wait: the function that ends the wait of each. */
  readonly #parked = new Set<() => void>();
  #nextProbe: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param caller does not become the next probe if it has withdrawn, also while it waited for one */
  async enter(caller: { readonly withdrawn: boolean } = STAYS): Promise<Entrance> {
    while (this.#open?.probe) await this.#open.probe.ended.promise;
    const open = this.#open;
    const now = this.#clock.now();
    if (!open) return ADMITTED;
    if (caller.withdrawn || now < open.until) return { refused: failureOf(open) };
    const pass: Pass = Symbol('probe');
    const until = now + backoffDelay(PROBES, open.attempt + 1);
    this.#open = { ...open, until, probe: { pass, ended: Promise.withResolvers() } };
    return { pass };
  }

  /**
   * Waits while the failure lasts. Objects that already show it call this, so that thousands of objects with
   * a refused key cost no visits. Resolves when the breaker closes, when the message of the failure changes,
   * for one caller when the next probe is due, and on an abort.
   */
  async untilRetry(signal: Signal): Promise<void> {
    if (signal.aborted || !this.#open) return;
    await new Promise<void>((resolve) => {
      const leave = () => {
        this.#parked.delete(leave);
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#parked.add(leave);
      this.#awaitProbe();
    });
  }

  /** The failure for a caller that entered and has waited since, if the breaker no longer lets it through. */
  refusal(pass: Pass): Failure | undefined {
    return this.#open && !this.isProbe(pass) ? failureOf(this.#open) : undefined;
  }

  /** Whether callers wait for the result of this call. */
  isProbe(pass: Pass): boolean {
    return this.#open?.probe?.pass === pass;
  }

  /** Closes the breaker if the call was the probe. An older call shows nothing about the failure. */
  succeeded(pass: Pass): void {
    if (this.isProbe(pass)) this.reset();
  }

  /** Opens the breaker. Calls in flight together fail together: they count as one failure. */
  failed(pass: Pass, failure: Failure): void {
    if (this.#open && !this.isProbe(pass)) return;
    const attempt = (this.#open?.attempt ?? 0) + 1;
    this.#become({ failure, attempt, until: this.#clock.now() + backoffDelay(PROBES, attempt) });
  }

  /**
   * The call was made and shows neither success nor failure. If it was the probe, the next probe goes after
   * the current interval.
   */
  inconclusive(pass: Pass): void {
    this.#probeAgain(pass, (attempt) => backoffDelay(PROBES, attempt));
  }

  /** The call was not made. If it was to be the probe, another call may probe at once. */
  abandoned(pass: Pass): void {
    this.#probeAgain(pass, () => 0);
  }

  /** Closes the breaker: what failed has been replaced. */
  reset(): void {
    this.#become(undefined);
  }

  #probeAgain(pass: Pass, delayMs: (attempt: number) => number): void {
    if (!this.#open || !this.isProbe(pass)) return;
    const { failure, attempt } = this.#open;
    this.#become({ failure, attempt, until: this.#clock.now() + delayMs(attempt) });
  }

  /** Callers that wait for a probe check the new state. */
  #become(after: Omit<Open, 'probe'> | undefined): void {
    const before = this.#open;
    this.#open = after;
    this.#nextProbe?.cancel();
    this.#nextProbe = undefined;
    before?.probe?.ended.resolve();
    if (before?.failure.message !== after?.failure.message) for (const leave of [...this.#parked]) leave();
    else this.#awaitProbe();
  }

  /**
   * Lets one parked caller go when the next probe is due. If it does not become the probe, the next caller
   * follows 5 s later.
   */
  #awaitProbe(): void {
    if (!this.#open || this.#open.probe || this.#parked.size === 0) return;
    this.#nextProbe ??= this.#clock.after(this.#open.until - this.#clock.now(), () => {
      const [leave] = this.#parked;
      leave?.();
      this.#nextProbe = this.#clock.after(PROBES.baseMs, () => {
        this.#nextProbe = undefined;
        this.#awaitProbe();
      });
    });
  }
}

function failureOf({ failure, until }: Open): Failure {
  return { ...failure, retryAt: until };
}
