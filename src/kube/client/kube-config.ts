/**
 * How to reach the API server: where the configuration comes from, and one pool of connections for ordinary calls.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig, type RequestContext, type User } from '@kubernetes/client-node';

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/**
 * The library makes a new Agent, and so a new TLS connection, for each call. This keeps the first one. Not for `Watch`: a pooled
 * watch reconnects for ever onto a dead HTTP/2 session.
 */
export class PooledKubeConfig extends KubeConfig {
  #dispatcher: Dispatcher | undefined;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    const made = context.getDispatcher();
    this.#dispatcher ??= made;
    if (this.#dispatcher) context.setDispatcher(this.#dispatcher);
  }

  /** After a call that got no answer: the certificate authority may have changed, or the connection be dead. */
  dropConnections(): void {
    const dropped = this.#dispatcher;
    this.#dispatcher = undefined;
    // Calls still on it end by their own deadlines.
    void dropped?.close().catch(() => undefined);
  }
}

/** Where the configuration comes from. */
export interface KubeConfigSource {
  /** A kubeconfig. Undefined: in-cluster, else `KUBECONFIG`, else ~/.kube/config. */
  readonly path: string | undefined;
  /** Environment variables of the process. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** @throws an Error that says what was looked for, or what is wrong with it; nothing of the file is repeated */
export function loadKubeConfig<Config extends KubeConfig>(config: Config, source: KubeConfigSource): Config {
  try {
    load(config, source);
  } catch (error) {
    throw new Error(`the kubeconfig cannot be used: ${problemOf(error)}`);
  }
  return config;
}

function load(config: KubeConfig, { path, environment }: KubeConfigSource): void {
  if (path === undefined && isInCluster(environment)) config.loadFromCluster();
  else loadFiles(config, path === undefined ? defaultFiles(environment) : [path]);
  if (!config.getCurrentCluster()) throw new Unusable('it has no current context with a cluster');
  // Read at each call, where a missing one would look like an API server that is away.
  const { caFile } = config.getCurrentCluster() ?? {};
  const { certFile, keyFile } = config.getCurrentUser() ?? {};
  for (const file of [caFile, certFile, keyFile]) if (file) accessSync(file, constants.R_OK);
  readTokenAtEachCall(config);
}

const TOKEN_FILE = 'token-file';

/** The library reads the token of a service account once a minute: one that was replaced would be refused for so long. */
function readTokenAtEachCall(config: KubeConfig): void {
  config.users = config.users.map((user) => {
    const path = tokenFileOf(user);
    return path ? { ...user, authProvider: { name: TOKEN_FILE, config: { path } } } : user;
  });
  config.addAuthenticator({
    isAuthProvider: ({ authProvider }) => authProvider?.name === TOKEN_FILE,
    applyAuthentication: async ({ authProvider }, options: Pick<RequestOptions, 'headers'>) => {
      const token = (await readFile(authProvider.config.path, 'utf8')).trim();
      options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
    },
  });
}

/** As the library has it for a pod, and for a kubeconfig with such an auth-provider. */
function tokenFileOf({ authProvider }: User): string | undefined {
  return authProvider?.config?.tokenFile;
}

class Unusable extends Error {}

/** The messages of the file system name the path; a parser's quote the file, tokens included. */
function problemOf(error: unknown): string {
  const isOurs = error instanceof Unusable || typeof (error as NodeJS.ErrnoException).syscall === 'string';
  return isOurs ? (error as Error).message : 'it is not the YAML of a kubeconfig';
}

function isInCluster({ KUBERNETES_SERVICE_HOST: host }: KubeConfigSource['environment']): boolean {
  return Boolean(host) && existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token');
}

/** `KUBECONFIG` may list several files, as for kubectl. */
function defaultFiles({ KUBECONFIG, HOME }: KubeConfigSource['environment']): readonly string[] {
  const files = (KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  const usual = join(HOME ?? homedir(), '.kube', 'config');
  return files.length === 0 && existsSync(usual) ? [usual] : files;
}

function loadFiles(config: KubeConfig, [first, ...others]: readonly string[]): void {
  if (first === undefined)
    throw new Unusable(
      'there is none: not in a cluster, and neither --kubeconfig, KUBECONFIG nor ~/.kube/config names one',
    );
  config.loadFromFile(first);
  for (const file of others) {
    const other = new KubeConfig();
    other.loadFromFile(file);
    config.mergeConfig(other);
  }
}
