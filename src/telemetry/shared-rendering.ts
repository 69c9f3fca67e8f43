/**
 * Renders for many readers at once. All that ask while a rendering is under way, and for a second after it,
 * share its result: however many ask, the process renders once a second at most.
 */
import type { Clock } from '../base/clock.ts';

/** How long a rendering is reused, ms. Prometheus rarely asks more often than every 10 s. */
const REUSED_MS = 1_000;

export class SharedRendering<T> {
  readonly #render: () => Promise<T>;
  readonly #clock: Pick<Clock, 'after'>;
  #current: Promise<T> | undefined;

  constructor(render: () => Promise<T>, clock: Pick<Clock, 'after'>) {
    this.#render = render;
    this.#clock = clock;
  }

  /** Returns the current rendering, or begins one. A failed rendering is reused, too. */
  get(): Promise<T> {
    this.#current ??= this.#begin();
    return this.#current;
  }

  async #begin(): Promise<T> {
    try {
      return await this.#render();
    } finally {
      this.#clock.after(REUSED_MS, () => {
        this.#current = undefined;
      });
    }
  }
}
