/**
 * A spacing limiter that several parties share. The parties take permits in rotation: a task waits for the
 * earlier tasks of its own party and for one of every other party, however many that party has.
 */
import { FairQueue } from './fair-queue.ts';
import { SpacingLimiter, type SpacingLimiterOptions } from './spacing-limiter.ts';

interface WaitingTask {
  readonly party: string;
  /** Position in the order of arrival. */
  readonly deadline: number;
  withdrawn: boolean;
  begin(): Promise<void>;
  reject(reason: unknown): void;
}

export class FairLimiter {
  readonly #limiter: SpacingLimiter;
  readonly #queue = new FairQueue<WaitingTask>(({ party }) => party);
  #arrivals = 0;

  constructor(options: SpacingLimiterOptions) {
    this.#limiter = new SpacingLimiter(options);
  }

  /** Rejects as the task does, or when the limiter was closed before the task began. */
  schedule<T>(party: string, task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#arrivals += 1;
      const begin = () => task().then(resolve, reject);
      this.#queue.push({ party, deadline: this.#arrivals, withdrawn: false, begin, reject });
      // The permit goes to the next task, which need not be this one.
      this.#limiter.schedule(async () => this.#queue.pop()?.begin()).catch(() => this.#rejectAll());
    });
  }

  /** Begins no task after this, and rejects all that wait. */
  close(): void {
    this.#limiter.close();
    this.#rejectAll();
  }

  #rejectAll(): void {
    for (const { reject } of this.#queue) reject(new Error('closed before it began'));
    this.#queue.clear();
  }
}
