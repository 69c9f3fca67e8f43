/**
 * Credentials of an exec plugin, by the protocol `client.authentication.k8s.io` as kubectl speaks it. The
 * library's own does not tell the plugin of the cluster, and keeps a credential without an expiry for ever.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import type { Cluster, User } from '@kubernetes/client-node';
import { type Clock, systemClock } from '../../base/clock.ts';
import { type Fields, isFields, textField } from './kubeconfig-files.ts';

/** Name of the auth-provider under which a user has its plugin. */
export const EXEC_PLUGIN = 'exec-plugin';

/** Longest run of a plugin. 20 s, the deadline of a call of the API server. */
const LONGEST_RUN_MS = 20_000;

/** Most characters that a plugin may print. A credential takes some KiB. */
const LONGEST_OUTPUT = 1_024 * 1_024;

/** Longest use of one credential. 5 min: a plugin may give one without an expiry, and it may be revoked. */
const LONGEST_USE_MS = 5 * 60_000;

/** Errors by which no process can be started at present, whatever the command is. */
const LACKS = ['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM'];

interface Known {
  readonly until: number;
  readonly status: Promise<Fields>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a plugin may learn of the cluster. */
export interface ClusterInfo {
  readonly cluster: Cluster;
  /** The cluster's extension for exec plugins, of any shape. */
  readonly config?: unknown;
}

export class ExecCredential {
  readonly #environment: Environment;
  readonly #clock: Clock;
  #known: Known | undefined;

  /** @param environment variables for the plugin, which adds its own */
  constructor(environment: Environment, clock: Clock = systemClock) {
    this.#environment = environment;
    this.#clock = clock;
  }

  isAuthProvider({ authProvider }: User): boolean {
    return authProvider?.name === EXEC_PLUGIN;
  }

  async applyAuthentication({ authProvider }: User, options: RequestOptions): Promise<void> {
    const { plugin, about } = authProvider.config;
    const status = await this.#status(plugin, about);
    const token = textField(status, 'token');
    const cert = textField(status, 'clientCertificateData');
    const key = textField(status, 'clientKeyData');
    if (token) options.headers = { ...options.headers, Authorization: `Bearer ${token}` };
    if (cert) options.cert = cert;
    if (key) options.key = key;
  }

  /** Identity of the credential that a call gets now. Undefined: the next call runs the plugin. */
  get current(): object | undefined {
    return this.#known;
  }

  /**
   * Runs the plugin again for the next call: the API server has refused a credential.
   *
   * @param refused `current` when the call got the credential. A refusal that comes late keeps a newer one
   */
  forget(refused: object | undefined): void {
    if (refused === this.#known) this.#known = undefined;
  }

  async #status(exec: Fields, cluster: ClusterInfo): Promise<Fields> {
    const known = this.#known;
    if (!known || this.#clock.now() >= known.until) return this.#run(exec, cluster);
    const status = await known.status;
    if (!this.#hasExpired(status)) return status;
    // Of the calls that find it expired at the same time, the first runs the plugin for all.
    return this.#known && this.#known !== known ? this.#known.status : this.#run(exec, cluster);
  }

  #run(exec: Fields, cluster: ClusterInfo): Promise<Fields> {
    const status = runPlugin(exec, cluster, this.#environment, this.#clock);
    const known = { until: this.#clock.now() + LONGEST_USE_MS, status };
    this.#known = known;
    status.catch(() => this.forget(known));
    return status;
  }

  /** Compares with the wall clock, from which the plugin took the time. */
  #hasExpired(status: Fields): boolean {
    const at = Date.parse(textField(status, 'expirationTimestamp') ?? '');
    return this.#clock.date().getTime() >= at;
  }
}

async function runPlugin(
  exec: Fields,
  cluster: ClusterInfo,
  environment: Environment,
  clock: Clock,
): Promise<Fields> {
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(exec.provideClusterInfo === true && { cluster: infoOf(cluster) }) },
  };
  const env = { ...environment, ...variablesOf(exec), KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const args = Array.isArray(exec.args) ? exec.args.map(String) : [];
  const status = statusIn(await outputOf(String(exec.command), args, env, clock));
  if (status) return status;
  throw failure('EXEC_PLUGIN_FAILED');
}

/** Runs a command to its end and returns what it printed. @throws a failure of one of the codes of plugins */
async function outputOf(
  command: string,
  args: readonly string[],
  env: Environment,
  clock: Clock,
): Promise<string> {
  // A process group of its own, so that its end includes what it has started. No input, as from kubectl
  // without a terminal: a plugin that asks for a password must not wait. Its errors may hold a token.
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const endBy = (code: string) => {
    killGroup(child.pid);
    // What left the group may continue to print.
    child.stdout?.destroy();
    reject(failure(code));
  };
  const deadline = clock.after(LONGEST_RUN_MS, () => endBy('EXEC_PLUGIN_TIMED_OUT'));
  let output = '';
  // There is no output where no file descriptor was left for it; an error says so.
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.length > LONGEST_OUTPUT) endBy('EXEC_PLUGIN_FAILED');
  });
  child.once('error', ({ code = '' }: NodeJS.ErrnoException) =>
    reject(failure(LACKS.includes(code) ? code : 'EXEC_PLUGIN_NOT_FOUND')),
  );
  child.once('close', (exitCode) =>
    exitCode === 0 ? resolve(output) : reject(failure('EXEC_PLUGIN_FAILED')),
  );
  return promise.finally(() => deadline.cancel());
}

function killGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** Nothing of the output is repeated: it may hold a token. */
function failure(code: string): Error {
  return Object.assign(new Error('the exec plugin gave no credential'), { code });
}

function statusIn(output: string): Fields | undefined {
  try {
    const { status } = JSON.parse(output) as Fields;
    return isFields(status) ? status : undefined;
  } catch {
    return undefined;
  }
}

function infoOf({ cluster, config }: ClusterInfo): Fields {
  const { server, caData, caFile, skipTLSVerify, tlsServerName, proxyUrl } = cluster;
  return {
    server,
    'certificate-authority-data': caData ?? (caFile && readFileSync(caFile).toString('base64')),
    'insecure-skip-tls-verify': skipTLSVerify || undefined,
    'tls-server-name': tlsServerName,
    'proxy-url': proxyUrl,
    config,
  };
}

function variablesOf({ env }: Fields): Record<string, string> {
  const list = Array.isArray(env) ? env.filter(isFields) : [];
  return Object.fromEntries(list.map(({ name, value }) => [String(name), String(value)]));
}
