// How fast this machine's API server takes statuses from a client that does nothing else: what a cold start
// can be measured by.

import { CustomObjectsApi } from '@kubernetes/client-node';
import { GROUP, PLURAL, VERSION } from '../../src/api/edge-transcode-job.ts';
import { PooledKubeConfig } from '../../src/kube/client/kube-config.ts';
import type { Shown, World } from '../../test/integration/support/world.ts';

/** Writes under way at once; the operator has as many. */
const AT_ONCE = 16;

/** Statuses a second: these objects' own, with another time in them. */
export async function measureBareWriter(world: World, objects: readonly Shown[]): Promise<number> {
  const config = new PooledKubeConfig();
  config.loadFromFile(world.controlPlane.kubeconfig);
  const api = config.makeApiClient(CustomObjectsApi);
  const began = performance.now();
  const rest = objects.values();
  const write = async () => {
    for (const { metadata, status } of rest) {
      const value = { ...status, lastObservedTime: '2000-01-01T00:00:00Z' };
      const { namespace, name } = metadata;
      const body = [{ op: 'add', path: '/status', value }];
      await api.patchNamespacedCustomObjectStatus({
        group: GROUP,
        version: VERSION,
        plural: PLURAL,
        namespace,
        name,
        body,
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, write));
  config.dropConnections();
  return (objects.length * 1_000) / (performance.now() - began);
}
