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
  /** Undefined when the task is no longer needed. */
  begin(): Promise<void> | undefined;
  reject(reason: unknown): void;
}

export class FairLimiter {
  readonly #limiter: SpacingLimiter;
  readonly #queue = new FairQueue<WaitingTask>(({ party }) => party);
  #arrivals = 0;
  #waiting = 0;
  #isPermitWanted = false;
  #isClosed = false;

  constructor(options: SpacingLimiterOptions) {
    this.#limiter = new SpacingLimiter(options);
  }

  /**
   * Rejects as the task does, or when the limiter was closed before the task began.
   *
   * @param task returns undefined when it is no longer needed: the permit goes to the next task, and this one
   * rejects
   */
  schedule<T>(party: string, task: () => Promise<T> | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error('closed before it began'));
      this.#arrivals += 1;
      this.#waiting += 1;
      const begin = () => {
        const running = task();
        if (running === undefined) reject(new Error('not needed any longer'));
        return running?.then(resolve, reject);
      };
      this.#queue.push({ party, deadline: this.#arrivals, withdrawn: false, begin, reject });
      this.#wantPermit();
    });
  }

  /** Begins no task after this, and rejects all that wait. */
  close(): void {
    this.#isClosed = true;
    this.#limiter.close();
    this.#rejectAll();
  }

  /** Waits for one permit at a time: a waiting task is an entry of the queue and nothing else. */
  #wantPermit(): void {
    if (this.#isPermitWanted || this.#waiting === 0) return;
    this.#isPermitWanted = true;
    this.#limiter.schedule(() => this.#spend()).catch(() => this.#rejectAll());
  }

  /** Spends a permit on the next task that is needed. */
  async #spend(): Promise<void> {
    this.#isPermitWanted = false;
    const running = this.#beginNext();
    this.#wantPermit();
    await running;
  }

  #beginNext(): Promise<void> | undefined {
    for (let next = this.#queue.pop(); next; next = this.#queue.pop()) {
      this.#waiting -= 1;
      const running = next.begin();
      if (running !== undefined) return running;
    }
    return undefined;
  }

  #rejectAll(): void {
    for (const { reject } of this.#queue) reject(new Error('closed before it began'));
    this.#queue.clear();
    this.#waiting = 0;
  }
}
