/**
 * A pace for many parties: each waits behind its own tasks and one of every other party's, however many that one has.
 */
import { SpacingLimiter, type SpacingLimiterOptions } from './spacing-limiter.ts';

const CLOSED = 'closed before it began';

interface Waiting {
  begin(): Promise<void>;
  drop(reason: Error): void;
}

export class FairLimiter {
  readonly #limiter: SpacingLimiter;
  /** What waits, by party; whose turn is next comes first, as a Map keeps the order of insertion. */
  readonly #waiting = new Map<string, Waiting[]>();
  #closed = false;

  constructor(options: SpacingLimiterOptions) {
    this.#limiter = new SpacingLimiter(options);
  }

  /** Rejects as the task does, or when it was closed before the task began. */
  schedule<T>(party: string, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, drop) => {
      if (this.#closed) {
        drop(new Error(CLOSED));
        return;
      }
      const waiting: Waiting = { begin: () => task().then(resolve, drop), drop };
      const queue = this.#waiting.get(party);
      if (queue) queue.push(waiting);
      else this.#waiting.set(party, [waiting]);
      // A turn is for whoever is next, who need not be this one: it fails for nobody, and `close` tells all who wait.
      this.#limiter.schedule(() => this.#next()).catch(() => undefined);
    });
  }

  /** No task begins after this, and whoever waits is told. */
  close(): void {
    this.#closed = true;
    this.#limiter.close();
    for (const queue of this.#waiting.values()) for (const { drop } of queue) drop(new Error(CLOSED));
    this.#waiting.clear();
  }

  async #next(): Promise<void> {
    const [first] = this.#waiting;
    if (!first) return;
    const [party, queue] = first;
    const waiting = queue.shift();
    this.#waiting.delete(party);
    if (queue.length > 0) this.#waiting.set(party, queue);
    await waiting?.begin();
  }
}
