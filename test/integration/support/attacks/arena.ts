/**
 * Where attacks are measured: a world with a victim, and for each attack a fresh operator with the flags of
 * the image and the Deployment, in a control group of 1 GiB as the Deployment's limit makes one.
 */
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { Operator } from '../../../world/operator.ts';
import { install, OPERATOR } from '../installed.ts';
import { startWorld, type World } from '../world.ts';
import type { Attack, Running } from './attack.ts';
import { LivezProber } from './livez-prober.ts';
import type { Measured } from './measured.ts';
import { createMemoryCgroup, type MemoryCgroup } from './memory-cgroup.ts';
import { Tenant } from './tenant.ts';
import { createVictim, INTERVAL_MS, type Victim } from './victim.ts';

const MIB = 2 ** 20;

/** The limit of the Deployment. */
const MEMORY_LIMIT = 1_024 * MIB;

/** Length of a measurement: the victim is polled at least twice in it. */
const MEASURED_MS = 2.1 * INTERVAL_MS;

/** What a newcomer may take to be Ready before it counts as not served. */
const NEWCOMER_WITHIN_MS = MEASURED_MS;

/**
 * The arguments of the Deployment, and what lets the attacks reach loopback. Hostile endpoints are plain
 * HTTP: that costs the attacker less, and the operator the same.
 */
const ARGS = [
  '--leader-elect',
  '--interval=60s',
  '--region=cn-shanghai',
  '--calls-per-minute=3000',
  '--default-credentials-namespaces=*',
  '--insecure-endpoint',
  '--allowed-endpoints=*',
];

export class Arena implements AsyncDisposable {
  readonly #world: World;
  readonly #kubeconfig: string;
  readonly #cgroup: MemoryCgroup | undefined;
  readonly #victim: Victim;
  readonly #tenant: Tenant;

  /** Use `startArena`. */
  constructor(
    parts: { world: World; kubeconfig: string; cgroup: MemoryCgroup | undefined; victim: Victim },
    tenant: Tenant,
  ) {
    this.#world = parts.world;
    this.#kubeconfig = parts.kubeconfig;
    this.#cgroup = parts.cgroup;
    this.#victim = parts.victim;
    this.#tenant = tenant;
  }

  /** Measures one attack, and removes what it has created. */
  async measure(attack: Attack): Promise<Measured> {
    await using stack = new AsyncDisposableStack();
    const scenery = { world: this.#world, tenant: this.#tenant, stack };
    stack.defer(() => this.#tenant.clear());
    await attack.before?.(scenery);
    const operator = await this.#start(attack);
    stack.defer(() => this.#stop(operator));
    // How long a process takes to start is the machine's. What it finds then is part of the attack.
    await operator.process.printed(/"msg":"took the lead"/);
    return await this.#measured(attack, { ...scenery, operator }, Date.now() + (attack.settlesMs ?? 0));
  }

  /** @param from the victim's polls are judged from here on, in milliseconds since the epoch */
  async #measured(attack: Attack, scenery: Omit<Running, 'signal'>, from: number): Promise<Measured> {
    const { operator } = scenery;
    const linesBefore = operator.log().length;
    const prober = new LivezProber(operator);
    const end = new AbortController();
    const running = attack.during({ ...scenery, signal: end.signal });
    // Reported below, at the end.
    running.catch(() => undefined);
    const newcomer = this.#victim.newcomer(NEWCOMER_WITHIN_MS);
    const early = await Promise.race([delay(from + MEASURED_MS - Date.now()), operator.process.exited]);
    const to = Date.now();
    const peakMiB = await peakOf(operator);
    const livez = await prober.stop();
    const waitedMs = livez.worstMs - livez.worstOwnMs;
    const lines = operator.log().length - linesBefore;
    end.abort();
    const openFiles = await openFilesOf(operator);
    const count = await (await running)();
    return {
      attack,
      count,
      peakMiB,
      openFiles,
      livez,
      waitedMs,
      victim: await this.#victim.polls(from, to, waitedMs),
      newcomerMs: await newcomer,
      logLinesPerSecond: (lines * 1_000) / (to - from),
      ended: early ? `${early.signal ?? `exit code ${early.code}`}` : undefined,
    };
  }

  #start({ name, before }: Attack): Promise<Operator> {
    return this.#world.operator({
      name: `operator-${name.replaceAll(/\W+/g, '-')}`,
      kubeconfig: this.#kubeconfig,
      args: ARGS,
      // As in a container, where process 1 has the limit from its start.
      ...(this.#cgroup && { launcher: this.#cgroup.launcher }),
      env: { NODE_ENV: 'production' },
      untilReady: !before,
    });
  }

  /** A process that was killed has not released its Lease, which the next operator would wait for. */
  async #stop(operator: Operator): Promise<void> {
    await operator.process.stop();
    await this.#world.kubectl('delete', 'leases', '--all', `--namespace=${OPERATOR.namespace}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#world[Symbol.asyncDispose]();
    await this.#cgroup?.[Symbol.asyncDispose]();
  }
}

/** @param report receives a sentence if the memory is not bounded */
export async function startArena(report: (line: string) => void): Promise<Arena> {
  await using started = new AsyncDisposableStack();
  const world = started.use(await startWorld());
  const kubeconfig = await install(world.controlPlane);
  // What is measured is what the process withstands, not what the API server refuses.
  await world.kubectl('delete', 'validatingadmissionpolicybindings', '--all');
  const victim = await createVictim(world);
  const tenant = new Tenant(world, 'attacker');
  await tenant.open();
  const cgroup = await createMemoryCgroup(
    `operator-attacks-${process.pid}-${Date.now()}`,
    MEMORY_LIMIT,
  ).catch((error: Error) => {
    report(`the operator runs without a bound on its memory: ${error.message}`);
    return undefined;
  });
  started.move();
  return new Arena({ world, kubeconfig, cgroup, victim }, tenant);
}

/** Linux keeps the highest value itself. */
async function peakOf({ process: { pid } }: Operator): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) / 1_024;
}

/** Most are sockets. */
async function openFilesOf({ process: { pid } }: Operator): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}
