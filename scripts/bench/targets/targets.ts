// The costs that have a target, each beside the floor that the same machine shows in the same run. Times and
// wake-ups decide nothing: a shared machine changes them. Counts that it does not change do.

import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MissingToolError } from '../../../test/world/builds/go-build.ts';
import { Processes } from '../../../test/world/processes/processes.ts';
import { startSimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import { measureHeld } from '../held.ts';
import { measureIdle, startIdle } from './idle.ts';
import { measureColdByList, measureListed } from './listed.ts';
import { measurePolls } from './polls.ts';
import type { Report, Row } from './row.ts';
import { measureBehindBacklog, measureColdByGet } from './saturated.ts';
import { createJobs } from './stage.ts';
import { measureLibraries, measureStarts } from './starts.ts';

const BYTES_PER_MIB = 1_024 * 1_024;

export async function measureTargets(report: Report): Promise<Row[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'operator-bench-'));
  await using processes = new Processes(folder.path);
  const cloud = await startSimulatedCloud(processes, ['--quota=1000000']);
  await createJobs(cloud);
  const held = measureHeld().reduce((sum, [, bytes]) => sum + bytes, 0);
  const librariesMiB = await measureLibraries(processes);
  const heldMiB = (objects: number) => librariesMiB + (held * objects) / BYTES_PER_MIB;
  const rows: Row[] = [];
  const begun = performance.now();
  const timed = (what: string) => report(`${Math.round((performance.now() - begun) / 1_000)} s: ${what}`);
  const part = async (what: string, measure: () => Promise<readonly Row[]>) => {
    timed(what);
    rows.push(...(await measure()));
  };
  await using idle = await startIdle(processes);
  await part('starting the operator', () => measureStarts(processes, cloud, librariesMiB));
  await part('2,000 new objects, and their polls by Get', () => measurePolls(processes, cloud, heldMiB));
  let newcomerFloor = Number.NaN;
  await part('100 objects at 10 min, and new ones', async () => {
    const [measured, floor] = await measureIdle(idle);
    newcomerFloor = floor;
    return measured;
  });
  await part('new objects behind 10,000 polls', () => measureBehindBacklog(processes, cloud, newcomerFloor));
  await part('10,000 new objects by Get', () => measureColdByGet(processes, cloud));
  await cloud.process.stop();
  try {
    await part('2,000 new objects by List', () => measureColdByList(2_000, timed));
    await part('10,000 new objects by List', () => measureListed(10_000, heldMiB, timed));
  } catch (error) {
    if (!(error instanceof MissingToolError)) throw error;
    report(`not measured: ${error.message}`);
  }
  timed('done');
  return rows;
}
