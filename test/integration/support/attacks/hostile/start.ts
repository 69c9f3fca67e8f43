/** Hostile endpoints in a process of their own, so that they do not slow down what is measured. */
import { join } from 'node:path';
import type { Processes, StartedProcess } from '../../../../world/processes/processes.ts';
import { type BehaviourName, SILENT } from './behaviours.ts';

const PROGRAM = join(import.meta.dirname, 'main.ts');

export class HostileEndpoints implements AsyncDisposable {
  /** URLs, as a Secret names them. */
  readonly urls: readonly string[];
  readonly #process: StartedProcess;

  constructor(started: StartedProcess, urls: readonly string[]) {
    this.#process = started;
    this.urls = urls;
  }

  /** Calls that have reached them so far. */
  get calls(): number {
    const counts = this.#process.output().matchAll(/^\{"calls":(\d+)\}$/gm);
    return Number([...counts].at(-1)?.[1] ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process.stop();
  }
}

export async function startHostile(
  processes: Processes,
  behaviour: BehaviourName,
  count: number,
): Promise<HostileEndpoints> {
  const started = await processes.start({
    name: `hostile-${behaviour}`,
    command: process.execPath,
    args: [PROGRAM, behaviour, `${count}`],
  });
  const [line] = await started.printed(/^\{"ports".*\}$/m);
  const { ports } = JSON.parse(line) as { ports: number[] };
  const scheme = behaviour === SILENT ? 'https' : 'http';
  return new HostileEndpoints(
    started,
    ports.map((port) => `${scheme}://127.0.0.1:${port}`),
  );
}
