/**
 * The clients of the API server, all from one configuration.
 */
import { KubeClient } from './client/kube-client.ts';
import { type KubeConfigSource, loadKubeConfig, PooledKubeConfig } from './client/kube-config.ts';
import { WatchClient, type WatchLimits } from './client/watch-client.ts';
import { LeaseClient, type LeaseClientOptions } from './election/lease-client.ts';

export interface KubeConnection {
  readonly client: KubeClient;
  readonly watch: WatchClient;
  readonly server: string;
}

/** @throws an Error that says what is wrong with the configuration */
export function connectKube(
  source: KubeConfigSource,
  userAgent: string,
  limits: Partial<WatchLimits> = {},
): KubeConnection {
  const config = loadKubeConfig(new PooledKubeConfig(), source);
  return {
    client: new KubeClient(config, userAgent),
    watch: new WatchClient(config, userAgent, limits),
    server: config.getCurrentCluster()?.server ?? '',
  };
}

export interface LeaseOptions extends Omit<LeaseClientOptions, 'config' | 'watch' | 'namespace'> {
  /** Default: the namespace of the configuration's context, which in a cluster is the pod's. */
  readonly namespace: string | undefined;
}

/**
 * Creates the client of the Lease, with connections of its own: a renewal must not wait behind a hundred
 * statuses.
 *
 * @throws as `connectKube`
 */
export function connectLease(source: KubeConfigSource, options: LeaseOptions): LeaseClient {
  const config = loadKubeConfig(new PooledKubeConfig(), source);
  // One call at a time gains nothing from HTTP/2, whose answers come in several frames.
  config.connections = { allowH2: false, keepAliveTimeout: KEPT_MS };
  const context = config.getContextObject(config.getCurrentContext());
  // A Lease without a renewal for its duration has no leader, or its watch is dead.
  const limits = { answerMs: options.deadlineMs, idleMs: options.durationMs };
  return new LeaseClient({
    ...options,
    config,
    watch: new WatchClient(config, options.userAgent, limits),
    namespace: options.namespace ?? context?.namespace ?? DEFAULT_NAMESPACE,
  });
}

/**
 * Longest time that the connection of the Lease stays open without a call. 60 s: it outlasts the usual time
 * between two renewals, 3.3 s, and the API server's own limit is 90 s.
 */
const KEPT_MS = 60_000;

/** Namespace of Kubernetes for a context that names none. */
const DEFAULT_NAMESPACE = 'default';
