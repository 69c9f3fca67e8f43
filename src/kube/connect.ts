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
    watch: patientWatch(loadKubeConfig(new KubeConfig(), kubeconfig)),
    server: pooled.getCurrentCluster()?.server ?? '',
  };
}

/** Bookmarks come about once a minute: a watch without a byte for longer is dead. */
const IDLE_MS = 80_000;

/**
 * The library gives up a watch after 30 s without a byte, which in a quiet cluster is before any bookmark: the version to resume
 * from would grow old, and no progress show. Its field for that is private, so it is set from outside.
 */
function patientWatch(config: KubeConfig): Watch {
  return Object.assign(new Watch(config), { requestTimeoutMs: IDLE_MS });
}
