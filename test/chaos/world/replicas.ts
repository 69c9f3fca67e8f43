/**
 * The two replicas of the operator, each behind a front of its own to the API server: started, killed,
 * stopped, frozen, and started again.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../integration/support/world.ts';
import { type Operator, startOperator } from '../../world/operator.ts';
import type { UnwantedEnd } from '../observer/moment.ts';
import type { Watched } from '../observer/process-watch.ts';

const STEPPING_CLOCK = join(import.meta.dirname, 'stepping-clock.ts');

/** Shorter than the defaults, of the same proportions. */
const ELECTION = ['--leader-elect', '--lease-duration=8s', '--renew-deadline=5s', '--retry-period=1s'];

export interface ReplicaSettings {
  readonly kubeconfig: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export class Replica {
  readonly name: string;
  readonly #world: World;
  readonly #settings: ReplicaSettings;
  readonly #clockFile: string;
  readonly #unwantedEnds: UnwantedEnd[] = [];
  #running: { readonly operator: Operator; readonly startedAt: number } | undefined;
  #isEndWanted = false;

  constructor(name: string, world: World, settings: ReplicaSettings) {
    this.name = name;
    this.#world = world;
    this.#settings = settings;
    this.#clockFile = join(world.processes.directory, `${name}-clock`);
  }

  get logFile(): string {
    return join(this.#world.processes.directory, `${this.name}.log`);
  }

  get hasLog(): boolean {
    return existsSync(this.logFile);
  }

  /** Undefined while it does not run. */
  get watched(): Watched | undefined {
    if (!this.#running || this.#running.operator.process.exit) return undefined;
    const { operator, startedAt } = this.#running;
    return { name: this.name, pid: operator.process.pid, startedAt, url: operator.url };
  }

  /** Resolves when it runs, which is before it is ready. */
  async start(): Promise<void> {
    await writeFile(this.#clockFile, '0');
    const { kubeconfig, args, env } = this.#settings;
    const operator = await startOperator(this.#world.processes, {
      name: this.name,
      kubeconfig,
      args: [...ELECTION, ...args],
      env: { ...env, NODE_OPTIONS: `--import=${STEPPING_CLOCK}`, CLOCK_FILE: this.#clockFile },
      untilReady: false,
    });
    this.#isEndWanted = false;
    this.#running = { operator, startedAt: Date.now() };
    void operator.process.exited.then(({ code, signal }) => {
      if (!this.#isEndWanted)
        this.#unwantedEnds.push({ name: this.name, how: signal ?? `exit code ${code}` });
    });
  }

  async kill(): Promise<void> {
    this.#isEndWanted = true;
    this.#running?.operator.process.kill('SIGKILL');
    await this.#running?.operator.process.exited;
  }

  /** Stops it as the kubelet does. It must end within 10 s, with exit code 0. */
  async stop(): Promise<void> {
    this.#isEndWanted = true;
    const exit = await this.#running?.operator.process.stop(10_000);
    if (exit && exit.code !== 0)
      this.#unwantedEnds.push({ name: this.name, how: `${exit.signal ?? exit.code} at its stop` });
  }

  freeze(): void {
    this.#running?.operator.process.kill('SIGSTOP');
  }

  resume(): void {
    this.#running?.operator.process.kill('SIGCONT');
  }

  /** Sets its wall clock this far from the machine's. Timers and `performance` are not touched. */
  async stepClock(milliseconds: number): Promise<void> {
    await writeFile(this.#clockFile, String(milliseconds));
    this.#running?.operator.process.kill('SIGUSR2');
  }

  async isLeading(): Promise<boolean> {
    if (!this.watched) return false;
    try {
      const answer = await fetch(`${this.watched.url}/metrics`, { signal: AbortSignal.timeout(1_000) });
      return /^edgetranscode_leading(?:\{.*\})? 1$/m.test(await answer.text());
    } catch {
      return false;
    }
  }

  /** The run is over: whatever ends from here on is wanted. */
  expectEnd(): void {
    this.#isEndWanted = true;
  }

  takeUnwantedEnds(): UnwantedEnd[] {
    return this.#unwantedEnds.splice(0);
  }
}
