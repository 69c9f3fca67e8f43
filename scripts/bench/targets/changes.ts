// How soon a change in the cloud shows: jobs are stopped, and the status and a poller that does nothing else
// are awaited.

import { setTimeout as delay } from 'node:timers/promises';
import { PATCH_STATUS, type Requests } from '../../../test/integration/support/installed.ts';
import type { World } from '../../../test/integration/support/world.ts';
import type { StartedProcess } from '../../../test/world/processes/processes.ts';

export interface Job {
  readonly jobID: string;
  /** Name of the object that means it. */
  readonly name: string;
}

/** Each round changes other jobs. */
const ROUNDS = 120;
const CHANGES_A_ROUND = 5;
const ROUND_MS = 500;

/** Time in which the last change shows. */
const LAST_MS = 15_000;

/** Times from each change to where it shows, s. Infinite where it did not. */
export interface Shown {
  readonly inStatus: readonly number[];
  readonly toLister: readonly number[];
}

/** @param lister the program `floors/lister.ts` */
export async function measureChanges(
  world: World,
  requests: Requests,
  lister: StartedProcess,
  jobs: readonly Job[],
): Promise<Shown> {
  await requests.restart();
  const changedAt = await change(world, jobs);
  await delay(LAST_MS);
  const writtenAt = new Map<string, number>();
  for (const { objectRef, stageTimestamp } of (await requests.of(PATCH_STATUS)).toReversed())
    writtenAt.set(objectRef?.name ?? '', Date.parse(stageTimestamp));
  const lines = lister.output().matchAll(/^(\S+) (\d+)$/gm);
  const seenAt = new Map(Array.from(lines, ([, jobID = '', time]) => [jobID, Number(time)]));
  const after = (time: number | undefined, changed: number) =>
    ((time ?? Number.POSITIVE_INFINITY) - changed) / 1_000;
  const changes = [...changedAt];
  return {
    inStatus: changes.map(([{ name }, at]) => after(writtenAt.get(name), at)),
    toLister: changes.map(([{ jobID }, at]) => after(seenAt.get(jobID), at)),
  };
}

/** @returns when each job was stopped, ms since the Unix epoch */
async function change({ cloud }: World, jobs: readonly Job[]): Promise<Map<Job, number>> {
  const changedAt = new Map<Job, number>();
  const step = Math.floor(jobs.length / (ROUNDS * CHANGES_A_ROUND));
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = delay(ROUND_MS);
    const numbers = Array.from({ length: CHANGES_A_ROUND }, (_, each) => (each * ROUNDS + round) * step);
    const chosen = numbers.flatMap((number) => jobs[number] ?? []);
    const { time } = await cloud.admin.stopJobs({ jobIDs: chosen.map(({ jobID }) => jobID) });
    for (const job of chosen) changedAt.set(job, time);
    await next;
  }
  return changedAt;
}
