/**
 * A pace for many parties: each waits behind its own tasks and one of every other party's, however many that one has.
 */
import { Pace, type PaceOptions } from './pace.ts';

export class FairPace {
  readonly #pace: Pace;
  /** What waits, by party; whose turn is next comes first, as a Map keeps the order of insertion. */
  readonly #waiting = new Map<string, (() => Promise<void>)[]>();

  constructor(options: PaceOptions) {
    this.#pace = new Pace(options);
  }

  /** Rejects as the task does, or when it was closed before the task began. */
  schedule<T>(party: string, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const begin = () => task().then(resolve, reject);
      const queue = this.#waiting.get(party);
      if (queue) queue.push(begin);
      else this.#waiting.set(party, [begin]);
      this.#pace.schedule(() => this.#next()).catch(reject);
    });
  }

  /** No task begins after this. */
  close(): void {
    this.#pace.close();
  }

  async #next(): Promise<void> {
    const [first] = this.#waiting;
    if (!first) return;
    const [party, queue] = first;
    const begin = queue.shift();
    this.#waiting.delete(party);
    if (queue.length > 0) this.#waiting.set(party, queue);
    await begin?.();
  }
}
