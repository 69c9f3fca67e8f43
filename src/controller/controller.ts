/**
 * Runs a reconciler over keys: when each is due (timetable), never one twice at the same time (work queue),
 * how many at a time (concurrency), and what each outcome means for the key (the one switch). It does not
 * know what a key names.
 */
import { type Backoff, backoffDelay } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Outcome } from './outcome.ts';
import { Timetable } from './timetable.ts';
import { type End, Work } from './work.ts';
import { WorkQueue } from './work-queue.ts';

/**
 * Brings what the key names to its desired state. `work` is aborted when the key is added again meanwhile and
 * when the controller stops: waiting work should give up, work that has begun may finish. Throwing is a bug;
 * it is logged and the key is retried with back-off.
 *
 * @returns undefined where the work ends later, by one call of `work.end`
 */
export type Reconcile<Key> = (key: Key, work: Work<Key>) => Outcome | Promise<Outcome> | undefined;

export interface ControllerOptions<Key> {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Most keys in work at the same time. Infinity where the reconciler has its own bounds. */
  readonly concurrency: number;
  /** Beyond `concurrency`, keys of different parties go in turn. Default: all are of one party. */
  readonly partyOf?: (key: Key) => string;
  /**
   * Whether a party may have one more key in work. The answer may change when a key in work ends. Default:
   * each may.
   */
  readonly mayStart?: (party: string) => boolean;
  /** Called after each reconciliation, for metrics. */
  readonly onReconciled?: (outcome: Outcome['kind'] | 'error', seconds: number) => void;
}

/** Delays after a throw: 1 s in case it was a fluke, at most 5 minutes for a lasting bug. */
const AFTER_THROW: Backoff = { baseMs: 1_000, maxMs: 300_000 };

/** Most keys that start in one tick of the event loop: 100,000 at once would block it for seconds. */
const STARTS_PER_TICK = 256;

export class Controller<Key> {
  readonly #options: ControllerOptions<Key>;
  readonly #queue: WorkQueue<Key, Work<Key>>;
  readonly #timetable: Timetable<Key>;
  readonly #throws = new Map<Key, number>();
  readonly #onEnd = (work: Work<Key>, end: End) => this.#ended(work, end);
  #reconcile: Reconcile<Key> | undefined;
  #tick: NodeJS.Immediate | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(options: ControllerOptions<Key>) {
    this.#options = options;
    this.#queue = new WorkQueue((key) => new Work(key, options.clock.now(), this.#onEnd), options.partyOf);
    this.#timetable = new Timetable(options.clock, (key) => this.#enqueue(key));
  }

  /** Reconciles this key now: removes it from the timetable, and aborts a wait in progress. */
  add(key: Key): void {
    this.#timetable.delete(key);
    this.#enqueue(key);
    this.#queue.underWay.get(key)?.abort();
  }

  /**
   * Reconciles the key at `at`, as if its own reconciliation had ended with `pollAt(at)`. A reconciliation
   * under way is aborted and runs again; a key that waits for a free place keeps its place.
   */
  reschedule(key: Key, at: number): void {
    if (this.#queue.underWay.has(key)) this.add(key);
    else if (this.#reconcile && !this.#queue.isWaiting(key)) this.#timetable.set(key, at);
  }

  /** Works until `signal` is aborted, then until the reconciliations under way have ended. */
  async run(reconcile: Reconcile<Key>, signal: AbortSignal): Promise<void> {
    this.#reconcile = reconcile;
    this.#schedule();
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    this.#reconcile = undefined;
    this.#timetable.clear();
    for (const work of this.#queue.underWay.values()) work.abort();
    if (this.#queue.underWay.size > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  #enqueue(key: Key): void {
    this.#queue.add(key);
    this.#schedule();
  }

  #schedule(): void {
    if (!this.#reconcile || this.#tick) return;
    this.#tick = setImmediate(() => {
      this.#tick = undefined;
      this.#startSome();
    });
  }

  #startSome(): void {
    const { concurrency, mayStart } = this.#options;
    for (let started = 0; this.#reconcile && this.#queue.underWay.size < concurrency; started += 1) {
      if (started === STARTS_PER_TICK) {
        this.#schedule();
        return;
      }
      const work = this.#queue.next(mayStart);
      if (!work) return;
      this.#process(work, this.#reconcile);
    }
  }

  /** Not async: a visit that waits returns undefined, and no promise is made for it. */
  #process(work: Work<Key>, reconcile: Reconcile<Key>): void {
    let outcome: ReturnType<Reconcile<Key>>;
    try {
      outcome = reconcile(work.key, work);
    } catch (thrown) {
      work.end(() => raise(thrown));
      return;
    }
    if (outcome instanceof Promise)
      void outcome.then(
        (each) => work.end(() => each),
        (thrown: unknown) => work.end(() => raise(thrown)),
      );
    else if (outcome) work.end(() => outcome);
  }

  #ended({ key, began }: Work<Key>, end: End): void {
    if ('outcome' in end) this.#throws.delete(key);
    else {
      this.#options.logger.error('reconciling failed unexpectedly', { key, error: end.thrown });
      this.#throws.set(key, (this.#throws.get(key) ?? 0) + 1);
    }
    const outcome = 'outcome' in end ? end.outcome : ({ kind: 'error' } as const);
    this.#options.onReconciled?.(outcome.kind, (this.#options.clock.now() - began) / 1_000);
    const again = this.#queue.done(key);
    if (!again && this.#reconcile) this.#apply(key, outcome);
    this.#schedule();
    if (!this.#reconcile && this.#queue.underWay.size === 0) this.#whenIdle?.();
  }

  /** The one place where an outcome sets or removes the instant of a key. */
  #apply(key: Key, outcome: Outcome | { readonly kind: 'error' }): void {
    const now = this.#options.clock.now();
    switch (outcome.kind) {
      case 'pollAt':
        this.#timetable.set(key, outcome.at);
        break;
      case 'awaitChange':
        this.#timetable.delete(key);
        break;
      case 'error':
        this.#timetable.set(key, now + backoffDelay(AFTER_THROW, this.#throws.get(key) ?? 1));
        break;
    }
  }
}

function raise(thrown: unknown): never {
  throw thrown;
}
