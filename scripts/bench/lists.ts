// Many new objects in a few clusters, observed by pages of their lists: from a cold start until all are
// Ready; and then, polled often, how soon changes show, and for how much of the account's quota.

import { setTimeout as delay } from 'node:timers/promises';
import { install, PATCH_STATUS, Requests } from '../../test/integration/support/installed.ts';
import { createClusters, createReferencesTo, nameOf } from '../../test/integration/support/many.ts';
import { startWorld, type World } from '../../test/integration/support/world.ts';
import type { Operator } from '../../test/world/operator.ts';
import { measureBareWriter } from './bare-writer.ts';
import { usageOf } from './usage.ts';

export type Lists = {
  readonly objects: number;
  readonly clusters: number;
  /**
   * Time from the start of the process to the last status written, with an interval so long that no object is
   * polled twice.
   */
  readonly secondsToReady: number;
  readonly callsToReady: number;
  /** What a client that does nothing else would take to write as many statuses. */
  readonly secondsToWrite: number;
  readonly changing: Changing;
};

/** A minute in which jobs change. */
export type Changing = {
  readonly intervalSeconds: number;
  readonly calls: number;
  readonly throttled: number;
  readonly changes: number;
  /** Time from each change in the cloud to its status, for the changes whose status was written. */
  readonly seconds: readonly number[];
  readonly cpuSeconds: number;
  readonly residentMiB: number;
};

type Job = { readonly jobID: string; readonly name: string };

const CLUSTERS = 4;
const CALLS_PER_MINUTE = '--calls-per-minute=6000';
const POLLED_SECONDS = 10;

/** Each round changes other jobs. */
const ROUNDS = 120;
const CHANGES_A_ROUND = 5;
const ROUND_MS = 500;

/** There are megabytes to look at, and the operator wants the processor too. */
const LOOK_EVERY_MS = 2_000;

/** Enough to know how long the others would take. */
const MOST_WRITTEN = 2_000;

/**
 * Time in which the account changes to lists and its objects become due together; also the time in which the
 * last change shows.
 */
const SETTLE_MS = 40_000;

export async function measureLists(objects: number, report: (line: string) => void): Promise<Lists> {
  await using world = await startWorld();
  report(`creating ${objects} objects in ${CLUSTERS} clusters`);
  const created = await createClusters(world, CLUSTERS, objects / CLUSTERS);
  await createReferencesTo(world, created, { interval: undefined });
  const jobs = created.map(({ jobID }, index) => ({ jobID, name: nameOf(index) }));
  const requests = new Requests(world.controlPlane);
  const kubeconfig = await install(world.controlPlane);

  report('starting the operator');
  const startedAt = Date.now();
  const first = await world.operator({ kubeconfig, args: [CALLS_PER_MINUTE, '--interval=1h'] });
  const secondsToReady = ((await lastWritten(requests, objects)) - startedAt) / 1_000;
  const callsToReady = (await world.cloud.admin.counts()).calls;
  await first.process.stop();
  report('writing as many statuses without an operator');
  const sample = (await world.list()).slice(0, MOST_WRITTEN);
  const secondsToWrite = objects / (await measureBareWriter(world, sample));

  report(`starting it again, to poll every ${POLLED_SECONDS} s`);
  const args = [CALLS_PER_MINUTE, `--interval=${POLLED_SECONDS}s`];
  const operator = await world.operator({ kubeconfig, args, name: 'second' });
  await delay(SETTLE_MS);
  report('now jobs change for a minute');
  const changing = await measureChanges({ world, requests, operator }, jobs);
  return { objects, clusters: CLUSTERS, secondsToReady, callsToReady, secondsToWrite, changing };
}

interface Stage {
  readonly world: World;
  readonly requests: Requests;
  readonly operator: Operator;
}

async function measureChanges({ world, requests, operator }: Stage, jobs: readonly Job[]): Promise<Changing> {
  const { admin } = world.cloud;
  await requests.restart();
  await admin.resetCounts();
  const { cpuSeconds: before } = await usageOf(operator);
  const changedAt = await change(world, jobs);
  const { calls, byOperation } = await admin.counts();
  const codes = Object.values(byOperation).flatMap(Object.entries) as [string, number][];
  const throttled = codes.filter(([code]) => code.startsWith('Throttling'));
  const { cpuSeconds, residentMiB } = await usageOf(operator);
  await delay(SETTLE_MS);
  const writes = await requests.of(PATCH_STATUS);
  const seconds = writes.flatMap(({ objectRef, stageTimestamp }) => {
    const changed = changedAt.get(objectRef?.name ?? '');
    changedAt.delete(objectRef?.name ?? '');
    return changed === undefined ? [] : [(Date.parse(stageTimestamp) - changed) / 1_000];
  });
  return {
    intervalSeconds: POLLED_SECONDS,
    calls,
    throttled: throttled.reduce((sum, [, count]) => sum + count, 0),
    changes: ROUNDS * CHANGES_A_ROUND,
    seconds,
    cpuSeconds: cpuSeconds - before,
    residentMiB,
  };
}

/** @returns by the object's name, when its job was stopped, in ms since the Unix epoch */
async function change({ cloud }: World, jobs: readonly Job[]): Promise<Map<string, number>> {
  const changedAt = new Map<string, number>();
  const step = Math.floor(jobs.length / (ROUNDS * CHANGES_A_ROUND));
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = delay(ROUND_MS);
    const numbers = Array.from({ length: CHANGES_A_ROUND }, (_, each) => (each * ROUNDS + round) * step);
    const chosen = numbers.flatMap((number) => jobs[number] ?? []);
    const { time } = await cloud.admin.stopJobs({ jobIDs: chosen.map(({ jobID }) => jobID) });
    for (const { name } of chosen) changedAt.set(name, time);
    await next;
  }
  return changedAt;
}

/**
 * Resolves when that number of objects have their status, with the time of the last one in ms since the Unix
 * epoch.
 */
async function lastWritten(requests: Requests, objects: number): Promise<number> {
  for (;;) {
    await delay(LOOK_EVERY_MS);
    const writes = await requests.of(PATCH_STATUS);
    if (new Set(writes.map(({ objectRef }) => objectRef?.name)).size < objects) continue;
    return Math.max(...writes.map(({ stageTimestamp }) => Date.parse(stageTimestamp)));
  }
}
