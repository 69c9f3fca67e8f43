/**
 * How to reach the API server: the source of the configuration, and one pool of connections for ordinary
 * calls.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KubeConfig, type RequestContext, type User } from '@kubernetes/client-node';
import { Agent } from 'undici';
import { ExecCredential } from './exec-credential.ts';
import { clusterInfoOf, clusterOf, TOKEN_FILE, userOf } from './kubeconfig-fields.ts';
import { contextNames, readKubeconfig, textField, Unusable } from './kubeconfig-files.ts';

type Dispatcher = NonNullable<ReturnType<RequestContext['getDispatcher']>>;

/** The connections and the credential of a call. */
export interface Access {
  readonly dispatcher: Dispatcher;
  /** Identity of the credential of an exec plugin. Undefined: the user has no plugin. */
  readonly credential: object | undefined;
}

/**
 * Keeps one Agent for all calls; the library makes a new one, and so a new TLS connection, for each call. Not
 * for watches: a pooled watch reconnects forever to a dead HTTP/2 session.
 */
export class PooledKubeConfig extends KubeConfig {
  /** Runs the exec plugin of the user, if it has one. */
  execCredential: ExecCredential | undefined;
  /** Whether answers may be compressed. */
  acceptsGzip = true;
  /** Options of the connections for calls, but for those through a proxy. */
  connections: Pick<Agent.Options, 'allowH2' | 'keepAliveTimeout'> = {};
  /** TLS of the connections without a proxy: the certificate authority, a client certificate. */
  #connect: object = {};
  #access: Access | undefined;

  /** Adds the user's credential to the headers of the call. @returns what to send it over */
  async authenticate(context: RequestContext): Promise<Access> {
    await this.applySecurityAuthentication(context);
    // The connections were dropped after the library had relied on them. No call may bypass the proxy.
    if (!this.#access && this.#isProxied && !context.getDispatcher()) return this.authenticate(context);
    this.#access ??= {
      dispatcher: this.#proxyOf(context) ?? new Agent({ ...this.connections, connect: this.#connect }),
      credential: this.execCredential?.current,
    };
    return this.#access;
  }

  /** The library's own connections are used through a proxy only: they take no `connections`. */
  #proxyOf(context: RequestContext): Dispatcher | undefined {
    return this.#isProxied ? context.getDispatcher() : undefined;
  }

  get #isProxied(): boolean {
    return Boolean(this.getCurrentCluster()?.proxyUrl);
  }

  /** Keeps the library from making an Agent for each call. */
  override createDispatcherOptions(
    ...parameters: Parameters<KubeConfig['createDispatcherOptions']>
  ): ReturnType<KubeConfig['createDispatcherOptions']> {
    // A client certificate that an exec plugin gave is part of the connections.
    if (this.#access?.credential !== this.execCredential?.current) this.dropConnections();
    if (this.#access) return { type: 'none' };
    const options = super.createDispatcherOptions(...parameters);
    // A server with a public certificate and a token needs none.
    this.#connect = options.type === 'agent' ? options.connect : {};
    return options;
  }

  /**
   * Makes the next call connect again: connections may be dead, or the certificate authority have changed.
   *
   * @param access that of a call that failed. If it has been dropped already, newer connections are kept.
   * Default: the present one
   */
  dropConnections(access: Access | undefined = this.#access): void {
    if (!access || access !== this.#access) return;
    this.#access = undefined;
    // Calls that still use them end by their own deadlines.
    void access.dispatcher.close().catch(() => undefined);
  }

  /** Makes the next call connect again with another credential: the API server answered 401. */
  refused(access: Access): void {
    this.execCredential?.forget(access.credential);
    this.dropConnections(access);
  }
}

/** Where the configuration comes from. */
export interface KubeConfigSource {
  /** Path of a kubeconfig. Undefined: in-cluster, else `KUBECONFIG`, else ~/.kube/config. */
  readonly path: string | undefined;
  /** Context of the kubeconfig. Undefined: the pod's service account, else the current context. */
  readonly context?: string | undefined;
  /** Environment variables of the process. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder in which the files of a pod's service account are. Default: `/`. */
  readonly root?: string;
}

/** @throws an Error that says what was sought, or what is wrong with it; it repeats nothing of the file */
export function loadKubeConfig<Config extends KubeConfig>(config: Config, source: KubeConfigSource): Config {
  try {
    load(config, source);
  } catch (error) {
    throw new Error(`the kubeconfig cannot be used: ${problemOf(error)}`);
  }
  return config;
}

/** Names of the contexts that `--context` may name. @throws Unusable, and errors of the file system */
export function contextsOf({ path, environment }: Pick<KubeConfigSource, 'path' | 'environment'>): string[] {
  return path === undefined ? contextNames(defaultFiles(environment), true) : contextNames([path], false);
}

function load(config: KubeConfig, { path, context, environment, root = '' }: KubeConfigSource): void {
  const isNamed = path !== undefined || context !== undefined;
  if (!isNamed && isInCluster(environment, root)) config.loadFromCluster(root);
  else
    loadFiles(config, path === undefined ? defaultFiles(environment) : [path], path === undefined, context);
  // The library reads these files at each call, where a missing file would look like an unreachable API
  // server.
  const { caFile } = config.getCurrentCluster() ?? {};
  const { certFile, keyFile, authProvider } = config.getCurrentUser() ?? {};
  for (const file of [caFile, certFile, keyFile, authProvider?.config?.path])
    if (file) accessSync(file, constants.R_OK);
  readTokenAtEachCall(config);
  const execCredential = new ExecCredential(environment);
  config.addAuthenticator(execCredential);
  if (config instanceof PooledKubeConfig) config.execCredential = execCredential;
}

/**
 * Reads the token of a service account at each call. The library reads it once a minute, and would use a
 * replaced token until then.
 */
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

/** Path of the token's file, which the library sets in a pod. */
function tokenFileOf({ authProvider }: User): string | undefined {
  return authProvider?.config?.tokenFile;
}

/**
 * The problem in words that may be logged. File system errors name the path; a parser's errors quote the
 * file, tokens included.
 */
function problemOf(error: unknown): string {
  const isOurs = error instanceof Unusable || typeof (error as NodeJS.ErrnoException).syscall === 'string';
  return isOurs ? (error as Error).message : 'it is not the YAML of a kubeconfig';
}

/** The token of a pod's service account. */
const POD_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';

function isInCluster(
  { KUBERNETES_SERVICE_HOST: host }: KubeConfigSource['environment'],
  root: string,
): boolean {
  return Boolean(host) && existsSync(join(root, POD_TOKEN));
}

/** `KUBECONFIG` may list several files, as for kubectl. */
function defaultFiles({ KUBECONFIG, HOME }: KubeConfigSource['environment']): readonly string[] {
  const files = (KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  const usual = join(HOME ?? homedir(), '.kube', 'config');
  return files.length === 0 && existsSync(usual) ? [usual] : files;
}

function loadFiles(
  config: KubeConfig,
  files: readonly string[],
  mayMiss: boolean,
  wanted: string | undefined,
): void {
  if (files.length === 0)
    throw new Unusable(
      'there is none: not in a cluster, and neither --kubeconfig, KUBECONFIG nor ~/.kube/config names one',
    );
  const entries = readKubeconfig(files, mayMiss, wanted);
  const { name, fields } = entries.context;
  const cluster = clusterOf(entries.cluster);
  const user = userOf(entries.user, clusterInfoOf(cluster, entries.cluster.fields));
  const namespace = textField(fields, 'namespace');
  if (config instanceof PooledKubeConfig)
    config.acceptsGzip = entries.cluster.fields['disable-compression'] !== true;
  config.loadFromOptions({
    clusters: [cluster],
    users: [user],
    contexts: [{ name, cluster: cluster.name, user: user.name, ...(namespace && { namespace }) }],
    currentContext: name,
  });
}
