// What goes wrong in the second part of a soak, one after another.

import { setTimeout as delay } from 'node:timers/promises';
import type { World } from '../../test/integration/support/world.ts';
import type { Population } from './population.ts';
import type { Replicas } from './replicas.ts';

export interface Stage {
  readonly world: World;
  readonly population: Population;
  readonly replicas: Replicas;
}

export interface Fault {
  readonly name: string;
  /** Resolves when the fault is over. */
  readonly run: (stage: Stage) => Promise<void>;
}

/** Ends the lead in no phase of its renewals: one leader is measured for the whole part. */
const FROZEN_MS = 5_000;
const MINUTE_MS = 60_000;

/** Comes first and once: the rest of the part measures the process that took over. */
export const LEADER_KILLED: Fault = {
  name: 'the leader is killed',
  run: ({ replicas }) => replicas.killLeader(),
};

export const FAULTS: readonly Fault[] = [
  {
    name: 'the API server is frozen for 5 s',
    run: async ({ world: { controlPlane } }) => {
      controlPlane.pauseApiServer();
      await delay(FROZEN_MS);
      controlPlane.resumeApiServer();
    },
  },
  {
    name: 'the cloud answers 503 for a minute',
    run: async ({ world: { cloud } }) => {
      const { faultID } = await cloud.admin.addFault({
        kind: 'error',
        status: 503,
        code: 'ServiceUnavailable',
      });
      await delay(MINUTE_MS);
      await cloud.admin.removeFault({ faultID });
    },
  },
  { name: 'the key of a Secret is replaced', run: ({ population }) => population.rotateKey() },
  {
    name: 'the connections to the API server are cut',
    run: async ({ replicas }) => replicas.cut(),
  },
  {
    name: 'STS and the cloud take no connections for a minute',
    run: async ({ world: { cloud } }) => {
      await cloud.admin.refuseConnections({ service: 'sts' });
      await cloud.admin.refuseConnections();
      await delay(MINUTE_MS);
      await cloud.admin.acceptConnections();
      await cloud.admin.acceptConnections({ service: 'sts' });
    },
  },
];
