// The audit log of the API server: each request with its user and whether it was allowed. Tests count writes
// by it, and compare the permissions that a role grants with those that are used.

import { readFile } from 'node:fs/promises';

/** The fields of audit.k8s.io/v1 Event that tests read. */
export type AuditEvent = {
  /** A watch has two events, at its start and at its end. */
  readonly stage: 'ResponseStarted' | 'ResponseComplete' | 'Panic';
  readonly level: 'Metadata' | 'Request';
  /**
   * Kubernetes' word: get, list, watch, create, update, patch, delete, deletecollection; HTTP's, in lower
   * case, off the API.
   */
  readonly verb: string;
  readonly requestURI: string;
  /** Such as `system:serviceaccount:<namespace>:<name>`. */
  readonly user: { readonly username: string; readonly groups?: readonly string[] };
  readonly userAgent?: string;
  /**
   * The requested object; missing off the API, as for /version. A list or a watch of all namespaces has no
   * namespace.
   */
  readonly objectRef?: {
    readonly apiGroup?: string;
    readonly apiVersion?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code: number; readonly reason?: string };
  /** What was sent: only at level Request. */
  readonly requestObject?: unknown;
  /** RFC 3339 with microseconds. */
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
  /**
   * `authorization.k8s.io/decision` is allow or forbid; `…/reason` names the binding and the role that
   * allowed it.
   */
  readonly annotations?: Readonly<Record<string, string>>;
};

/**
 * What the server writes down: each request once it is answered, and a watch also when it starts.
 * Without the server's own work and the health checks, which would be nine lines in ten.
 * Bodies only of what an operator writes, so that a failing test can say which write was one too many; never
 * of a Secret or a token.
 */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    { level: 'None', users: ['system:apiserver', 'system:kube-apiserver'] },
    { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*'] },
    {
      level: 'Request',
      verbs: ['create', 'update', 'patch'],
      resources: [
        { group: 'edgetranscode.live' },
        { group: 'events.k8s.io' },
        { group: 'coordination.k8s.io', resources: ['leases'] },
      ],
    },
    { level: 'Metadata' },
  ],
} as const;

/** All events of the log so far. A line that is still being written is left out. */
export async function readAuditLog(file: string): Promise<AuditEvent[]> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  lines.pop();
  return lines.map((line) => JSON.parse(line) as AuditEvent);
}
