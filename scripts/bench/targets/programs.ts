// Programs beside the operator: what a floor is measured by, and `make run`. They run with the flags of the
// image.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { argumentsFor, environmentFor, NODE_ENVIRONMENT, NODE_FLAGS } from '../../../test/world/operator.ts';
import type { Processes, StartedProcess } from '../../../test/world/processes/processes.ts';
import type { SimulatedCloud } from '../../../test/world/simulated-cloud.ts';
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

export interface Written {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Has a process that does nothing else write the statuses of the first `objects` again. */
export async function writeBare(processes: Processes, kubeconfig: string, objects: number): Promise<Written> {
  const writer = await startFloor(processes, 'bare-writer', [kubeconfig, objects]);
  await writer.exited;
  return JSON.parse(writer.output().trim()) as Written;
}
