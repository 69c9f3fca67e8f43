/**
 * The cloud's side of an integration test: jobs and accounts of its own for each, so that tests do not
 * disturb each other, and what was asked about them.
 */
import { randomBytes } from 'node:crypto';
import type { Call, NewFault, NewJob } from '../../../simulator/world/cloud-world.ts';
import { CLUSTER_ID, type Waiting, type World } from './world.ts';

export interface JobIDs {
  readonly clusterID: string;
  readonly jobID: string;
}

/**
 * The argument for tests that count or break the calls for single jobs. Without it, objects that are due
 * together would be read by pages of a list.
 */
export const ONE_BY_ONE = '--observe-with=get';

/** A job that only its caller uses, running by default. */
export async function createJob(
  { cloud }: World,
  { status = '1', ...description }: Partial<NewJob> = {},
): Promise<JobIDs> {
  const { clusterID, jobID } = await cloud.admin.createJob({
    clusterID: CLUSTER_ID,
    status,
    ...(status === '1' && { lastStartAt: '2023-07-25T02:48:58Z' }),
    ...description,
  });
  return { clusterID, jobID };
}

/** IDs that no job has. */
export function noJob(): JobIDs {
  return { clusterID: CLUSTER_ID, jobID: randomBytes(16).toString('hex') };
}

/** Makes the calls about this job go wrong until the function that it resolves with is called. */
export async function breakCalls(
  { cloud }: World,
  { jobID }: JobIDs,
  fault: NewFault,
): Promise<() => Promise<void>> {
  const { faultID } = await cloud.admin.addFault({ ...fault, jobID });
  return () => cloud.admin.removeFault({ faultID });
}

/** Where the log of calls ends now: what `callsAbout` counts from. */
export async function now({ cloud }: World): Promise<number> {
  return (await cloud.admin.calls({ limit: 0 })).last;
}

/** The calls about this job, the oldest first. */
export async function callsAbout({ cloud }: World, { jobID }: JobIDs, since = 0): Promise<Call[]> {
  const { calls } = await cloud.admin.calls({ since });
  return calls.filter((call) => call.jobID === jobID);
}

/**
 * Resolves with the calls about this job once there are `count` of them after `since`, by default from here
 * on.
 */
export async function furtherCalls(
  world: World,
  job: JobIDs,
  count: number,
  { since, ...waiting }: Waiting & { readonly since?: number } = {},
): Promise<Call[]> {
  const from = since ?? (await now(world));
  const look = async () => {
    const calls = await callsAbout(world, job, from);
    return calls.length >= count ? calls : undefined;
  };
  return world.eventually(`${count} calls about job ${job.jobID}`, look, waiting);
}

export interface CloudKey {
  readonly accountID: string;
  readonly accessKeyID: string;
  readonly accessKeySecret: string;
}

/** A key of an account that has no other yet. */
export async function createAccount(world: World): Promise<CloudKey> {
  const accountID = `2${randomBytes(6).readUIntBE(0, 6)}`;
  await world.cloud.admin.createAccount({ accountID });
  return addKey(world, accountID);
}

/** One more key of an account. */
export async function addKey({ cloud }: World, accountID: string): Promise<CloudKey> {
  const key = unknownKey(accountID);
  await cloud.admin.addKey(key);
  return key;
}

/** A key that the cloud does not know. */
export function unknownKey(accountID = 'none'): CloudKey {
  return {
    accountID,
    accessKeyID: `LTAI${randomBytes(10).toString('hex')}`,
    accessKeySecret: randomBytes(15).toString('hex'),
  };
}

/** The most calls in any window of this many milliseconds. */
export function mostWithin(milliseconds: number, calls: readonly Call[]): number {
  const times = calls.map(({ time }) => time).sort((a, b) => a - b);
  let first = 0;
  return times.reduce((most, time, last) => {
    while ((times[first] as number) <= time - milliseconds) first += 1;
    return Math.max(most, last - first + 1);
  }, 0);
}
