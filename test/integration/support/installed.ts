/**
 * The operator as it is installed, under its shipped service account and roles, and what it asked of the API
 * server.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import type { ControlPlane } from '../../world/control-plane/control-plane.ts';
import type { TcpProxy } from '../../world/tcp-proxy.ts';
import { shipped, succeeding } from './shipped.ts';

export const OPERATOR = { namespace: 'edge-transcode-system', name: 'edge-transcode-job-operator' } as const;
export const OPERATOR_USER = `system:serviceaccount:${OPERATOR.namespace}:${OPERATOR.name}`;

/** Applies deploy/install.yaml, and gives the path of a kubeconfig of the operator's service account. */
export async function install(api: ControlPlane): Promise<string> {
  await succeeding(api, ['apply', '-f', shipped('deploy/install.yaml')]);
  return api.kubeconfigForServiceAccount(OPERATOR.namespace, OPERATOR.name);
}

/**
 * Installs without any ClusterRole, by the commands of docs/operations.md. The namespaces must exist.
 */
export async function installNamespaced(api: ControlPlane, namespaces: readonly string[]): Promise<string> {
  await succeeding(api, ['apply', '-f', shipped('deploy/namespaced/install.yaml')]);
  for (const namespace of namespaces)
    await succeeding(api, [
      'apply',
      `--namespace=${namespace}`,
      '-f',
      shipped('deploy/namespaced/watched-namespace.yaml'),
    ]);
  return api.kubeconfigForServiceAccount(OPERATOR.namespace, OPERATOR.name);
}

/** Writes the same kubeconfig with the proxy in place of the server, and returns its path. */
export async function through(proxy: Pick<TcpProxy, 'port'>, kubeconfig: string): Promise<string> {
  const config = parse(await readFile(kubeconfig, 'utf8'));
  config.clusters[0].cluster.server = `https://127.0.0.1:${proxy.port}`;
  const path = `${kubeconfig}-through-${proxy.port}`;
  await writeFile(path, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
  return path;
}

/** The requests of one user from here on, as the API server wrote them down. */
export class Requests {
  readonly #api: ControlPlane;
  readonly #user: string;
  #from = 0;

  constructor(api: ControlPlane, user: string = OPERATOR_USER) {
    this.#api = api;
    this.#user = user;
  }

  /** Forgets what was asked so far. */
  async restart(): Promise<void> {
    this.#from = (await this.#api.auditEvents()).length;
  }

  /** Each once, the oldest first: a watch when it began, everything else when it was answered. */
  async all(): Promise<AuditEvent[]> {
    const events = (await this.#api.auditEvents()).slice(this.#from);
    return events.filter((event) => event.user.username === this.#user && !isEndOfWatch(event));
  }

  /** Those that `permissionOf` calls so, such as `patch edgetranscode.live/edgetranscodejobs/status`. */
  async of(permission: string): Promise<AuditEvent[]> {
    return (await this.all()).filter((event) => permissionOf(event) === permission);
  }
}

function isEndOfWatch({ verb, stage, responseStatus }: AuditEvent): boolean {
  return verb === 'watch' && stage === 'ResponseComplete' && responseStatus?.code === 200;
}

/** What a rule must grant for this request: `verb group/resource[/subresource]`; the core group is empty. */
export function permissionOf({ verb, requestURI, objectRef }: AuditEvent): string {
  if (!objectRef) return `${verb} ${requestURI}`;
  const { apiGroup = '', resource, subresource } = objectRef;
  return `${verb} ${apiGroup}/${resource}${subresource ? `/${subresource}` : ''}`;
}

export const PATCH_STATUS = 'patch edgetranscode.live/edgetranscodejobs/status';
export const GET_JOB = 'get edgetranscode.live/edgetranscodejobs';
export const LIST_JOBS = 'list edgetranscode.live/edgetranscodejobs';
export const WATCH_JOBS = 'watch edgetranscode.live/edgetranscodejobs';
export const CREATE_EVENT = 'create events.k8s.io/events';
export const GET_SECRET = 'get /secrets';
export const CREATE_LEASE = 'create coordination.k8s.io/leases';
export const GET_LEASE = 'get coordination.k8s.io/leases';
export const WATCH_LEASE = 'watch coordination.k8s.io/leases';
export const UPDATE_LEASE = 'update coordination.k8s.io/leases';
