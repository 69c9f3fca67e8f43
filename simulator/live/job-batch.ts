/** Many jobs from one description; pure but for a random prefix. */
import { randomBytes } from 'node:crypto';
import { CloudWorldError, type NewJob, type NewJobs } from '../world/cloud-world.ts';
import { millisecondsOf, timeOf } from '../world/times.ts';

/** Ten times as many as any test has; some 60 MB. */
const MOST_JOBS = 100_000;

/** Digits after the prefix. With a prefix of 24 hex digits an ID is as long as the vendor's. */
const NUMBER_DIGITS = 8;

/** @param now in milliseconds since the Unix epoch: when the first is created, unless `createTime` says. */
export function descriptionsOf(batch: NewJobs, now: number): readonly NewJob[] {
  const { clusterIDs, count, prefix = randomBytes(12).toString('hex'), secondsApart = 0, ...rest } = batch;
  if (clusterIDs.length === 0) throw new CloudWorldError('clusterIDs is an empty list.');
  checkCount(count);
  const { createTime, ...job } = rest;
  const first = millisecondsOf('createTime', createTime) ?? now;
  return Array.from({ length: count }, (_, number) => ({
    ...job,
    clusterID: clusterIDs[number % clusterIDs.length] as string,
    jobID: `${prefix}${`${number}`.padStart(NUMBER_DIGITS, '0')}`,
    createTime: timeOf(first + number * secondsApart * 1_000),
  }));
}

export function checkCount(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MOST_JOBS) return;
  throw new CloudWorldError(`Jobs are 1 to ${MOST_JOBS} at a time, not ${count}.`);
}
