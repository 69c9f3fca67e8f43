/**
 * Says that the work on a key is no longer wanted. It has the part of an AbortSignal that waiting work uses,
 * in a fifth of the memory: 100,000 keys may wait, and each has its own.
 *
 * It is no EventTarget and has no reason. `fetch`, timers and `AbortSignal.any` do not take it: work that
 * calls them needs an AbortController of its own, which a listener aborts. Look at `aborted` before you
 * listen, as with an AbortSignal: a listener that is added after the abort is never called.
 */
export class WorkSignal {
  aborted = false;
  /** Most work listens once, if at all. */
  #listeners: readonly AbortListener[] = NONE;

  /** Calls the listeners, the first time that it is called. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    const listeners = this.#listeners;
    this.#listeners = NONE;
    for (const listener of listeners) call(listener);
  }

  /** @param listener is called once; never after an abort. Must not throw: the next would not be called */
  addEventListener(_type: 'abort', listener: AbortListener): void {
    if (this.aborted) return;
    // A list that is spread has room for 16 more.
    this.#listeners = this.#listeners.length === 0 ? [listener] : [...this.#listeners, listener];
  }

  removeEventListener(_type: 'abort', listener: AbortListener): void {
    this.#listeners = this.#listeners.filter((each) => each !== listener);
  }
}

/** An object takes less memory than a function that refers to it. */
export type AbortListener = (() => void) | { handleEvent(): void };

const NONE: readonly never[] = [];

function call(listener: AbortListener): void {
  if (typeof listener === 'function') listener();
  else listener.handleEvent();
}
