/**
 * Renders for many readers at once. All that ask while a rendering is under way, and for a second after it,
 * share its result: however many ask, the process renders once a second at most.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';

/** How long a rendering is reused, ms. Prometheus rarely asks more often than every 10 s. */
const REUSED_MS = 1_000;

export class SharedRendering<T> {
  readonly #render: () => Promise<T>;
  readonly #clock: Pick<Clock, 'after' | 'now'>;
  readonly #rest: number;
  #current: Promise<T> | undefined;
  /** Resolves when the last of the readers so far has had its turn. */
  #lastTurn: Promise<void> = Promise.resolve();

  /** @param rest reuses a rendering for at least this many times the time that it took */
  constructor(render: () => Promise<T>, clock: Pick<Clock, 'after' | 'now'>, rest = 0) {
    this.#render = render;
    this.#clock = clock;
    this.#rest = rest;
  }

  /**
   * Returns the current rendering, or begins one. A failed rendering is reused, too.
   *
   * Each reader receives it in a turn of the event loop of its own. With 3,000 objects an answer has 2 MB:
   * 128 of them written in one turn would hold up a probe for 100 ms of processor time.
   */
  async get(): Promise<T> {
    this.#current ??= this.#begin();
    const rendering = await this.#current;
    this.#lastTurn = this.#lastTurn.then(() => nextTurn());
    await this.#lastTurn;
    return rendering;
  }

  async #begin(): Promise<T> {
    const began = this.#clock.now();
    try {
      return await this.#render();
    } finally {
      const took = this.#clock.now() - began;
      this.#clock.after(Math.max(REUSED_MS, this.#rest * took), () => {
        this.#current = undefined;
      });
    }
  }
}
