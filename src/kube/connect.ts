/**
 * Everything that talks to the API server, from one configuration.
 */
import { KubeConfig, Watch } from '@kubernetes/client-node';
import { KubeClient } from './kube-client.ts';
import { loadKubeConfig, PooledKubeConfig } from './kube-config.ts';

export interface KubeConnection {
  readonly client: KubeClient;
  readonly watch: Watch;
  readonly server: string;
}

/** @throws an Error that says what is wrong with the configuration */
export function connectKube(kubeconfig: string | undefined, userAgent: string): KubeConnection {
  const pooled = loadKubeConfig(new PooledKubeConfig(), kubeconfig);
  return {
    client: new KubeClient(pooled, userAgent),
    // Its own connections: a watch must never come back onto a pooled dead one.
    watch: new Watch(loadKubeConfig(new KubeConfig(), kubeconfig)),
    server: pooled.getCurrentCluster()?.server ?? '',
  };
}
