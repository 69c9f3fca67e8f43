// 10,000 objects at 60 s by Get, which need almost twice the calls of the budget: as new objects, and as
// after a restart with all polls due.

import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_ACCOUNT_ID } from '../../../simulator/seed.ts';
import type { AccountCounts } from '../../../simulator/world/cloud-world.ts';
import { pacing } from '../../../src/ratelimit/call-rate.ts';
import type { Processes } from '../../../test/world/processes/processes.ts';
import type { SimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import { letNewcomersCome } from './newcomers.ts';
import { quantile, type Row } from './row.ts';
import { stage } from './stage.ts';

const OBJECTS = 10_000;
const CALLS_PER_MINUTE = 5_400;
const SETTINGS = { objects: OBJECTS, intervalSeconds: 60, callsPerMinute: CALLS_PER_MINUTE };
const ARGS = ['--observe-with=get'];

const { minTimeMs } = pacing(CALLS_PER_MINUTE);
const MINUTE_MS = 60_000;
const NEWCOMER_EVERY_MS = 225;

/** The third minute, in which intervals are as long as the budget needs. */
const LATER_MS = 2 * MINUTE_MS;

export async function measureColdByGet(processes: Processes, cloud: SimulatedCloud): Promise<Row[]> {
  const scene = { ...SETTINGS, name: 'cold-get', areNew: true, args: ARGS };
  await using staged = await stage(processes, cloud, scene);
  const { server, startedAt } = staged;
  while (server.patched.size < OBJECTS) await delay(50);
  const seconds = (Date.now() - startedAt) / 1_000;
  const { calls } = await cloud.admin.counts();
  const first = (await timesOf(cloud))[0] ?? startedAt;
  await delay(Math.max(0, first + LATER_MS + MINUTE_MS - Date.now()));
  const times = await timesOf(cloud);
  const { mostPerMinute } = (await cloud.admin.counts()).byAccount[DEFAULT_ACCOUNT_ID] as AccountCounts;
  return [
    {
      name: 'cold start by Get, 10,000 objects at 60 s, 5,400 calls a minute; floor: objects ÷ call rate',
      unit: 's',
      target: (1.05 * OBJECTS * minTimeMs) / 1_000,
      measured: seconds,
      floor: (OBJECTS * minTimeMs) / 1_000,
    },
    {
      name: 'calls of that cold start',
      unit: 'calls',
      target: 1.05 * OBJECTS,
      measured: calls,
      floor: OBJECTS,
    },
    shareRow('first minute', times, first),
    shareRow('third minute', times, first + LATER_MS),
    {
      name: 'the most calls in any 60 s, of 5,400',
      unit: 'calls',
      target: CALLS_PER_MINUTE,
      measured: mostPerMinute,
      isExact: true,
    },
  ];
}

/** @param floor what the least that can call for a new object takes, ms */
export async function measureBehindBacklog(
  processes: Processes,
  cloud: SimulatedCloud,
  floor: number,
): Promise<Row[]> {
  await using staged = await stage(processes, cloud, { ...SETTINGS, name: 'backlog', args: ARGS });
  const waits = await letNewcomersCome(staged.server, cloud, NEWCOMER_EVERY_MS);
  const measured = quantile(waits(cloud.accessKey.accessKeyID), 0.99);
  return [
    { name: 'the same behind 10,000 polls that wait for permits', unit: 'ms', target: 40, measured, floor },
  ];
}

function shareRow(when: string, times: readonly number[], from: number): Row {
  const calls = times.filter((time) => time >= from && time < from + MINUTE_MS).length;
  return {
    name: `share of the call rate used while demand exceeds it, ${when}`,
    unit: '%',
    target: 97,
    isLeast: true,
    measured: (100 * calls * minTimeMs) / MINUTE_MS,
    floor: 100,
  };
}

/** When each call came, ms since the Unix epoch. */
async function timesOf({ admin }: SimulatedCloud): Promise<readonly number[]> {
  const of = { accountID: DEFAULT_ACCOUNT_ID, operation: 'GetEdgeTranscodeJob' };
  return (await admin.timeline(of)).times;
}
