/**
 * The verbs of the simulated cloud where it runs as a process of its own: `CloudWorld` over its admin port.
 */
import type { Denial, NewAccount, NewKey } from '../world/account-world.ts';
import {
  type BulkChange,
  type CallPage,
  type CloudWorld,
  CloudWorldError,
  type Counts,
  type Fault,
  type JobChange,
  type JobName,
  type JobNames,
  type JobState,
  type NewFault,
  type NewJob,
  type NewJobs,
  type OfService,
  type Timeline,
} from '../world/cloud-world.ts';
import type { NewOIDCToken, NewRole, RoleChange, RoleState, SessionState } from '../world/sts-world.ts';
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

  createRole(role: NewRole): Promise<RoleState> {
    return this.#perform('createRole', role);
  }

  modifyRole(role: { roleARN: string } & RoleChange): Promise<RoleState> {
    return this.#perform('modifyRole', role);
  }

  removeRole(role: { roleARN: string }): Promise<void> {
    return this.#perform('removeRole', role);
  }

  roles(): Promise<readonly RoleState[]> {
    return this.#perform('roles', {});
  }

  addOIDCToken(token: NewOIDCToken): Promise<void> {
    return this.#perform('addOIDCToken', token);
  }

  modifyOIDCToken(token: { token: string; expiresAt: string }): Promise<void> {
    return this.#perform('modifyOIDCToken', token);
  }

  removeOIDCToken(token: { token: string }): Promise<void> {
    return this.#perform('removeOIDCToken', token);
  }

  sessions(of: { roleARN?: string } = {}): Promise<readonly SessionState[]> {
    return this.#perform('sessions', of);
  }

  expireSessions(of: { roleARN?: string; accessKeyID?: string } = {}): Promise<{ count: number }> {
    return this.#perform('expireSessions', of);
  }

  createJob(job: NewJob): Promise<JobState> {
    return this.#perform('createJob', job);
  }

  createJobs(jobs: NewJobs): Promise<{ jobs: readonly Required<JobName>[] }> {
    return this.#perform('createJobs', jobs);
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

  startJobs(jobs: JobNames): Promise<BulkChange> {
    return this.#perform('startJobs', jobs);
  }

  stopJobs(jobs: JobNames): Promise<BulkChange> {
    return this.#perform('stopJobs', jobs);
  }

  removeJobs(jobs: JobNames): Promise<BulkChange> {
    return this.#perform('removeJobs', jobs);
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

  refuseConnections(of: OfService = {}): Promise<void> {
    return this.#perform('refuseConnections', of);
  }

  acceptConnections(of: OfService = {}): Promise<void> {
    return this.#perform('acceptConnections', of);
  }

  counts(of: OfService = {}): Promise<Counts> {
    return this.#perform('counts', of);
  }

  calls(range: { since?: number; limit?: number } & OfService = {}): Promise<CallPage> {
    return this.#perform('calls', range);
  }

  awaitCalls(range: { since?: number; count: number; milliseconds?: number } & OfService): Promise<CallPage> {
    return this.#perform('awaitCalls', range);
  }

  timeline(of: { accountID: string; operation?: string } & OfService): Promise<Timeline> {
    return this.#perform('timeline', of);
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
