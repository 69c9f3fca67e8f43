/**
 * Time as a parameter: every room that waits or dates something receives a `Clock`, so that tests can step
 * it.
 *
 * Two readings, because they answer two questions. `now` orders and measures: it never steps, so a corrected
 * wall clock cannot make a status look fresh for an hour, or stop polling for one. `date` is what a person
 * reads.
 */
export interface Clock {
  /**
   * Milliseconds on a scale that only moves forward; equal to the Unix time when the process began. Not for
   * people: it follows no correction of the wall clock, and may stand still while the machine is suspended.
   */
  now(): number;
  /** The wall clock. */
  date(): Date;
  /** Resolves after `ms` milliseconds, not before; rejects with the signal's reason if aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls back once after `ms` milliseconds, not before, unless cancelled. */
  after(ms: number, callback: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

/** setTimeout fires at once for more than 2^31 - 1 ms (24.8 days), so longer waits are made of several. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * Added to each timeout, ms. setTimeout counts from the last whole millisecond and drops the fraction of its
 * delay, so it may fire 2 ms early. What waits for an instant then has to wait again, which is one more
 * wake-up.
 */
const NOT_EARLY_MS = 1;

/** Read once: `now` is called a hundred times for each poll. */
const { timeOrigin } = performance;

export const systemClock: Clock = {
  now: () => timeOrigin + performance.now(),
  date: () => new Date(),
  after(ms, callback) {
    let timeout: NodeJS.Timeout;
    const wait = (left: number) => {
      const part = Math.min(Math.ceil(Math.max(0, left)) + NOT_EARLY_MS, LONGEST_TIMEOUT_MS);
      timeout = setTimeout(() => (left > part ? wait(left - part) : callback()), part);
    };
    wait(ms);
    return { cancel: () => clearTimeout(timeout) };
  },
  sleep(ms, signal) {
    return sleepOn(systemClock, ms, signal);
  },
};

/** Implements `sleep` for any clock that has `after`. */
export function sleepOn(clock: Pick<Clock, 'after'>, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/**
 * Unix time of an instant of `now`, ms, by the wall clock as it is set at present. For the times that people
 * compare with the present time: `now` itself keeps the error that the wall clock had at the start.
 */
export function wallTimeOf(clock: Pick<Clock, 'now' | 'date'>, at: number): number {
  return clock.date().getTime() - (clock.now() - at);
}

/**
 * Whole seconds since the Unix epoch: as exact as `rfc3339`, and small integers need no memory of their own.
 */
export function unixSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1_000);
}

/** RFC 3339 in UTC, in whole seconds, as `metav1.Time` is written. */
export function rfc3339(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/** Whether the API server accepts the text as a date and time: RFC 3339, of a day that exists. */
export function isRfc3339(text: string): boolean {
  // `Date` reads February 31 as March 3.
  return RFC_3339.test(text) && new Date(text.slice(0, 10)).getUTCDate() === Number(text.slice(8, 10));
}

/** RFC 3339 with microseconds, as Kubernetes requires it of Leases and events. */
export function microTime(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}
