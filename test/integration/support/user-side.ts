/**
 * What a user does with kubectl, and what the API server wrote down of what the operator did.
 */
import type { EdgeTranscodeJobSpec } from '../../../src/api/edge-transcode-job.ts';
import { REQUESTED_AT_ANNOTATION } from '../../../src/api/edge-transcode-job.ts';
import type { AuditEvent } from '../../world/control-plane/audit.ts';
import type { Operator } from '../../world/operator.ts';
import type { CloudKey } from './cloud-side.ts';
import { OPERATOR, PATCH_STATUS, permissionOf } from './installed.ts';
import type { World } from './world.ts';

/** null takes a field away. */
export type SpecPatch = {
  readonly [Field in keyof EdgeTranscodeJobSpec]?: EdgeTranscodeJobSpec[Field] | null;
};

export async function changeSpec(world: World, name: string, spec: SpecPatch): Promise<void> {
  const patch = JSON.stringify({ spec });
  await world.kubectl('patch', 'edgetranscodejob', name, '--type=merge', `--patch=${patch}`);
}

/** Requests an observation now. */
export async function requestRefresh(
  world: World,
  name: string,
  token: string,
  namespace = 'default',
): Promise<void> {
  const annotation = `${REQUESTED_AT_ANNOTATION}=${token}`;
  await world.kubectl('annotate', `-n=${namespace}`, '--overwrite', 'edgetranscodejob', name, annotation);
}

export async function remove(world: World, name: string): Promise<void> {
  await world.kubectl('delete', 'edgetranscodejob', name);
}

/** A Secret as credentialsRef names it. */
export function secret(name: string, data: Readonly<Record<string, string>>, namespace = 'default'): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: data };
}

/** What a Secret holds of a key. */
export function secretData({ accessKeyID, accessKeySecret }: CloudKey): Record<string, string> {
  return { accessKeyID, accessKeySecret };
}

/** A Role that names Secrets of the namespace default, bound to the operator's service account. */
export function readableSecrets(name: string, secrets: readonly string[]): object[] {
  const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames: secrets, verbs: ['get'] }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name };
  const metadata = { name, namespace: 'default' };
  return [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata, rules },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef,
      subjects: [{ kind: 'ServiceAccount', ...OPERATOR }],
    },
  ];
}

/** The reasons of the events about an object, the oldest first. */
export async function eventReasons(world: World, name: string): Promise<(string | undefined)[]> {
  return (await world.events(name)).map(({ reason }) => reason);
}

/**
 * When the operator last saw the job of an object, in seconds since the epoch: known before anything is
 * written.
 */
export function observedAt(operator: Operator, name: string): Promise<number> {
  const series = `edgetranscode_job_last_observation_timestamp_seconds{namespace="default",name="${name}"}`;
  return operator.metric(series);
}

/** Resolves once there is an event of this reason: events are written after the status. */
export async function eventOf(world: World, name: string, reason: string): Promise<void> {
  const look = async () => ((await eventReasons(world, name)).includes(reason) ? true : undefined);
  await world.eventually(`an event ${reason} of ${name}`, look);
}

/** The status writes of an object that were asked of the API server, refused ones among them. */
export async function statusWrites({ controlPlane }: World, name: string): Promise<AuditEvent[]> {
  const events = await controlPlane.auditEvents();
  return events.filter((event) => event.objectRef?.name === name && permissionOf(event) === PATCH_STATUS);
}
