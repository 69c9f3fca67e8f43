/** Faults of the API server, of its etcd, and of the way to it. */
import type { KindName } from '../schedule/kinds.ts';
import type { ChaosWorld } from '../world/chaos-world.ts';
import type { FrontMode } from '../world/front.ts';
import { type Fault, type MakeFault, nothing, ofOperators } from './fault.ts';

/**
 * Time until the API server is followed after its return, 10 s, and until there is a leader again whose Lease
 * was too old, 12 s.
 */
const BACK_MS = 22_000;
/** docs/reference.md: "an etcd that was restored is followed". */
const RESTORED_MS = 120_000;

export const KUBERNETES_FAULTS = {
  'API server killed': ({ controlPlane }) => ({
    scope: { ...ofOperators(BACK_MS), losesWrites: true },
    begin: () => controlPlane.stopApiServer(),
    end: () => controlPlane.startApiServer(),
  }),
  'API server restarted': ({ controlPlane }) => ({
    scope: { ...ofOperators(BACK_MS), losesWrites: true },
    begin: () => controlPlane.stopApiServer('SIGTERM'),
    end: () => controlPlane.startApiServer(),
  }),
  'API server frozen': ({ controlPlane }) => ({
    scope: ofOperators(BACK_MS),
    begin: async () => controlPlane.pauseApiServer(),
    end: async () => controlPlane.resumeApiServer(),
  }),
  'etcd restored': (world) => ({
    scope: { ...ofOperators(RESTORED_MS), losesWrites: true },
    begin: () => world.controlPlane.backUpEtcd(),
    end: async () => {
      await world.controlPlane.restoreEtcd();
      await world.applyAgain();
    },
  }),
  'etcd compacted': (world) => ({
    scope: ofOperators(BACK_MS),
    // Watches that begin again have a version that is gone.
    begin: async () => {
      await world.controlPlane.compactEtcd();
      for (const { front } of world.replicas) front.cut();
    },
    end: nothing,
  }),
  'API connections cut': (world) => ({
    scope: ofOperators(BACK_MS),
    begin: async () => {
      for (const { front } of world.replicas) front.cut();
    },
    end: nothing,
  }),
  'API connections black-holed': (world) => network(world, 'black hole'),
  'API connections slowed': (world) => network(world, 'slow'),
  'API connections refused': (world) => network(world, 'refusing'),
  'CRD replaced': ({ cluster }) => ({
    scope: ofOperators(BACK_MS),
    begin: () => cluster.replaceCrd(),
    end: nothing,
  }),
  // With it go all objects, which the users then create again.
  'CRD deleted': (world) => ({
    scope: ofOperators(BACK_MS),
    begin: () => world.cluster.deleteCrd(),
    end: async () => {
      await world.cluster.createCrd();
      await world.applyAgain();
    },
  }),
} as const satisfies Partial<Record<KindName, MakeFault>>;

function network({ replicas }: ChaosWorld, mode: FrontMode): Fault {
  const set = (to: FrontMode) => async () => {
    for (const { front } of replicas) front.mode = to;
  };
  return { scope: ofOperators(BACK_MS), begin: set(mode), end: set('open') };
}
