/**
 * Options that are valid, but expose credentials or data, or have no effect. Each is logged at the start.
 */
import { SHARD_LABEL } from '../api/edge-transcode-job.ts';
import { type Endpoint, isLoopback } from '../base/endpoint.ts';
import type { Config } from './options.ts';
import { ownNamespaces } from './own-namespaces.ts';

/**
 * Returns one sentence for each, which names the option and says what to do. No sentence repeats a value.
 *
 * @param hasOwn whether the operator has credentials of its own
 */
export function warningsOf(config: Config, hasOwn: boolean): readonly string[] {
  return [...(hasOwn ? aboutOwnCredentials(config) : []), ...aboutSharing(config), ...aboutPlainText(config)];
}

function* aboutSharing(config: Config): Iterable<string> {
  if (config['shard-count'] > 1 && config['redis-url'] === undefined)
    yield '--shard-count: divides no budget without --redis-url, so each operator spends --calls-per-minute alone; set --redis-url, or a --calls-per-minute of its own for each operator';
}

function* aboutOwnCredentials(config: Config): Iterable<string> {
  const namespaces = ownNamespaces(config);
  if (namespaces.length === 0)
    yield "--default-credentials-namespaces: is not set, so no object may use the operator's own credentials; name the namespaces whose objects may, or * for all";
  if (config.shard !== undefined && namespaces.includes('*'))
    yield `--default-credentials-namespaces: with *, any namespace can choose the credentials of this shard by the label ${SHARD_LABEL}; name the namespaces instead`;
}

function* aboutPlainText(config: Config): Iterable<string> {
  const redis = config['redis-url'];
  if (redis !== undefined && isPlainRedis(redis))
    yield '--redis-url: redis:// sends the password and the budgets unencrypted to another host; use rediss://';
  for (const flag of ['endpoint', 'sts-endpoint'] as const)
    if (isPlainHttp(config[flag]))
      yield `--${flag}: plain HTTP sends requests and answers unencrypted to another host; use https://`;
  if (config['insecure-endpoint'])
    yield '--insecure-endpoint: the endpoint in a Secret may be plain HTTP, which sends requests and answers unencrypted; remove the option where none needs it';
}

function isPlainRedis(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'redis:' && !isLoopback({ protocol: 'http', host: hostname });
}

/** Whether the endpoint is plain HTTP beyond this host. */
export function isPlainHttp(endpoint: Endpoint | 'none' | undefined): boolean {
  return typeof endpoint === 'object' && endpoint.protocol === 'http' && !isLoopback(endpoint);
}
