// New objects in a few clusters, observed by pages of their lists, on a real API server: from a cold start
// until all are Ready; then, polled every 10 s, what a job takes and how soon changes show.

import { setTimeout as delay } from 'node:timers/promises';
import { DEFAULT_ACCOUNT_ID } from '../../../simulator/seed.ts';
import { install, PATCH_STATUS, Requests } from '../../../test/integration/support/installed.ts';
import {
  createClusters,
  nameOf,
  storeReferencesTo,
} from '../../../test/integration/support/many/references.ts';
import { startWorld, type World } from '../../../test/integration/support/world.ts';
import { usageOf } from '../usage.ts';
import { type Job, measureChanges } from './changes.ts';
import { coldStartBare, cpuSecondsDuring, startFloor } from './programs.ts';
import { median, quantile, type Report, type Row } from './row.ts';

const CLUSTERS = 4;
const CALLS_PER_MINUTE = '--calls-per-minute=6000';
const POLLED_SECONDS = 10;

/**
 * The writes are over when the API server's log grows by less than this in a second. 50 writes are 100 KB,
 * and renewals of the Lease 4 KB. To read the log meanwhile, or the operator's metrics, would take processor
 * time from both: a scrape of 10,000 objects takes 0.4 s.
 */
const LOOK_EVERY_MS = 1_000;
const QUIET_BYTES = 20_000;

const COLD_STARTS = 3;

/** Enough to know how long the others would take. */
const MOST_WRITTEN = 5_000;

/** Time in which the account changes to lists and its objects become due together. */
const SETTLE_MS = 40_000;
const MEASURED_SECONDS = 40;
const MINUTE_MS = 60_000;

/** A key that separates the calls of the floor from the operator's. */
const LISTER_KEY = { accessKeyID: 'LTAIlister', accessKeySecret: 'made-up-secret-of-the-lister' };

interface Listed {
  readonly world: World;
  readonly kubeconfig: string;
  readonly requests: Requests;
  readonly jobs: readonly (Job & { readonly clusterID: string })[];
}

/**
 * Cold starts alone, each on an API server of its own. A start takes a few seconds, so a short stall changes
 * it by a tenth. Returns the time of the start with the median ratio to its floor, and the most writes of
 * any.
 */
export async function measureColdByList(objects: number, report: Report): Promise<Row[]> {
  const times: Row[] = [];
  const writes: Row[] = [];
  for (let start = 0; start < COLD_STARTS; start += 1) {
    await using world = await startWorld();
    const [time, written] = await coldStart(await prepare(world, objects, report));
    times.push(time);
    writes.push(written);
  }
  const ofFloor = ({ measured, floor = Number.NaN }: Row) => measured / floor;
  const ratio = median(times.map(ofFloor));
  const most = Math.max(...writes.map(({ measured }) => measured));
  return [
    times.find((row) => Object.is(ofFloor(row), ratio)) as Row,
    writes.find(({ measured }) => measured === most) as Row,
  ];
}

/** One cold start, and then polls every 10 s. */
export async function measureListed(
  objects: number,
  heldMiB: (objects: number) => number,
  report: Report,
): Promise<Row[]> {
  await using world = await startWorld();
  const listed = await prepare(world, objects, report);
  return [...(await coldStart(listed)), ...(await measurePolled(listed, heldMiB(objects), report))];
}

async function prepare(world: World, objects: number, report: Report): Promise<Listed> {
  report(`creating ${objects} objects in ${CLUSTERS} clusters`);
  const created = await createClusters(world, CLUSTERS, objects / CLUSTERS);
  await storeReferencesTo(world, created, { interval: undefined });
  const jobs = created.map((job, index) => ({ ...job, name: nameOf(index) }));
  const requests = new Requests(world.controlPlane);
  return { world, kubeconfig: await install(world.controlPlane), requests, jobs };
}

/** Starts the operator with an interval so long that no object is polled twice. */
async function coldStart({ world, kubeconfig, requests, jobs }: Listed): Promise<[time: Row, writes: Row]> {
  const objects = jobs.length;
  const startedAt = Date.now();
  const args = [CALLS_PER_MINUTE, '--interval=1h', '--observe-with=list'];
  const operator = await world.operator({ kubeconfig, args, name: 'cold' });
  const { lastAt, writes } = await allWritten(world, requests, objects);
  await operator.process.stop();
  const sample = Math.min(objects, MOST_WRITTEN);
  const asAdmin = { kubeconfig: world.controlPlane.kubeconfig, cloud: world.cloud };
  const bare = await coldStartBare(world.processes, { mode: 'list', ...asAdmin, objects: sample });
  const writing = ((bare.lastWriteAt - bare.firstWriteAt) * objects) / sample;
  const floor = (bare.firstWriteAt - bare.startedAt + writing) / 1_000;
  const count = objects.toLocaleString('en');
  return [
    {
      name: `cold start by List, ${count} objects; floor: start, list, pages and writes`,
      unit: 's',
      target: 1.15 * floor,
      measured: (lastAt - startedAt) / 1_000,
      floor,
    },
    {
      name: `status writes of a cold start by List, ${count} objects`,
      unit: 'writes',
      target: objects,
      measured: writes,
      floor: objects,
      isExact: true,
    },
  ];
}

async function measurePolled(
  { world, kubeconfig, requests, jobs }: Listed,
  floorMiB: number,
  report: Report,
): Promise<Row[]> {
  const { admin, endpoint, accessKey } = world.cloud;
  await admin.addKey({ ...LISTER_KEY, accountID: DEFAULT_ACCOUNT_ID });
  report(`starting it again, to poll every ${POLLED_SECONDS} s`);
  const args = [CALLS_PER_MINUTE, `--interval=${POLLED_SECONDS}s`];
  const operator = await world.operator({ kubeconfig, args, name: 'polled' });
  const clusters = new Set(jobs.map(({ clusterID }) => clusterID));
  const access = [endpoint, LISTER_KEY.accessKeyID, LISTER_KEY.accessKeySecret];
  const lister = await startFloor(world.processes, 'lister', [...access, ...clusters]);
  await delay(SETTLE_MS);
  const before = await usageOf(operator);
  const floorSeconds = await cpuSecondsDuring(lister, () => delay(MEASURED_SECONDS * 1_000));
  const after = await usageOf(operator);
  const perJob = (seconds: number) => (seconds * 1_000) / ((jobs.length * MEASURED_SECONDS) / POLLED_SECONDS);
  report('now jobs change for a minute');
  const { last } = await admin.calls({ limit: 0 });
  const began = Date.now();
  const { inStatus, toLister } = await measureChanges(world, requests, lister, jobs);
  const { calls } = await admin.calls({ since: last });
  const times = calls.filter((call) => call.accessKeyID === accessKey.accessKeyID).map(({ time }) => time);
  return [
    {
      name: 'processor time of a job by List, 10,000 objects at 10 s; floor: the SDK, parsing and comparing',
      unit: 'ms',
      target: 0.1,
      measured: perJob(after.cpuSeconds - before.cpuSeconds),
      floor: perJob(floorSeconds),
    },
    {
      name: 'resident memory, 10,000 objects by List',
      unit: 'MiB',
      target: 130,
      measured: after.residentMiB,
      floor: floorMiB,
    },
    {
      name: 'change to status, 99 of 100, 10,000 jobs at 10 s; floor: a bare poller',
      unit: 's',
      target: 11.5,
      measured: quantile(inStatus, 0.99),
      floor: quantile(toLister, 0.99),
    },
    {
      name: 'calls a minute of it',
      unit: 'calls',
      target: 600,
      measured: callsAMinute(times, began),
      floor: (jobs.length / 100) * (60 / POLLED_SECONDS),
    },
  ];
}

/**
 * Calls in a minute: the median of the minutes that begin in the first interval. A minute whose borders cross
 * sweeps counts up to one more of each cluster, or one less.
 */
function callsAMinute(times: readonly number[], began: number): number {
  const counts = Array.from({ length: POLLED_SECONDS * 10 }, (_, tenth) => {
    const from = began + tenth * 100;
    return times.filter((time) => time >= from && time < from + MINUTE_MS).length;
  });
  return median(counts);
}

/**
 * Resolves when that number of objects have their status. @returns the time of the last one, and all writes
 */
async function allWritten(
  { controlPlane }: World,
  requests: Requests,
  objects: number,
): Promise<{ lastAt: number; writes: number }> {
  for (let bytes = 0; ; ) {
    await delay(LOOK_EVERY_MS);
    const before = bytes;
    bytes = await controlPlane.auditBytes();
    if (bytes - before > QUIET_BYTES) continue;
    const writes = await requests.of(PATCH_STATUS);
    if (new Set(writes.map(({ objectRef }) => objectRef?.name)).size < objects) continue;
    const times = writes.map(({ stageTimestamp }) => Date.parse(stageTimestamp));
    return { lastAt: Math.max(...times), writes: writes.length };
  }
}
