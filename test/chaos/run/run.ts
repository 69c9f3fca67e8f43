/**
 * A run: faults and users change the world by their schedules, and the observer compares each moment with the
 * invariants. After the last fault the run waits until every status is right, or the time for it is over.
 */
import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findCanaries } from '../../integration/support/canaries.ts';
import { Invariants } from '../invariants/all.ts';
import { accessOf } from '../observer/api-client.ts';
import type { Moment } from '../observer/moment.ts';
import { Observer } from '../observer/observer.ts';
import type { PopulationPlan } from '../population/population-plan.ts';
import { CALLS_PER_MINUTE } from '../population/tenants.ts';
import type { PlannedFault } from '../schedule/schedule.ts';
import { type ChaosWorld, startChaosWorld } from '../world/chaos-world.ts';
import { FaultRunner, until } from './fault-runner.ts';
import { countsOf } from './report.ts';

export interface RunPlan {
  readonly faults: readonly PlannedFault[];
  readonly population: PopulationPlan;
  /** The time of the faults and the users, in milliseconds. */
  readonly lengthMs: number;
  /** Options of the operators. */
  readonly args: readonly string[];
}

export interface RunResult {
  readonly invariants: Invariants;
  /** The faults that began last, the newest first. */
  readonly lastFaults: readonly PlannedFault[];
  /** What was wrong when the time to be right was over. */
  readonly wrongAtEnd: readonly string[];
  /** The folder with the logs of a run that violated an invariant. */
  readonly logs: string | undefined;
}

const LOOK_EVERY_MS = 1_000;
const COUNTS_EVERY_MS = 30_000;
/** Two of the longest intervals and 60 s; a tenth more for a busy machine. */
const RIGHT_WITHIN_MS = 115_000;
const LAST_FAULTS = 8;

export async function run(plan: RunPlan, print: (line: string) => void): Promise<RunResult> {
  await using world = await startChaosWorld({ args: plan.args, slots: plan.population.slots });
  const observer = new Observer({
    access: await accessOf(world.controlPlane.kubeconfig),
    auditLog: `${world.controlPlane.directory}/logs/audit.log`,
    cloud: world.cloud,
    operators: () => world.replicas.flatMap(({ replica }) => replica.watched ?? []),
    logs: () => world.replicas.flatMap(({ replica }) => (replica.hasLog ? [replica.logFile] : [])),
    takeUnwantedEnds: () => world.replicas.flatMap(({ replica }) => replica.takeUnwantedEnds()),
  });
  const { password } = world.redis;
  const findSecrets = (text: string) => [
    ...findCanaries(text),
    ...(text.includes(password) ? [password] : []),
  ];
  const invariants = new Invariants({ callsPerMinute: CALLS_PER_MINUTE, findSecrets });
  const stop = new AbortController();
  const watching = watch(observer, invariants, stop.signal, print);
  const runner = new FaultRunner(world, observer.disturbances, print);
  try {
    await act(world, plan, runner, observer);
    const wrongAtEnd = await right(observer, watching.newest, invariants);
    const isKept = invariants.violated === 0 && wrongAtEnd.length === 0;
    const logs = isKept ? undefined : await keepLogs(world);
    return { invariants, wrongAtEnd, lastFaults: runner.last(LAST_FAULTS), logs };
  } finally {
    stop.abort();
    await watching.ended;
    await observer.stop();
  }
}

/** The users' first objects, the replicas, and then the schedules of faults and users beside each other. */
async function act(world: ChaosWorld, plan: RunPlan, runner: FaultRunner, observer: Observer): Promise<void> {
  const { population, lengthMs, faults } = plan;
  observer.start();
  await world.population.createJobs(population.slots);
  for (const { replica } of world.replicas) await replica.start();
  await world.population.createAll(population.first);
  const began = Date.now();
  const ended = AbortSignal.timeout(lengthMs);
  const users = async () => {
    for (const each of population.acts) {
      await until(began + each.at, ended);
      if (!ended.aborted) await world.population.perform(each);
    }
  };
  const never = new AbortController().signal;
  await Promise.all([runner.run(faults, began, never), users(), until(began + lengthMs, never)]);
}

/** Copies the logs out of the world, which is removed at the end of the run, and returns their folder. */
async function keepLogs({ controlPlane, world }: ChaosWorld): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chaos-'));
  await cp(join(controlPlane.directory, 'logs'), folder, { recursive: true });
  await cp(world.processes.directory, folder, { recursive: true });
  return folder;
}

/** Waits until every status is right. Resolves with what is wrong when the time for it is over. */
async function right(
  observer: Observer,
  newest: () => Moment | undefined,
  invariants: Invariants,
): Promise<string[]> {
  // The users' last change was a moment ago.
  const began = Date.now();
  for (;;) {
    const moment = newest();
    const calmSince = Math.max(began, ...observer.disturbances.all.map((each) => each.until));
    const isOver = Date.now() - calmSince > RIGHT_WITHIN_MS;
    const wrong = moment?.objects ? invariants.truthful.wrongNow(moment) : ['the API server is not watched'];
    if (wrong.length === 0 || isOver) return wrong;
    await delay(LOOK_EVERY_MS);
  }
}

function watch(
  observer: Observer,
  invariants: Invariants,
  signal: AbortSignal,
  print: (line: string) => void,
): { readonly newest: () => Moment | undefined; readonly ended: Promise<void> } {
  let newest: Moment | undefined;
  let countedAt = Date.now();
  const ended = (async () => {
    while (!signal.aborted) {
      newest = await observer.look();
      for (const sentence of invariants.check(newest)) print(`VIOLATED: ${sentence}`);
      if (Date.now() - countedAt > COUNTS_EVERY_MS) {
        countedAt = Date.now();
        print(countsOf(newest, invariants));
      }
      await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  })();
  // Awaited at the end of the run; until then nothing may throw for it.
  ended.catch(() => undefined);
  return { newest: () => newest, ended };
}
