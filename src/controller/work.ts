/**
 * The work on one key: says when it is no longer wanted, and receives its outcome. 100,000 keys may wait for
 * the end of their work, so that this has neither an AbortSignal nor a promise, which take ten times as much.
 *
 * As a signal it is no EventTarget and has no reason. `fetch`, timers and `AbortSignal.any` do not take it:
 * work that calls them needs an AbortController of its own, which a listener aborts. Look at `aborted` before
 * you listen, as with an AbortSignal: a listener that is added after the abort is never called.
 */
import type { Outcome } from './outcome.ts';

/** How work ended: with its outcome, or with what it threw. */
export type End = { readonly outcome: Outcome } | { readonly thrown: unknown };

export class Work<Key> {
  readonly key: Key;
  /** Clock `now`. */
  readonly began: number;
  aborted = false;
  /** Most work listens once, if at all: a list for one listener would take 16 bytes more. */
  #listeners: AbortListener | readonly AbortListener[] = NONE;
  /** Undefined once the work has ended. */
  #onEnd: OnEnd<Key> | undefined;

  /** @param onEnd shared by all work: a function for each would take memory */
  constructor(key: Key, began: number, onEnd: OnEnd<Key>) {
    this.key = key;
    this.began = began;
    this.#onEnd = onEnd;
  }

  /**
   * Ends the work with what `last` returns. Throwing in `last` is a bug, like throwing in `Reconcile`. Does
   * nothing once the work has ended, as with an answer that comes after a throw: the key may be in work
   * again.
   */
  end(last: () => Outcome): void {
    const onEnd = this.#onEnd;
    this.#onEnd = undefined;
    onEnd?.(this, endOf(last));
  }

  /** Calls the listeners, the first time that it is called. */
  abort(): void {
    this.aborted = true;
    const listeners = this.#all;
    this.#listeners = NONE;
    for (const listener of listeners) call(listener);
  }

  /** @param listener is called once; never after an abort. Must not throw: the next would not be called */
  addEventListener(_type: 'abort', listener: AbortListener): void {
    if (this.aborted) return;
    this.#listeners = this.#all.length === 0 ? listener : [...this.#all, listener];
  }

  removeEventListener(_type: 'abort', listener: AbortListener): void {
    this.#listeners = this.#all.filter((each) => each !== listener);
  }

  get #all(): readonly AbortListener[] {
    return isList(this.#listeners) ? this.#listeners : [this.#listeners];
  }
}

export type OnEnd<Key> = (work: Work<Key>, end: End) => void;

/** An object takes less memory than a function that refers to it. */
type AbortListener = (() => void) | { handleEvent(): void };

const NONE: readonly never[] = [];

function endOf(last: () => Outcome): End {
  try {
    return { outcome: last() };
  } catch (thrown) {
    return { thrown };
  }
}

/** Unlike `Array.isArray`, it narrows the type of a list that cannot be changed. */
function isList(listeners: AbortListener | readonly AbortListener[]): listeners is readonly AbortListener[] {
  return Array.isArray(listeners);
}

function call(listener: AbortListener): void {
  if (typeof listener === 'function') listener();
  else listener.handleEvent();
}
