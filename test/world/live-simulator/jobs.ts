/** The edge transcoding jobs of the simulated cloud: made, started, stopped, changed and removed by the verbs. */
import { randomBytes } from 'node:crypto';
import { CloudWorldError, type JobChange, type JobName, type JobState, type NewJob } from './cloud-world.ts';
import { millisecondsOf, timeOf } from './times.ts';

/** A job as it is kept. Times are milliseconds since the Unix epoch. */
export interface Job extends Required<JobChange> {
  readonly accountID: string;
  readonly clusterID: string;
  readonly jobID: string;
  readonly createdAt: number;
  modifiedAt: number;
  startedAt: number | undefined;
  stoppedAt: number | undefined;
  readonly unsetTimes: 'absent' | 'empty';
}

const NOT_STARTED = '0';
const IN_PROGRESS = '1';

export class Jobs {
  readonly #clusters = new Map<string, Map<string, Job>>();

  create(accountID: string, description: NewJob, now: number): Job {
    const job = newJob(accountID, description, now);
    const cluster = this.#clusters.get(job.clusterID) ?? new Map<string, Job>();
    if (cluster.has(job.jobID)) {
      throw new CloudWorldError(`The cluster ${job.clusterID} has a job ${job.jobID} already.`);
    }
    this.#clusters.set(job.clusterID, cluster.set(job.jobID, job));
    return job;
  }

  /** The job that a caller of this account sees. */
  find(accountID: string, clusterID: string, jobID: string): Job | undefined {
    const job = this.#clusters.get(clusterID)?.get(jobID);
    return job?.accountID === accountID ? job : undefined;
  }

  /** In the order they were created. */
  list(clusterID?: string): readonly Job[] {
    const clusters = clusterID === undefined ? [...this.#clusters.values()] : [this.#clusters.get(clusterID)];
    return clusters.flatMap((cluster) => [...(cluster?.values() ?? [])]);
  }

  start(name: JobName, now: number): Job {
    const job = this.#named(name);
    if (job.status === IN_PROGRESS) throw new CloudWorldError(`The job ${job.jobID} is in progress already.`);
    job.status = IN_PROGRESS;
    job.startedAt = now;
    return job;
  }

  stop(name: JobName, now: number): Job {
    const job = this.#named(name);
    if (job.status !== IN_PROGRESS) throw new CloudWorldError(`The job ${job.jobID} is not in progress.`);
    job.status = NOT_STARTED;
    job.stoppedAt = now;
    return job;
  }

  /** Unlike start and stop, this is a modification in the sense of the list's 180 days. */
  modify(name: JobName, change: JobChange, now: number): Job {
    const job = this.#named(name);
    return Object.assign(job, changed(change), { modifiedAt: now });
  }

  remove(name: JobName): void {
    const job = this.#named(name);
    this.#clusters.get(job.clusterID)?.delete(job.jobID);
  }

  clear(): void {
    this.#clusters.clear();
  }

  #named({ clusterID, jobID }: JobName): Job {
    const [job, another] = this.list(clusterID).filter((candidate) => candidate.jobID === jobID);
    if (another) throw new CloudWorldError(`More than one cluster has a job ${jobID}: name the clusterID.`);
    if (!job) throw new CloudWorldError(`There is no job ${jobID}${clusterID ? ` in ${clusterID}` : ''}.`);
    return job;
  }
}

/** How the verbs tell a job. */
export function stateOf(job: Job): JobState {
  const { accountID, clusterID, jobID, createdAt, modifiedAt, startedAt, stoppedAt } = job;
  return {
    accountID,
    clusterID,
    jobID,
    name: job.name,
    type: job.type,
    status: job.status,
    createTime: timeOf(createdAt),
    modifyTime: timeOf(modifiedAt),
    ...(startedAt !== undefined && { lastStartAt: timeOf(startedAt) }),
    ...(stoppedAt !== undefined && { lastStopAt: timeOf(stoppedAt) }),
    templateID: job.templateID,
    templateName: job.templateName,
    streamInput: job.streamInput,
    streamOutput: job.streamOutput,
  };
}

function newJob(accountID: string, description: NewJob, now: number): Job {
  const { clusterID, jobID = randomBytes(16).toString('hex'), unsetTimes = 'absent' } = description;
  if (unsetTimes !== 'absent' && unsetTimes !== 'empty') {
    throw new CloudWorldError(`unsetTimes is absent or empty, not ${unsetTimes}.`);
  }
  const createdAt = millisecondsOf('createTime', description.createTime) ?? now;
  return {
    accountID,
    clusterID,
    jobID,
    name: jobID,
    type: 'common',
    status: NOT_STARTED,
    templateID: '9b1571b513cb44f7a1ba6ae561ff0000',
    templateName: 'my_template',
    streamInput: `rtmp://push.example.com/app/${jobID}`,
    streamOutput: `rtmp://play.example.com/app/${jobID}`,
    ...changed(description),
    createdAt,
    modifiedAt: millisecondsOf('modifyTime', description.modifyTime) ?? createdAt,
    startedAt: millisecondsOf('lastStartAt', description.lastStartAt),
    stoppedAt: millisecondsOf('lastStopAt', description.lastStopAt),
    unsetTimes,
  };
}

/** Only what a change names, and nothing else that its object may carry. */
function changed(change: JobChange): JobChange {
  const { name, type, status, templateID, templateName, streamInput, streamOutput } = change;
  const fields = { name, type, status, templateID, templateName, streamInput, streamOutput };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
