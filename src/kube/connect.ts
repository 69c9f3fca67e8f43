/**
 * Everything that talks to the API server, from one configuration.
 */
import { KubeConfig } from '@kubernetes/client-node';
import { KubeClient } from './kube-client.ts';
import { loadKubeConfig, PooledKubeConfig } from './kube-config.ts';
import { WatchClient, type WatchLimits } from './watch-client.ts';

export interface KubeConnection {
  readonly client: KubeClient;
  readonly watch: WatchClient;
  readonly server: string;
}

/** @throws an Error that says what is wrong with the configuration */
export function connectKube(
  kubeconfig: string | undefined,
  userAgent: string,
  limits: Partial<WatchLimits> = {},
): KubeConnection {
  const pooled = loadKubeConfig(new PooledKubeConfig(), kubeconfig);
  return {
    client: new KubeClient(pooled, userAgent),
    watch: new WatchClient(loadKubeConfig(new KubeConfig(), kubeconfig), userAgent, limits),
    server: pooled.getCurrentCluster()?.server ?? '',
  };
}
