/** Starts and ends the thread that measures /livez. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Operator } from '../../../world/operator.ts';
import type { Livez, LivezTarget } from './livez-worker.ts';

const WORKER = new URL('./livez-worker.ts', import.meta.url);

export class LivezProber {
  readonly #worker: Worker;

  constructor({ url, process: { pid } }: Operator) {
    this.#worker = new Worker(WORKER, { workerData: { url, pid } satisfies LivezTarget });
  }

  /** Ends the thread. Probes without an answer count with the time that they have waited. */
  async stop(): Promise<Livez> {
    const answer = once(this.#worker, 'message');
    this.#worker.postMessage('stop');
    const [livez] = (await answer) as [Livez];
    await this.#worker.terminate();
    return livez;
  }
}
