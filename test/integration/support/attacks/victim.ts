/**
 * A namespace beside the attacked one: a few running jobs that are polled every 5 s. The simulated cloud's
 * record of calls says when.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Call } from '../../../../simulator/world/cloud-world.ts';
import type { JobIDs } from '../cloud-side.ts';
import { is, type World } from '../world.ts';
import { Tenant } from './tenant.ts';

const NAMESPACE = 'victim';
const CLUSTER_ID = 'cluster-of-the-victim';
const JOBS = 10;

export const INTERVAL_MS = 5_000;

/** A poll that comes later than this after its instant is late: other processes share the machine. */
const GRACE_MS = 3_000;

/**
 * Waits for a processor that a poll may have, one after the other, each as long as the longest that was
 * measured: the operator before its call, the simulated cloud, and the operator again before the next call.
 */
export const WAITS = 3;

/** What is asked of the status of a newcomer. */
const LOOK_EVERY_MS = 100;

/** The record keeps more calls than this; a page of them is read at once. */
const CALLS_READ = 50_000;

export interface Polls {
  readonly polls: number;
  /** Polls that came more than 3 s after their interval and what the machine took, or did not come at all. */
  readonly late: number;
  readonly longestGapMs: number;
}

export class Victim {
  readonly #world: World;
  readonly #tenant: Tenant;
  readonly #jobs: readonly JobIDs[];
  #newcomers = 0;

  constructor(world: World, tenant: Tenant, jobs: readonly JobIDs[]) {
    this.#world = world;
    this.#tenant = tenant;
    this.#jobs = jobs;
  }

  /**
   * The polls of all jobs between two instants, in milliseconds since the epoch.
   *
   * @param waitedMs the longest time for which a process was ready and had no processor
   */
  async polls(from: number, to: number, waitedMs: number): Promise<Polls> {
    const calls = await this.#calls();
    const gaps = this.#jobs.flatMap((ids) => gapsOf(timesOf(calls, ids), from, to));
    return {
      polls: gaps.length - this.#jobs.length,
      late: gaps.filter((gap) => gap > INTERVAL_MS + GRACE_MS + WAITS * waitedMs).length,
      longestGapMs: Math.max(...gaps),
    };
  }

  /** Milliseconds until a new object is Ready; undefined if it is not within the time. */
  async newcomer(withinMs: number): Promise<number | undefined> {
    const name = `newcomer-${this.#newcomers}`;
    this.#newcomers += 1;
    const { jobID } = await this.#world.cloud.admin.createJob({ clusterID: CLUSTER_ID, status: '1' });
    const began = performance.now();
    await this.#tenant.createOne({ name, spec: { clusterID: CLUSTER_ID, jobID, interval: '24h' } });
    while (performance.now() - began < withinMs) {
      const shown = await this.#world.get(name, NAMESPACE);
      if (is(shown, 'Ready', 'True')) return performance.now() - began;
      await delay(LOOK_EVERY_MS);
    }
    return undefined;
  }

  async #calls(): Promise<readonly Call[]> {
    const { last } = await this.#world.cloud.admin.calls({ limit: 0 });
    const { calls } = await this.#world.cloud.admin.calls({ since: Math.max(0, last - CALLS_READ) });
    return calls.filter(({ clusterID }) => clusterID === CLUSTER_ID);
  }
}

/** Creates the victim's namespace, jobs and objects. */
export async function createVictim(world: World): Promise<Victim> {
  const tenant = new Tenant(world, NAMESPACE);
  await tenant.open();
  const batch = { clusterIDs: [CLUSTER_ID], count: JOBS, status: '1' };
  const { jobs } = await world.cloud.admin.createJobs(batch);
  const interval = `${INTERVAL_MS / 1_000}s`;
  await tenant.create(jobs.map((ids, index) => ({ name: `job-${index}`, spec: { ...ids, interval } })));
  return new Victim(world, tenant, jobs);
}

/** When the job was asked about: by a call of its own, or by a page of its cluster's list. */
function timesOf(calls: readonly Call[], { jobID }: JobIDs): number[] {
  return calls.filter((call) => call.jobID === undefined || call.jobID === jobID).map(({ time }) => time);
}

/** The gaps between polls from `from` to `to`, of which the first and the last are part of a gap each. */
function gapsOf(times: readonly number[], from: number, to: number): number[] {
  const within = times.filter((time) => time > from && time < to);
  return [...within, to].map((end, index) => end - (within[index - 1] ?? from));
}
