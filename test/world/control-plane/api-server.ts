// kube-apiserver on the loopback interface, with RBAC, an admin token, service account tokens and an audit
// log.

import { get } from 'node:https';
import { SELDOM_COLLECTED } from '../processes/go-environment.ts';
import type { Processes, StartedProcess } from '../processes/processes.ts';
import type { Credentials } from './credentials.ts';

export type ApiServerSettings = {
  readonly program: string;
  readonly etcd: string;
  readonly credentials: Credentials;
  /** Files of the audit policy and log; undefined for no log. */
  readonly audit: { readonly policy: string; readonly log: string } | undefined;
};

/** Resolves when the server is ready: it says so itself, and its first namespaces are there. */
export async function startApiServer(
  settings: ApiServerSettings,
  port: number,
  processes: Processes,
): Promise<StartedProcess> {
  const server = await processes.start({
    name: 'kube-apiserver',
    command: settings.program,
    args: [...flags(settings, port), ...auditFlags(settings.audit)],
    env: { ...process.env, ...SELDOM_COLLECTED },
  });
  await server.ready(() => isReady(settings, port));
  return server;
}

function flags({ etcd, credentials }: ApiServerSettings, port: number): string[] {
  return [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    // Else it looks for an address of the machine, and refuses to start without a network.
    '--advertise-address=127.0.0.1',
    '--endpoint-reconciler-type=none',
    `--tls-cert-file=${credentials.certificateFile}`,
    `--tls-private-key-file=${credentials.certificateKeyFile}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${credentials.serviceAccountKeyFile}`,
    `--service-account-key-file=${credentials.serviceAccountPublicKeyFile}`,
    `--token-auth-file=${credentials.tokensFile}`,
    '--authorization-mode=RBAC',
    // It would refuse every pod, because no controller creates the default service accounts here.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

function auditFlags(audit: ApiServerSettings['audit']): string[] {
  if (audit === undefined) return [];
  return [
    `--audit-policy-file=${audit.policy}`,
    `--audit-log-path=${audit.log}`,
    // Written before the answer is complete, so that a test that has the answer finds it in the log.
    '--audit-log-mode=blocking',
    // Megabytes: never rotated, as a test reads all of it.
    '--audit-log-maxsize=100000',
  ];
}

async function isReady({ credentials }: ApiServerSettings, port: number): Promise<boolean> {
  const answers = (path: string) => isOk(port, path, credentials.certificate, credentials.adminToken);
  // The namespaces are made by a controller that /readyz does not wait for.
  return (await answers('/readyz')) && (await answers('/api/v1/namespaces/default'));
}

/** Verifies the certificate: the answer must be our server's, not that of another process on the port. */
function isOk(port: number, path: string, ca: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, ca, agent: false, timeout: 5_000 };
    const request = get({ ...options, headers: { authorization: `Bearer ${token}` } }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
