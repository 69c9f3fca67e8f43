// Measures many objects whose one key is revoked: what they cost while nothing can be observed, compared with
// the same objects and a valid key.

import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_KEY } from '../../simulator/seed.ts';
import { install } from '../../test/integration/support/installed.ts';
import { createCloudJobs, storeReferences } from '../../test/integration/support/many/references.ts';
import { startWorld } from '../../test/integration/support/world.ts';
import type { Operator } from '../../test/world/operator.ts';
import { usageOf } from './usage.ts';

export type Refused = {
  readonly objects: number;
  readonly healthy: Spent;
  readonly revoked: Spent;
};

/** What one minute took. */
export type Spent = {
  readonly cpuSeconds: number;
  /** Visits of objects, whatever came of them. */
  readonly visits: number;
  readonly calls: number;
};

const MINUTE_MS = 60_000;

/** Observing by Get, so that a healthy object costs a call and an answer for each poll: 83 a second. */
const ARGS = ['--observe-with=get', '--calls-per-minute=6000'];
/** Time until all objects are observed, and each is polled at its own instants. */
const SETTLE_MS = 150_000;

/**
 * Time until all objects show that the key is refused and that their observation is overdue: after 3
 * intervals and 30 s.
 */
const REFUSED_MS = 240_000;

export async function measureRefused(objects: number, tell: (line: string) => void): Promise<Refused> {
  await using world = await startWorld();
  tell(`creating ${objects} objects`);
  await createCloudJobs(world, objects);
  await storeReferences(world, objects, '60s');
  const kubeconfig = await install(world.controlPlane);
  const operator = await world.operator({ kubeconfig, args: ARGS });
  const minute = () => spentInAMinute(operator, async () => (await world.cloud.admin.counts()).calls);
  tell('waiting until each is polled at its own time');
  await delay(SETTLE_MS);
  tell('a minute with a good key');
  const healthy = await minute();
  await world.cloud.admin.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: false });
  tell('waiting until all show that the key is refused');
  await delay(REFUSED_MS);
  tell('a minute with the revoked key');
  return { objects, healthy, revoked: await minute() };
}

async function spentInAMinute(operator: Operator, calls: () => Promise<number>): Promise<Spent> {
  const soFar = async () => ({
    visits: await visitsOf(operator),
    calls: await calls(),
    cpuSeconds: (await usageOf(operator)).cpuSeconds,
  });
  const before = await soFar();
  await delay(MINUTE_MS);
  const { cpuSeconds } = await usageOf(operator);
  const after = await soFar();
  return {
    cpuSeconds: cpuSeconds - before.cpuSeconds,
    visits: after.visits - before.visits,
    calls: after.calls - before.calls,
  };
}

async function visitsOf(operator: Operator): Promise<number> {
  const lines = (await operator.metrics()).matchAll(/^edgetranscode_reconciles_total\{[^}]*\} (\d+)/gm);
  return Array.from(lines, ([, count]) => Number(count)).reduce((sum, count) => sum + count, 0);
}
