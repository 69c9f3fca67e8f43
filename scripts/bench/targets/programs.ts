// Programs beside the operator: what a floor is measured by, and `make run`. They run with the flags of the
// image.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, stop } from 'esbuild';
import { argumentsFor, environmentFor, NODE_ENVIRONMENT, NODE_FLAGS } from '../../../test/world/operator.ts';
import type { Processes, StartedProcess } from '../../../test/world/processes/processes.ts';
import type { SimulatedCloud } from '../../../test/world/simulated-cloud.ts';
import { BUNDLING } from '../../bundle/options.ts';
import { madeUpObject } from '../made-up-objects.ts';
import { usageOfProcess } from '../usage.ts';

const FLOORS = join(import.meta.dirname, '..', 'floors');

/** Starts a program of the folder `floors`. */
export function startFloor(
  processes: Processes,
  program: string,
  args: readonly (string | number)[],
  name = program,
): Promise<StartedProcess> {
  return startNode(processes, name, [join(FLOORS, `${program}.ts`), ...args.map(String)]);
}

export function startNode(
  processes: Processes,
  name: string,
  args: readonly string[],
): Promise<StartedProcess> {
  const env = { PATH: process.env.PATH, ...NODE_ENVIRONMENT, ALIBABA_CLOUD_ECS_METADATA_DISABLED: 'true' };
  return processes.start({ name, command: process.execPath, args: [...NODE_FLAGS, ...args], env });
}

/** Endpoint and key as the programs of the folder `floors` take them. */
export function accessTo({ endpoint, accessKey }: SimulatedCloud): readonly string[] {
  return [endpoint, accessKey.accessKeyID, accessKey.accessKeySecret];
}

/** Starts the operator by `make run`. What is built is taken as it is. */
export async function startByMake(
  processes: Processes,
  { kubeconfig, cloud, args }: { kubeconfig: string; cloud: SimulatedCloud; args: readonly string[] },
): Promise<StartedProcess> {
  const all = [`--kubeconfig=${kubeconfig}`, '--http-address=127.0.0.1:0', ...argumentsFor(cloud), ...args];
  const started = await processes.start({
    name: 'make-run',
    command: 'make',
    args: ['--silent', '--old-file=dist/main.js', 'run', `ARGS=${all.join(' ')}`],
    env: { PATH: process.env.PATH, ...environmentFor(cloud) },
  });
  await started.printed(/"port":(\d+)/);
  return started;
}

/** Resident memory of the operator that make started, MiB; NaN where there is no /proc. */
export async function residentMiBByMake({ pid }: StartedProcess): Promise<number> {
  return (await usageOfProcess(await lastChildOf(pid)))?.residentMiB ?? Number.NaN;
}

/** Make starts a shell, which starts the program or becomes it. */
async function lastChildOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const [child] = children.trim().split(' ');
  return child ? await lastChildOf(Number(child)) : pid;
}

/** Processor time that a process takes meanwhile, s; NaN where there is no /proc. */
export async function cpuSecondsDuring(
  { pid }: StartedProcess,
  meanwhile: () => Promise<unknown>,
): Promise<number> {
  const soFar = async () => (await usageOfProcess(pid))?.cpuSeconds ?? Number.NaN;
  const before = await soFar();
  await meanwhile();
  return (await soFar()) - before;
}

/** Bundles a program as the operator is bundled. @returns its path */
export async function bundled(
  { directory }: Processes,
  name: string,
  program: Pick<BuildOptions, 'entryPoints' | 'stdin'>,
): Promise<string> {
  const path = join(directory, `${name}.mjs`);
  const { outputFiles } = await build({ ...BUNDLING, sourcemap: false, write: false, ...program });
  await stop();
  await writeFile(path, outputFiles[0]?.contents ?? '');
  return path;
}

export interface ColdStart {
  /** Times, ms since the Unix epoch. */
  readonly startedAt: number;
  readonly firstWriteAt: number;
  readonly lastWriteAt: number;
  /** Processor time of the whole process. */
  readonly cpuSeconds: number;
}

export interface ColdStartOptions {
  readonly mode: 'get' | 'list';
  readonly kubeconfig: string;
  readonly cloud: SimulatedCloud;
  /** How many statuses are written. */
  readonly objects: number;
}

/** Runs the program that does the least of a cold start, from a bundle as the operator. */
export async function coldStartBare(processes: Processes, options: ColdStartOptions): Promise<ColdStart> {
  const { mode, kubeconfig, cloud, objects } = options;
  const entryPoints = [join(FLOORS, 'cold-start.ts')];
  const program = await bundled(processes, 'cold-start', { entryPoints });
  const destination = { endpoint: cloud.endpoint, regionID: 'cn-shanghai' };
  const made = { intervalMs: 60_000, destination, clusterID: 'any', leftAt: Date.now() };
  const status = JSON.stringify(madeUpObject(made, 0).status);
  const startedAt = Date.now();
  const args = [program, mode, kubeconfig, ...accessTo(cloud), status, String(objects)];
  const started = await startNode(processes, `cold-start-${mode}`, args);
  await started.exited;
  return { startedAt, ...JSON.parse(started.output().trim()) };
}
