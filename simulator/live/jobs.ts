/**
 * The edge transcoding jobs of the simulated cloud: made, started, stopped, changed and removed by the verbs.
 */
import {
  CloudWorldError,
  type JobChange,
  type JobName,
  type JobNames,
  type NewJob,
} from '../world/cloud-world.ts';
import { byCreation, changed, IN_PROGRESS, type Job, NOT_STARTED, newJob } from './job.ts';
import { checkCount } from './job-batch.ts';
import { SortedList } from './sorted-list.ts';

export class Jobs {
  /** The jobs by cluster, then by ID, in the order in which they were created here. */
  readonly #clusters = new Map<string, Map<string, Job>>();
  /** What a list shows, by cluster and account. */
  readonly #listed = new Map<string, SortedList<Job>>();
  /** The jobs by ID. Several clusters may have a job of the same ID. */
  readonly #named = new Map<string, Set<Job>>();

  create(accountID: string, description: NewJob, now: number): Job {
    const job = newJob(accountID, description, now);
    this.#checkNew(job);
    this.#add(job);
    return job;
  }

  /** All or none. */
  createAll(accountID: string, descriptions: readonly NewJob[], now: number): readonly Job[] {
    const jobs = descriptions.map((description) => newJob(accountID, description, now));
    for (const job of jobs) this.#checkNew(job);
    for (const job of jobs) this.#add(job);
    return jobs;
  }

  /** The job that a caller of this account sees. */
  find(accountID: string, clusterID: string, jobID: string): Job | undefined {
    const job = this.#clusters.get(clusterID)?.get(jobID);
    return job?.accountID === accountID ? job : undefined;
  }

  /** Returns the jobs in the order in which they were created. */
  list(clusterID?: string): readonly Job[] {
    const clusters = clusterID === undefined ? [...this.#clusters.values()] : [this.#clusters.get(clusterID)];
    return clusters.flatMap((cluster) => [...(cluster?.values() ?? [])]);
  }

  /** The jobs of a cluster that a caller of this account sees, by CreateTime. */
  listed(accountID: string, clusterID: string, order: 'asc' | 'desc'): Iterable<Job> {
    const jobs = this.#listed.get(listName(clusterID, accountID));
    if (!jobs) return [];
    return order === 'asc' ? jobs.ascending() : jobs.descending();
  }

  /** The jobs that a verb names. */
  named({ clusterID, jobIDs }: JobNames): readonly Job[] {
    checkCount(jobIDs.length);
    return [...new Set(jobIDs)].map((jobID) => this.#job({ jobID, ...(clusterID && { clusterID }) }));
  }

  start(name: JobName, now: number): Job {
    const job = this.#job(name);
    this.startAll([job], now);
    return job;
  }

  stop(name: JobName, now: number): Job {
    const job = this.#job(name);
    this.stopAll([job], now);
    return job;
  }

  /** All or, where one is in progress already, none. */
  startAll(jobs: readonly Job[], now: number): void {
    const running = jobs.find(({ status }) => status === IN_PROGRESS);
    if (running) throw new CloudWorldError(`The job ${running.jobID} is in progress already.`);
    for (const job of jobs) Object.assign(job, { status: IN_PROGRESS, startedAt: now });
  }

  /** All or, where one is not in progress, none. */
  stopAll(jobs: readonly Job[], now: number): void {
    const stopped = jobs.find(({ status }) => status !== IN_PROGRESS);
    if (stopped) throw new CloudWorldError(`The job ${stopped.jobID} is not in progress.`);
    for (const job of jobs) Object.assign(job, { status: NOT_STARTED, stoppedAt: now });
  }

  /** Unlike start and stop, this is a modification in the sense of the list's 180 days. */
  modify(name: JobName, change: JobChange, now: number): Job {
    return Object.assign(this.#job(name), changed(change), { modifiedAt: now });
  }

  remove(name: JobName): void {
    this.removeAll([this.#job(name)]);
  }

  removeAll(jobs: readonly Job[]): void {
    for (const job of jobs) {
      const { clusterID, accountID, jobID } = job;
      this.#clusters.get(clusterID)?.delete(jobID);
      this.#listed.get(listName(clusterID, accountID))?.remove(job);
      this.#named.get(jobID)?.delete(job);
      if (this.#named.get(jobID)?.size === 0) this.#named.delete(jobID);
    }
  }

  clear(): void {
    for (const index of [this.#clusters, this.#listed, this.#named]) index.clear();
  }

  #checkNew({ clusterID, jobID }: Job): void {
    if (!this.#clusters.get(clusterID)?.has(jobID)) return;
    throw new CloudWorldError(`The cluster ${clusterID} has a job ${jobID} already.`);
  }

  #add(job: Job): void {
    const { clusterID, accountID, jobID } = job;
    entry(this.#clusters, clusterID, () => new Map<string, Job>()).set(jobID, job);
    entry(this.#listed, listName(clusterID, accountID), () => new SortedList(byCreation)).add(job);
    entry(this.#named, jobID, () => new Set<Job>()).add(job);
  }

  #job({ clusterID, jobID }: JobName): Job {
    const jobs = [...(this.#named.get(jobID) ?? [])];
    const [job, another] = jobs.filter((job) => clusterID === undefined || job.clusterID === clusterID);
    if (another) throw new CloudWorldError(`More than one cluster has a job ${jobID}: name the clusterID.`);
    if (!job) throw new CloudWorldError(`There is no job ${jobID}${clusterID ? ` in ${clusterID}` : ''}.`);
    return job;
  }
}

function listName(clusterID: string, accountID: string): string {
  return JSON.stringify([clusterID, accountID]);
}

function entry<Value>(entries: Map<string, Value>, name: string, create: () => Value): Value {
  const value = entries.get(name) ?? create();
  entries.set(name, value);
  return value;
}
