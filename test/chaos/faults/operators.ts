/** Faults of the operators: killed, frozen, stopped; a Lease that is deleted; a clock that is stepped. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Scope } from '../observer/disturbances.ts';
import type { KindName } from '../schedule/kinds.ts';
import type { ChaosWorld, RunningReplica } from '../world/chaos-world.ts';
import { chosen, type Fault, type MakeFault, nothing, ofOperators } from './fault.ts';

/** The lease duration of 8 s, 2 s for the claim, and a start on a busy machine. */
const TAKEN_OVER_MS = 20_000;
const MINUTE_MS = 60_000;
/** The cloud refuses requests that are signed 15 min off. */
const CLOCK_STEPS = [-60, 60, -10, 10, -1 / 2, 1 / 2].map((minutes) => minutes * MINUTE_MS);
const ACCEPTED_BY_CLOUD_MS = 14 * MINUTE_MS;

const LEASE =
  '/apis/coordination.k8s.io/v1/namespaces/edge-transcode-system/leases/edge-transcode-job-operator';

type Hit = (world: ChaosWorld) => Promise<readonly RunningReplica[]>;

export const OPERATOR_FAULTS = {
  'leader killed': (world) => restarted(world, leader, (replica) => replica.kill()),
  'leader stopped': (world) => restarted(world, leader, (replica) => replica.stop()),
  'standby killed': (world) => restarted(world, standbys, (replica) => replica.kill()),
  'all operators killed': (world) =>
    restarted(
      world,
      async ({ replicas }) => replicas,
      (replica) => replica.kill(),
    ),
  'leader frozen': (world) => {
    let frozen: readonly RunningReplica[] = [];
    return {
      scope: ofOperators(TAKEN_OVER_MS),
      begin: async () => {
        frozen = await leader(world);
        for (const { replica } of frozen) replica.freeze();
      },
      end: async () => {
        for (const { replica } of frozen) replica.resume();
      },
    };
  },
  'Lease deleted': ({ cluster }) => ({
    scope: ofOperators(TAKEN_OVER_MS),
    begin: async () => void (await cluster.persist('DELETE', LEASE)),
    end: nothing,
  }),
  'clock stepped': ({ replicas }, planned) => {
    const step = chosen(planned, CLOCK_STEPS);
    const { replica } = chosen(planned, replicas);
    return {
      scope: scopeOfStep(step),
      begin: () => replica.stepClock(step),
      end: () => replica.stepClock(0),
    };
  },
} as const satisfies Partial<Record<KindName, MakeFault>>;

/** A step that the cloud accepts must disturb nothing. */
function scopeOfStep(step: number): Scope {
  return { accounts: Math.abs(step) > ACCEPTED_BY_CLOUD_MS ? 'all' : [] };
}

function restarted(
  world: ChaosWorld,
  hit: Hit,
  end: (replica: RunningReplica['replica']) => Promise<void>,
): Fault {
  let ended: readonly RunningReplica[] = [];
  return {
    scope: ofOperators(TAKEN_OVER_MS),
    begin: async () => {
      ended = await hit(world);
      await Promise.all(ended.map(({ replica }) => end(replica)));
    },
    end: async () => {
      for (const { replica } of ended) await replica.start();
    },
  };
}

/** The leader, or any replica when none leads within a few seconds. */
async function leader({ replicas }: ChaosWorld): Promise<readonly RunningReplica[]> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    for (const each of replicas) if (await each.replica.isLeading()) return [each];
    await delay(300);
  }
  return replicas.slice(0, 1);
}

async function standbys(world: ChaosWorld): Promise<readonly RunningReplica[]> {
  const leaders = await leader(world);
  return world.replicas.filter((each) => !leaders.includes(each));
}
