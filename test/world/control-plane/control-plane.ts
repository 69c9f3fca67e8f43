// A real Kubernetes control plane on the loopback interface: etcd, kube-apiserver and kubectl, in a directory
// and on ports of its own, gone when it is stopped or when our process ends.
//
// There is no controller manager and no scheduler: deleting a namespace does not empty it, nothing collects
// garbage, aggregated ClusterRoles stay as they are written, no service account is made for a namespace.

import { cp, mkdir, mkdtemp, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { onFreePort } from '../processes/ports.ts';
import { Processes, type StartedProcess } from '../processes/processes.ts';
import { type ApiServerSettings, startApiServer } from './api-server.ts';
import { AUDIT_POLICY, type AuditEvent, readAuditLog } from './audit.ts';
import { type ControlPlaneBinaries, controlPlaneBinaries, toStandardError } from './binaries/binaries.ts';
import { makeCredentials, writeKubeconfig } from './credentials.ts';
import { askEtcd, base64, below, etcdFolder, putAll, startEtcd } from './etcd.ts';
import { firstKeys } from './first-keys.ts';
import { type KubectlResult, runKubectl } from './kubectl.ts';

export type ControlPlaneOptions = {
  /**
   * Where data, keys and logs go, and stay; made if missing. Default: a temporary directory, removed at the
   * end.
   */
  readonly directory?: string;
  /** Whether requests are written down for `auditEvents`. Default: true. */
  readonly auditLog?: boolean;
  /** Receives the progress of a long start. Default: standard error. */
  readonly report?: (line: string) => void;
  /** Default: free ports of 127.0.0.1. Asked again when one turns out to be taken. */
  readonly pickPort?: () => Promise<number>;
};

/** A user of the API server, by token. */
export type KubeconfigUser = { readonly name: string; readonly token: string; readonly namespace?: string };

/**
 * Resolves when the API server is ready: in about 4 s, or minutes if its programs must be built first.
 * Rejects with MissingToolError where they must be and there is no Go.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { report = toStandardError } = options;
  const binaries = await controlPlaneBinaries({ report });
  const directory = await prepareDirectory(options.directory);
  const processes = new Processes(join(directory, 'logs'));
  if (options.directory === undefined) processes.removeAtEnd(directory);
  try {
    const etcd = await startEtcd(binaries.etcd, directory, processes, options.pickPort);
    await putAll(etcd.url, await firstKeys(binaries, report));
    const settings: ApiServerSettings = {
      program: binaries.kubeApiserver,
      etcd: etcd.url,
      credentials: await makeCredentials(join(directory, 'keys')),
      audit: options.auditLog === false ? undefined : await prepareAudit(directory),
    };
    const [port, apiServer] = await onFreePort(
      async (candidate) => [candidate, await startApiServer(settings, candidate, processes)] as const,
      options.pickPort,
    );
    const access = await writeAccess(settings, directory, port);
    const parts = { directory, settings, processes, port, access, binaries };
    return new ControlPlane(parts, apiServer, etcd.process);
  } catch (error) {
    await processes.stop(0);
    throw error;
  }
}

type Access = {
  readonly server: string;
  readonly authority: string;
  readonly kubeconfig: string;
};

type Parts = {
  readonly directory: string;
  readonly settings: ApiServerSettings;
  readonly processes: Processes;
  readonly port: number;
  readonly access: Access;
  readonly binaries: ControlPlaneBinaries;
};

/** A running control plane. `startControlPlane` makes it. */
export class ControlPlane implements AsyncDisposable {
  /** Such as `https://127.0.0.1:23456`. */
  readonly server: string;
  readonly port: number;
  /** Absolute. With `logs/etcd.log` and `logs/kube-apiserver.log`, which continue through restarts. */
  readonly directory: string;
  /** Path of the admin's kubeconfig. */
  readonly kubeconfig: string;
  /** Path of the certificate (PEM) by which clients verify the server. */
  readonly caFile: string;
  /** Path of the kubectl that fits the API server. */
  readonly kubectlProgram: string;
  readonly #parts: Parts;
  #apiServer: StartedProcess;
  #etcd: StartedProcess;

  constructor(parts: Parts, apiServer: StartedProcess, etcd: StartedProcess) {
    this.server = parts.access.server;
    this.port = parts.port;
    this.directory = parts.directory;
    this.kubeconfig = parts.access.kubeconfig;
    this.caFile = parts.settings.credentials.certificateFile;
    this.kubectlProgram = parts.binaries.kubectl;
    this.#parts = parts;
    this.#apiServer = apiServer;
    this.#etcd = etcd;
  }

  /** Runs kubectl as admin. A failure of kubectl is in the result. */
  kubectl(...args: string[]): Promise<KubectlResult> {
    return this.kubectlWith({}, ...args);
  }

  /** Runs kubectl with text as its standard input (for `-f -`), or as another user (a kubeconfig's path). */
  kubectlWith(
    { stdin = '', kubeconfig = this.kubeconfig }: { readonly stdin?: string; readonly kubeconfig?: string },
    ...args: string[]
  ): Promise<KubectlResult> {
    const cache = join(this.directory, 'kubectl-cache');
    return runKubectl({ program: this.kubectlProgram, kubeconfig, cache, stdin }, args);
  }

  /** Writes a kubeconfig for a user and returns its path. Two users must differ in name or namespace. */
  kubeconfigFor(user: KubeconfigUser): Promise<string> {
    const name = ['kubeconfig', user.namespace, user.name].filter((part) => part !== undefined).join('-');
    const file = join(this.directory, name.replaceAll(/[^\w.-]/g, '_'));
    return writeKubeconfig(file, this.#parts.access, user);
  }

  /**
   * Writes a kubeconfig with a fresh token of an existing service account, good for an hour, and returns its
   * path.
   */
  async kubeconfigForServiceAccount(namespace: string, name: string): Promise<string> {
    const token = await this.kubectl('create', 'token', name, `--namespace=${namespace}`);
    if (token.code !== 0)
      throw new Error(`no token for service account ${namespace}/${name}: ${token.stderr}`);
    return this.kubeconfigFor({ name, namespace, token: token.stdout.trim() });
  }

  /** All that was asked so far, oldest first. A request is in it once its answer has arrived. */
  async auditEvents(): Promise<AuditEvent[]> {
    const { audit } = this.#parts.settings;
    if (audit === undefined) throw new Error('this control plane was started without an audit log');
    return readAuditLog(audit.log);
  }

  /** The length of the audit log, which takes no time to ask, unlike its events. */
  async auditBytes(): Promise<number> {
    const { audit } = this.#parts.settings;
    return audit === undefined ? 0 : (await stat(audit.log)).size;
  }

  /**
   * Ends the API server; etcd and its data stay. At SIGTERM it waits a minute for its watches to end,
   * so it is killed after 5 s.
   */
  async stopApiServer(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    // One signal only: a second one has it drop everything at once.
    if (signal === 'SIGTERM') await this.#apiServer.stop();
    else this.#apiServer.kill(signal);
    await this.#apiServer.exited;
  }

  /**
   * Starts it again on the same port, with the same data, certificate and tokens; resolves when it is ready.
   */
  async startApiServer(): Promise<void> {
    if (this.#apiServer.exit === undefined) throw new Error('the API server is running');
    this.#apiServer = await startApiServer(this.#parts.settings, this.port, this.#parts.processes);
  }

  /** Copies the present data of etcd for `restoreEtcd`. The API server and etcd are away meanwhile. */
  async backUpEtcd(): Promise<void> {
    await this.#withEtcdStopped((data, backup) => replaceFolder(backup, data));
  }

  /**
   * Puts the data of `backUpEtcd` back: versions go back, and what was written since is gone. The API server
   * and etcd are away meanwhile, and return on the same ports.
   */
  async restoreEtcd(): Promise<void> {
    await this.#withEtcdStopped((data, backup) => replaceFolder(data, backup));
  }

  async #withEtcdStopped(change: (data: string, backup: string) => Promise<void>): Promise<void> {
    const { settings, processes, binaries } = this.#parts;
    await this.stopApiServer();
    await this.#etcd.stop();
    await change(etcdFolder(this.directory), join(this.directory, 'etcd-backup'));
    const port = Number(new URL(settings.etcd).port);
    this.#etcd = (await startEtcd(binaries.etcd, this.directory, processes, async () => port)).process;
    await this.startApiServer();
  }

  /**
   * Has etcd forget all versions before its present one, as the API server does every 5 minutes. What the API
   * server keeps in memory stays: it forgets when it is restarted.
   */
  async compactEtcd(): Promise<void> {
    const { etcd } = this.#parts.settings;
    const { header } = await askEtcd(etcd, 'range', { key: base64('/') });
    await askEtcd(etcd, 'compaction', { revision: header.revision });
  }

  /**
   * Stores an object of a custom resource in etcd, past the API server, which would take a second for a large
   * one, and longer than a test for thousands. Nothing validates it.
   *
   * @param path `group/plural/namespace/name`
   */
  async storeInEtcd(path: string, object: object): Promise<void> {
    const pair = { key: base64(`/registry/${path}`), value: base64(JSON.stringify(object)) };
    await askEtcd(this.#parts.settings.etcd, 'put', pair);
  }

  /**
   * Removes all objects of a custom resource in a namespace, with finalizers or without. For thousands the
   * API server would take seconds.
   *
   * @param path `group/plural/namespace`
   */
  async removeFromEtcd(path: string): Promise<void> {
    await askEtcd(this.#parts.settings.etcd, 'deleterange', below(`/registry/${path}`));
  }

  /** The API server keeps its connections and answers nothing, until `resumeApiServer`. */
  pauseApiServer(): void {
    this.#apiServer.kill('SIGSTOP');
  }

  resumeApiServer(): void {
    this.#apiServer.kill('SIGCONT');
  }

  /** Where the API server's log is, and its last lines. */
  tail(): string {
    return this.#apiServer.tail();
  }

  /** Ends everything, at once and for good. */
  async stop(): Promise<void> {
    await this.#parts.processes.stop(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

async function replaceFolder(folder: string, by: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await cp(by, folder, { recursive: true });
}

async function prepareDirectory(wanted: string | undefined): Promise<string> {
  if (wanted === undefined) return realpath(await mkdtemp(join(tmpdir(), 'control-plane-')));
  await mkdir(wanted, { recursive: true });
  return realpath(wanted);
}

async function prepareAudit(directory: string): Promise<{ policy: string; log: string }> {
  const policy = join(directory, 'audit-policy.yaml');
  await writeFile(policy, stringify(AUDIT_POLICY));
  return { policy, log: join(directory, 'logs', 'audit.log') };
}

async function writeAccess(settings: ApiServerSettings, directory: string, port: number): Promise<Access> {
  const { certificate, adminToken } = settings.credentials;
  const cluster = { server: `https://127.0.0.1:${port}`, authority: certificate };
  const admin = { name: 'admin', token: adminToken };
  return { ...cluster, kubeconfig: await writeKubeconfig(join(directory, 'kubeconfig'), cluster, admin) };
}
