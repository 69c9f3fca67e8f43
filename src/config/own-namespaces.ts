import type { Config } from './options.ts';

/**
 * Returns the namespaces whose objects may use the operator's own credentials; `*` is all. Without the
 * option: none in a pod, which serves tenants, and all with `--kubeconfig`, because a person then starts the
 * operator by hand and for a cluster of their choice.
 */
export function ownNamespaces(
  config: Pick<Config, 'default-credentials-namespaces' | 'kubeconfig'>,
): readonly string[] {
  return config['default-credentials-namespaces'] ?? (config.kubeconfig === undefined ? [] : ['*']);
}
