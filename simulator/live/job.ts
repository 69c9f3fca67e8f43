/** One edge transcoding job: made from a description, and shown by the verbs. */
import { randomBytes } from 'node:crypto';
import { CloudWorldError, type JobChange, type JobState, type NewJob } from '../world/cloud-world.ts';
import { millisecondsOf, timeOf } from '../world/times.ts';

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

export const NOT_STARTED = '0';
export const IN_PROGRESS = '1';

/** Throws `CloudWorldError` where the description is wrong. */
export function newJob(accountID: string, description: NewJob, now: number): Job {
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
    streamInput: `rtmp://push.example.com/app/stream-${jobID.slice(0, 8)}`,
    streamOutput: `rtmp://play.example.com/app/stream-${jobID.slice(0, 8)}`,
    ...changed(description),
    createdAt,
    modifiedAt: millisecondsOf('modifyTime', description.modifyTime) ?? createdAt,
    startedAt: millisecondsOf('lastStartAt', description.lastStartAt),
    stoppedAt: millisecondsOf('lastStopAt', description.lastStopAt),
    unsetTimes,
  };
}

/** The order of the list: by CreateTime; jobs of the same time by ID, so that pages do not overlap. */
export function byCreation(a: Job, b: Job): number {
  return a.createdAt - b.createdAt || Number(a.jobID > b.jobID) - Number(a.jobID < b.jobID);
}

/** The state of a job as the verbs return it. */
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

/** Only what a change names, and nothing else that its object may carry. */
export function changed(change: JobChange): JobChange {
  const { name, type, status, templateID, templateName, streamInput, streamOutput } = change;
  const fields = { name, type, status, templateID, templateName, streamInput, streamOutput };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
