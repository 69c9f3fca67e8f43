/**
 * A spacing limiter that several parties share. The parties take permits in rotation: a task waits for the
 * earlier tasks of its own party and for one of every other party, however many that party has.
 */
import { SpacingLimiter, type SpacingLimiterOptions } from './spacing-limiter.ts';

interface WaitingTask {
  /** Undefined when the task is no longer needed. */
  begin(): Promise<void> | undefined;
  reject(reason: unknown): void;
}

export class FairLimiter {
  readonly #limiter: SpacingLimiter;
  /** Tasks by party. A Map keeps the order of insertion, so the party whose turn is next comes first. */
  readonly #queues = new Map<string, WaitingTask[]>();
  #isPermitWanted = false;

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
      const begin = () => {
        const running = task();
        if (running === undefined) reject(new Error('not needed any longer'));
        return running?.then(resolve, reject);
      };
      const tasks = this.#queues.get(party) ?? [];
      tasks.push({ begin, reject });
      this.#queues.set(party, tasks);
      this.#wantPermit();
    });
  }

  /** Begins no task after this, and rejects all that wait. */
  close(): void {
    this.#limiter.close();
  }

  /** Waits for one permit at a time: a waiting task is an entry of the queue and nothing else. */
  #wantPermit(): void {
    if (this.#isPermitWanted || this.#queues.size === 0) return;
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
    for (const [party, tasks] of this.#queues) {
      this.#queues.delete(party);
      const running = beginFirst(tasks);
      if (tasks.length > 0) this.#queues.set(party, tasks);
      if (running !== undefined) return running;
    }
    return undefined;
  }

  /** The limiter is closed: it gives no more permits. */
  #rejectAll(): void {
    this.#isPermitWanted = false;
    for (const tasks of this.#queues.values())
      for (const { reject } of tasks) reject(new Error('closed before it began'));
    this.#queues.clear();
  }
}

/** Begins the first task that is needed, and removes it and those before it in one go. */
function beginFirst(tasks: WaitingTask[]): Promise<void> | undefined {
  for (const [index, task] of tasks.entries()) {
    const running = task.begin();
    if (running !== undefined) {
      tasks.splice(0, index + 1);
      return running;
    }
  }
  tasks.length = 0;
  return undefined;
}
