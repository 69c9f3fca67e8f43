/** The connection of a command: the API server of the kubeconfig, and the namespaces that it is about. */
import { ApiCalls } from '../../kube/client/api-calls.ts';
import { KubeClient } from '../../kube/client/kube-client.ts';
import { type KubeConfigSource, loadKubeConfig, PooledKubeConfig } from '../../kube/client/kube-config.ts';
import { WatchClient } from '../../kube/client/watch-client.ts';
import { Unable } from './failure.ts';

/** The options that every command has. */
export interface ConnectionOptions {
  /** Path of the kubeconfig. */
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly allNamespaces?: boolean;
}

export interface Connection {
  readonly client: KubeClient;
  readonly watch: WatchClient;
  /** Calls that `client` does not have. */
  readonly calls: ApiCalls;
  /** URL of the API server. */
  readonly server: string;
  /** The namespace that the command is about. Undefined: all. */
  readonly namespace: string | undefined;
}

/** Namespace of Kubernetes for a context that names none. */
const DEFAULT_NAMESPACE = 'default';

/** Deadline of a call. */
const DEADLINE_MS = 20_000;

/** @throws Unable */
export function connect(
  { kubeconfig, context, namespace, allNamespaces = false }: ConnectionOptions,
  environment: KubeConfigSource['environment'],
  userAgent: string,
): Connection {
  // Empty is not given, as for kubectl: a script's variable may be unset.
  const config = configOf({ path: kubeconfig || undefined, context: context || undefined, environment });
  const inContext = config.getContextObject(config.getCurrentContext())?.namespace;
  return {
    client: new KubeClient(config, userAgent),
    watch: new WatchClient(config, userAgent),
    calls: new ApiCalls(config, userAgent, DEADLINE_MS),
    server: config.getCurrentCluster()?.server ?? '',
    namespace: allNamespaces ? undefined : namespace || inContext || DEFAULT_NAMESPACE,
  };
}

function configOf(source: KubeConfigSource): PooledKubeConfig {
  try {
    return loadKubeConfig(new PooledKubeConfig(), source);
  } catch (error) {
    throw new Unable((error as Error).message);
  }
}
