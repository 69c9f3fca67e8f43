// Objects that are polled one by one: from the start of the operator until all are Ready, and then a minute
// in which nothing changes.

import { setTimeout as delay } from 'node:timers/promises';
import {
  install,
  PATCH_STATUS,
  permissionOf,
  Requests,
  through,
  WATCH_JOBS,
} from '../../test/integration/support/installed.ts';
import { createCloudJobs, storeReferences } from '../../test/integration/support/many/references.ts';
import { is, startWorld, type World } from '../../test/integration/support/world.ts';
import type { Operator } from '../../test/world/operator.ts';
import { startTcpProxy } from '../../test/world/tcp-proxy.ts';
import { usageOf } from './usage.ts';

export type Load = {
  readonly objects: number;
  readonly intervalSeconds: number;
  readonly callsPerMinute: number;
  /** Time from the start of the process to the last status written. */
  readonly secondsToReady: number;
  readonly toReady: Phase;
  readonly idleMinute: Phase;
  readonly residentMiB: number;
  /** One scrape of /metrics, after everything else was measured. */
  readonly scrape: { readonly milliseconds: number; readonly kilobytes: number };
  /** Connections to the API server: opened in total, and still open at the end. */
  readonly connections: { readonly opened: number; readonly open: number };
};

/** What happened in a stretch of time. */
export type Phase = {
  readonly calls: number;
  readonly throttled: number;
  readonly statusWrites: number;
  /** Lists, events and all other requests to the API server, except watches. */
  readonly otherRequests: number;
  readonly cpuSeconds: number;
};

type Stage = { readonly world: World; readonly requests: Requests; readonly operator: Operator };

// Up to here the default budget of 3,000 calls a minute does; beyond, the account's whole quota is given, and
// intervals are so long that nine tenths of it do.
const MOST_FOR_DEFAULT = 2_500;
const MOST_A_MINUTE = 5_400;

const MINUTE_MS = 60_000;

/** There are megabytes to look at, and the operator wants the processor too. */
const LOOK_EVERY_MS = 2_000;

export async function measureLoad(objects: number, report: (line: string) => void): Promise<Load> {
  await using world = await startWorld();
  await using proxy = await startTcpProxy(world.controlPlane.port);
  const intervalSeconds = Math.max(60, Math.ceil((objects / MOST_A_MINUTE) * 60));
  const callsPerMinute = objects > MOST_FOR_DEFAULT ? 6_000 : 3_000;
  report(`creating ${objects} objects`);
  const kubeconfig = await through(proxy, await install(world.controlPlane));
  await createCloudJobs(world, objects);
  await storeReferences(world, objects, `${intervalSeconds}s`);

  report('starting the operator');
  const requests = new Requests(world.controlPlane);
  const startedAt = Date.now();
  const operator = await world.operator({
    kubeconfig,
    args: ['--observe-with=get', `--calls-per-minute=${callsPerMinute}`],
  });
  const stage = { world, requests, operator };
  const secondsToReady = ((await lastWritten(stage, objects)) - startedAt) / 1_000;
  const toReady = await soFar(stage);
  if (!(await world.list()).every((each) => is(each, 'Ready', 'True'))) throw new Error('not all are Ready');

  report('all are Ready; waiting until each is polled at its own time');
  await polledAgain(stage, objects);
  report('now nothing changes for a minute');
  await requests.restart();
  const before = await soFar(stage);
  await delay(MINUTE_MS);
  const idleMinute = since(before, await soFar(stage));
  const { residentMiB } = await usageOf(operator);
  const connections = { opened: proxy.opened, open: proxy.open };
  const settings = { objects, intervalSeconds, callsPerMinute };
  const scrape = await scrapeOf(operator);
  return { ...settings, secondsToReady, toReady, idleMinute, residentMiB, connections, scrape };
}

async function scrapeOf(operator: Operator): Promise<Load['scrape']> {
  const began = performance.now();
  const text = await operator.metrics();
  return { milliseconds: performance.now() - began, kilobytes: Buffer.byteLength(text) / 1_000 };
}

/**
 * Resolves when that number of objects have their status, with the time of the last one in ms since the Unix
 * epoch.
 */
async function lastWritten({ requests }: Stage, objects: number): Promise<number> {
  for (;;) {
    await delay(LOOK_EVERY_MS);
    const writes = await requests.of(PATCH_STATUS);
    if (new Set(writes.map(({ objectRef }) => objectRef?.name)).size < objects) continue;
    return Math.max(...writes.map(({ stageTimestamp }) => Date.parse(stageTimestamp)));
  }
}

/** The first poll comes at once, and the second as much as one and a half intervals later. */
async function polledAgain({ world }: Stage, objects: number): Promise<void> {
  for (;;) {
    const counts = Object.values((await world.cloud.admin.counts()).byJob);
    if (counts.filter((count) => count > 1).length === objects) return;
    await delay(LOOK_EVERY_MS);
  }
}

/** Since the start; requests since `requests` was restarted. */
async function soFar({ world, requests, operator }: Stage): Promise<Phase> {
  const { calls, byAccount } = await world.cloud.admin.counts();
  const codes = Object.values(byAccount).flatMap(({ byCode }) => Object.entries(byCode));
  const throttled = codes.filter(([code]) => code.startsWith('Throttling'));
  const permissions = (await requests.all()).map(permissionOf).filter((each) => each !== WATCH_JOBS);
  const statusWrites = permissions.filter((each) => each === PATCH_STATUS).length;
  return {
    calls,
    throttled: throttled.reduce((sum, [, count]) => sum + count, 0),
    statusWrites,
    otherRequests: permissions.length - statusWrites,
    cpuSeconds: (await usageOf(operator)).cpuSeconds,
  };
}

/** Requests are counted from `before` on already. */
function since(before: Phase, after: Phase): Phase {
  return {
    ...after,
    calls: after.calls - before.calls,
    throttled: after.throttled - before.throttled,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
  };
}
