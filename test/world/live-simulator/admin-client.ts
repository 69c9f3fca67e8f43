/** The verbs of the simulated cloud where it runs as a process of its own: `CloudWorld` over its admin port. */
import {
  type CallPage,
  type CloudWorld,
  CloudWorldError,
  type Counts,
  type Denial,
  type Fault,
  type JobChange,
  type JobName,
  type JobState,
  type NewAccount,
  type NewFault,
  type NewJob,
  type NewKey,
} from './cloud-world.ts';
import type { VerbName } from './verbs.ts';

export class AdminClient implements CloudWorld {
  readonly #url: string;

  /** @param url of the admin port, as the simulator printed it. */
  constructor(url: string) {
    this.#url = url;
  }

  createAccount(account: NewAccount): Promise<void> {
    return this.#perform('createAccount', account);
  }

  modifyAccount(account: { accountID: string; enabled?: boolean; callsPerMinute?: number }): Promise<void> {
    return this.#perform('modifyAccount', account);
  }

  spendQuota(spending: { accountID: string; calls: number }): Promise<void> {
    return this.#perform('spendQuota', spending);
  }

  addKey(key: NewKey): Promise<void> {
    return this.#perform('addKey', key);
  }

  modifyKey(key: { accessKeyID: string; active?: boolean; expiresAt?: string }): Promise<void> {
    return this.#perform('modifyKey', key);
  }

  removeKey(key: { accessKeyID: string }): Promise<void> {
    return this.#perform('removeKey', key);
  }

  deny(denial: Denial): Promise<void> {
    return this.#perform('deny', denial);
  }

  allow(denial: Partial<Omit<Denial, 'code'>>): Promise<void> {
    return this.#perform('allow', denial);
  }

  createJob(job: NewJob): Promise<JobState> {
    return this.#perform('createJob', job);
  }

  modifyJob(job: JobName & JobChange): Promise<JobState> {
    return this.#perform('modifyJob', job);
  }

  startJob(job: JobName): Promise<JobState> {
    return this.#perform('startJob', job);
  }

  stopJob(job: JobName): Promise<JobState> {
    return this.#perform('stopJob', job);
  }

  removeJob(job: JobName): Promise<void> {
    return this.#perform('removeJob', job);
  }

  jobs(filter: { clusterID?: string } = {}): Promise<readonly JobState[]> {
    return this.#perform('jobs', filter);
  }

  addFault(fault: NewFault): Promise<{ faultID: string }> {
    return this.#perform('addFault', fault);
  }

  removeFault(fault: { faultID: string }): Promise<void> {
    return this.#perform('removeFault', fault);
  }

  clearFaults(): Promise<void> {
    return this.#perform('clearFaults', {});
  }

  faults(): Promise<readonly Fault[]> {
    return this.#perform('faults', {});
  }

  refuseConnections(): Promise<void> {
    return this.#perform('refuseConnections', {});
  }

  acceptConnections(): Promise<void> {
    return this.#perform('acceptConnections', {});
  }

  counts(): Promise<Counts> {
    return this.#perform('counts', {});
  }

  calls(range: { since?: number; limit?: number } = {}): Promise<CallPage> {
    return this.#perform('calls', range);
  }

  awaitCalls(range: { since?: number; count: number; milliseconds?: number }): Promise<CallPage> {
    return this.#perform('awaitCalls', range);
  }

  resetCounts(): Promise<void> {
    return this.#perform('resetCounts', {});
  }

  reset(): Promise<void> {
    return this.#perform('reset', {});
  }

  /** Rejects with the simulator's own sentence where it refuses. */
  async #perform<Result>(verb: VerbName, given: object): Promise<Result> {
    const response = await fetch(`${this.#url}/${verb}`, { method: 'POST', body: JSON.stringify(given) });
    const answer: unknown = await response.json();
    if (response.ok) return answer as Result;
    throw new CloudWorldError(`${verb}: ${(answer as { error: string }).error}`);
  }
}
