/**
 * Credentials of an exec plugin, by the protocol `client.authentication.k8s.io` as kubectl speaks it. The
 * library's own does not tell the plugin of the cluster, and keeps a credential without an expiry for ever.
 */
import { execFile } from 'node:child_process';
import type { RequestOptions } from 'node:https';
import { promisify } from 'node:util';
import type { Cluster, User } from '@kubernetes/client-node';
import { systemClock } from '../../base/clock.ts';
import { type Fields, isFields, textField } from './kubeconfig-files.ts';

/** Name of the auth-provider under which a user has its plugin. */
export const EXEC_PLUGIN = 'exec-plugin';

/** Longest run of a plugin. 20 s, the deadline of a call of the API server. */
const LONGEST_RUN_MS = 20_000;

/** Longest use of one credential. 5 min: a plugin may give one without an expiry, and it may be revoked. */
const LONGEST_USE_MS = 5 * 60_000;

interface Known {
  readonly until: number;
  readonly status: Promise<Fields>;
}

type Environment = Readonly<Record<string, string | undefined>>;

export class ExecCredential {
  readonly #environment: Environment;
  readonly #longestRunMs: number;
  #known: Known | undefined;

  /** @param environment variables for the plugin, which adds its own */
  constructor(environment: Environment, longestRunMs = LONGEST_RUN_MS) {
    this.#environment = environment;
    this.#longestRunMs = longestRunMs;
  }

  isAuthProvider({ authProvider }: User): boolean {
    return authProvider?.name === EXEC_PLUGIN;
  }

  async applyAuthentication({ authProvider }: User, options: RequestOptions): Promise<void> {
    const status = await this.#status(authProvider.config.plugin, authProvider.config.cluster);
    const token = textField(status, 'token');
    const cert = textField(status, 'clientCertificateData');
    const key = textField(status, 'clientKeyData');
    if (token) options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
    if (cert) options.cert = cert;
    if (key) options.key = key;
  }

  /** Runs the plugin again for the next call: the API server has refused the credential. */
  forget(): void {
    this.#known = undefined;
  }

  async #status(exec: Fields, cluster: Cluster): Promise<Fields> {
    const known = this.#known;
    if (known && systemClock.now() < known.until)
      return expired(await known.status) ? this.#run(exec, cluster) : known.status;
    return this.#run(exec, cluster);
  }

  #run(exec: Fields, cluster: Cluster): Promise<Fields> {
    const status = runPlugin(exec, cluster, this.#environment, this.#longestRunMs);
    this.#known = { until: systemClock.now() + LONGEST_USE_MS, status };
    status.catch(() => this.forget());
    return status;
  }
}

/** Compares with the wall clock, from which the plugin took the time. */
function expired(status: Fields): boolean {
  const at = Date.parse(textField(status, 'expirationTimestamp') ?? '');
  return systemClock.date().getTime() >= at;
}

async function runPlugin(
  exec: Fields,
  cluster: Cluster,
  environment: Environment,
  longestRunMs: number,
): Promise<Fields> {
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(exec.provideClusterInfo === true && { cluster: infoOf(cluster) }) },
  };
  const env = { ...environment, ...variablesOf(exec), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const args = Array.isArray(exec.args) ? exec.args.map(String) : [];
  // SIGKILL: a plugin that hangs may ignore a milder signal.
  const limits = { timeout: longestRunMs, killSignal: 'SIGKILL' } as const;
  let hung = false;
  try {
    const running = promisify(execFile)(String(exec.command), args, { env, ...limits });
    // Its input ends, as from kubectl without a terminal: a plugin that asks for a password must not wait.
    running.child.stdin?.on('error', () => undefined).end();
    const { stdout } = await running;
    const { status } = JSON.parse(stdout) as Fields;
    if (isFields(status)) return status;
  } catch (error) {
    // Only this is kept of the error: what a plugin prints may hold a token.
    hung = (error as { killed?: unknown }).killed === true;
  }
  throw hung
    ? failed(`the exec plugin gave no credential within ${longestRunMs} ms`, 'EXEC_PLUGIN_TIMED_OUT')
    : failed('the exec plugin gave no credential', 'EXEC_PLUGIN_FAILED');
}

function failed(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

function infoOf({ server, caData, skipTLSVerify, tlsServerName, proxyUrl }: Cluster): Fields {
  return {
    server,
    'certificate-authority-data': caData,
    'insecure-skip-tls-verify': skipTLSVerify || undefined,
    'tls-server-name': tlsServerName,
    'proxy-url': proxyUrl,
  };
}

function variablesOf({ env }: Fields): Record<string, string> {
  const list = Array.isArray(env) ? env.filter(isFields) : [];
  return Object.fromEntries(list.map(({ name, value }) => [String(name), String(value)]));
}
