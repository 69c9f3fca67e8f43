/**
 * The simulated cloud: an endpoint of the product `live` that the vendor's SDK cannot tell from the real one, and the
 * verbs that change the world behind it.
 *
 * All on loopback; nothing is kept on disk, nothing is logged.
 */
import { Accounts } from './accounts.ts';
import { CallLog } from './call-log.ts';
import type {
  CallPage,
  CloudWorld,
  Counts,
  Denial,
  Fault,
  JobChange,
  JobName,
  JobState,
  NewAccount,
  NewFault,
  NewJob,
  NewKey,
} from './cloud-world.ts';
import { endpointListener, type WorldState } from './endpoint.ts';
import { Faults } from './faults.ts';
import { Jobs, stateOf } from './jobs.ts';
import { Listener, type TlsOptions } from './listener.ts';
import { Nonces } from './nonces.ts';
import { DEFAULT_SEED, type Seed } from './seed.ts';
import { millisecondsOf } from './times.ts';

export interface SimulatorOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Calls a minute of an account that names none; default 6,000. */
  readonly callsPerMinute?: number;
  /** The endpoint's clock, in milliseconds since the Unix epoch. Latencies and waits are real time all the same. */
  readonly now?: () => number;
  /** Makes the endpoint https. */
  readonly tls?: TlsOptions;
  /** The world at the start, and after `reset`. */
  readonly seed?: Seed;
}

/** Rejects where the port cannot be listened on, or the seed contradicts itself. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = new Simulator(options);
  await simulator.reset();
  return simulator;
}

export class Simulator implements CloudWorld {
  readonly #state: WorldState;
  readonly #listener: Listener;
  readonly #now: () => number;
  readonly #seed: Seed;

  /** Use `startSimulator`: a new one neither listens nor has its seed. */
  constructor({ port = 0, callsPerMinute, now = Date.now, tls, seed = DEFAULT_SEED }: SimulatorOptions) {
    this.#state = {
      accounts: new Accounts(callsPerMinute),
      jobs: new Jobs(),
      nonces: new Nonces(),
      faults: new Faults(),
      log: new CallLog(),
    };
    const reset = (clientPort: number | undefined) => this.#listener.reset(clientPort);
    this.#listener = new Listener(port, tls, endpointListener(this.#state, now, reset));
    this.#now = now;
    this.#seed = seed;
  }

  /** The endpoint's URL. */
  get url(): string {
    return this.#listener.url;
  }

  /** The endpoint as `host:port`, as the SDK wants it. */
  get host(): string {
    return this.#listener.host;
  }

  /** Stops for good. Connections are reset, calls that hang with them. */
  async close(): Promise<void> {
    await this.#listener.close();
  }

  async createAccount(account: NewAccount): Promise<void> {
    this.#state.accounts.create(account);
  }

  async modifyAccount(change: {
    accountID: string;
    enabled?: boolean;
    callsPerMinute?: number;
  }): Promise<void> {
    const account = this.#state.accounts.account(change.accountID);
    account.enabled = change.enabled ?? account.enabled;
    account.quota.callsPerMinute = change.callsPerMinute ?? account.quota.callsPerMinute;
  }

  async spendQuota({ accountID, calls }: { accountID: string; calls: number }): Promise<void> {
    this.#state.accounts.account(accountID).quota.spend(calls, this.#now());
  }

  async addKey(key: NewKey): Promise<void> {
    this.#state.accounts.addKey(key);
  }

  async modifyKey(change: { accessKeyID: string; active?: boolean; expiresAt?: string }): Promise<void> {
    const key = this.#state.accounts.key(change.accessKeyID);
    key.expiresAt = millisecondsOf('expiresAt', change.expiresAt) ?? key.expiresAt;
    key.active = change.active ?? key.active;
  }

  async removeKey({ accessKeyID }: { accessKeyID: string }): Promise<void> {
    this.#state.accounts.removeKey(accessKeyID);
  }

  async deny(denial: Denial): Promise<void> {
    this.#state.accounts.deny(denial);
  }

  async allow(denial: Partial<Omit<Denial, 'code'>>): Promise<void> {
    this.#state.accounts.allow(denial);
  }

  async createJob(job: NewJob): Promise<JobState> {
    const { accounts, jobs } = this.#state;
    const { accountID } = job.accountID === undefined ? accounts.first() : accounts.account(job.accountID);
    return stateOf(jobs.create(accountID, job, this.#now()));
  }

  async modifyJob(job: JobName & JobChange): Promise<JobState> {
    return stateOf(this.#state.jobs.modify(job, job, this.#now()));
  }

  async startJob(job: JobName): Promise<JobState> {
    return stateOf(this.#state.jobs.start(job, this.#now()));
  }

  async stopJob(job: JobName): Promise<JobState> {
    return stateOf(this.#state.jobs.stop(job, this.#now()));
  }

  async removeJob(job: JobName): Promise<void> {
    this.#state.jobs.remove(job);
  }

  async jobs({ clusterID }: { clusterID?: string } = {}): Promise<readonly JobState[]> {
    return this.#state.jobs.list(clusterID).map(stateOf);
  }

  async addFault(fault: NewFault): Promise<{ faultID: string }> {
    return { faultID: this.#state.faults.add(fault) };
  }

  async removeFault({ faultID }: { faultID: string }): Promise<void> {
    this.#state.faults.remove(faultID);
  }

  async clearFaults(): Promise<void> {
    this.#state.faults.clear();
  }

  async faults(): Promise<readonly Fault[]> {
    return this.#state.faults.list();
  }

  async refuseConnections(): Promise<void> {
    await this.#listener.close();
  }

  async acceptConnections(): Promise<void> {
    await this.#listener.open();
  }

  async counts(): Promise<Counts> {
    return this.#state.log.counts(this.#listener.connections);
  }

  async calls({ since, limit }: { since?: number; limit?: number } = {}): Promise<CallPage> {
    return this.#state.log.page(since, limit);
  }

  async awaitCalls(range: { since?: number; count: number; milliseconds?: number }): Promise<CallPage> {
    const { since = 0, count, milliseconds = 10_000 } = range;
    await this.#state.log.wait(since, count, milliseconds);
    return this.#state.log.page(since);
  }

  async resetCounts(): Promise<void> {
    this.#state.log.reset();
    this.#listener.resetConnectionCount();
  }

  async reset(): Promise<void> {
    const { accounts, jobs, nonces, faults } = this.#state;
    for (const part of [accounts, jobs, nonces, faults]) part.clear();
    for (const { keys, ...account } of this.#seed.accounts) {
      accounts.create(account);
      for (const key of keys) accounts.addKey({ ...key, accountID: account.accountID });
    }
    for (const job of this.#seed.jobs) await this.createJob(job);
    await this.resetCounts();
    await this.#listener.open();
  }
}
