/**
 * How to reach the API server: where the configuration comes from, and one pool of connections for ordinary calls.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
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

/**
 * @param path a kubeconfig; default: in-cluster, else `KUBECONFIG`, else ~/.kube/config
 * @throws an Error that says what was looked for, or what is wrong with it; nothing of the file is repeated
 */
export function loadKubeConfig<Config extends KubeConfig>(config: Config, path: string | undefined): Config {
  try {
    load(config, path);
  } catch (error) {
    throw new Error(`the kubeconfig cannot be used: ${problemOf(error)}`);
  }
  return config;
}

function load(config: KubeConfig, path: string | undefined): void {
  if (path !== undefined) config.loadFromFile(path);
  else if (inCluster()) config.loadFromCluster();
  else if (process.env.KUBECONFIG || existsSync(join(homedir(), '.kube', 'config'))) config.loadFromDefault();
  else
    throw new Unusable(
      'there is none: not in a cluster, and neither --kubeconfig, KUBECONFIG nor ~/.kube/config names one',
    );
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

function inCluster(): boolean {
  return (
    Boolean(process.env.KUBERNETES_SERVICE_HOST) &&
    existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token')
  );
}
