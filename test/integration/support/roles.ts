/**
 * The rights that the shipped manifests give the operator, one by one, and how to take one away and give it
 * back.
 */
import { readFile } from 'node:fs/promises';
import type { V1ClusterRole, V1PolicyRule, V1Role, V1Secret } from '@kubernetes/client-node';
import { parseAllDocuments } from 'yaml';
import { type Manifest, manifestsIn, theOnly } from '../../guards/deploy/manifests.ts';
import { OPERATOR, OPERATOR_USER } from './installed.ts';
import { shipped } from './shipped.ts';
import type { World } from './world.ts';

/** Where a test puts the sample with credentials of its own, and the Secret's name there. */
export const SAMPLE = { namespace: 'media', secret: 'media-account' } as const;

const SAMPLE_FILE = shipped('deploy/samples/own-credentials.yaml');
/** Usually a few milliseconds: the server follows its own roles. */
const IN_FORCE_WITHIN_MS = 10_000;

type ShippedRole = (V1ClusterRole | V1Role) & Manifest;

/**
 * The ClusterRole and the Role that are installed, and the Role of the sample, as `verb
 * group/resource[/subresource]`.
 */
export async function grantedPermissions(): Promise<string[]> {
  return [clusterRole(), leaseRole(), await sampleRole()].flatMap(({ rules = [] }) =>
    rules.flatMap(permissionsOf),
  );
}

/** Applies the sample as a namespace's owner would, with the key of the simulated cloud in it. */
export async function applySample(world: World): Promise<void> {
  const { namespace } = SAMPLE;
  await world.kubectl('create', 'namespace', namespace);
  const documents = (await sample()).map((each) => ({ ...each, metadata: { ...each.metadata, namespace } }));
  const secret = theOnly<V1Secret & Manifest>(documents, 'Secret');
  const others = documents.filter((each) => each !== (secret as Manifest));
  await world.apply({ ...secret, stringData: world.cloud.accessKey }, ...others);
}

/** Resolves when the operator's service account cannot do it any more. */
export async function withdraw(world: World, permission: string): Promise<void> {
  await apply(world, (rule) => ({
    ...rule,
    verbs: rule.verbs.filter((verb) => !permissionsOf({ ...rule, verbs: [verb] }).includes(permission)),
  }));
  await untilRight(world, permission, 'no');
}

/** Gives all of them back. */
export async function restore(world: World, permission: string): Promise<void> {
  await apply(world, (rule) => rule);
  await untilRight(world, permission, 'yes');
}

async function apply(world: World, change: (rule: V1PolicyRule) => V1PolicyRule): Promise<void> {
  const changed = (role: ShippedRole) => ({
    ...role,
    rules: role.rules?.map(change).filter(({ verbs }) => verbs.length > 0),
  });
  const inNamespace = await sampleRole();
  inNamespace.metadata.namespace = SAMPLE.namespace;
  await world.apply(changed(clusterRole()), changed(leaseRole()), changed(inNamespace));
}

async function untilRight(world: World, permission: string, wanted: 'yes' | 'no'): Promise<void> {
  const deadline = performance.now() + IN_FORCE_WITHIN_MS;
  while ((await rightNow(world, permission)) !== wanted)
    if (performance.now() > deadline) throw new Error(`the right to ${permission} did not become ${wanted}`);
}

async function rightNow(world: World, permission: string): Promise<string> {
  const [verb = '', path = ''] = permission.split(' ');
  const [group, resource, subresource = ''] = path.split('/');
  const { namespace, name } = placeOf(verb, resource);
  const action = [verb, `${resource}${group ? `.${group}` : ''}${name}`, `--subresource=${subresource}`];
  const caller = [`--as=${OPERATOR_USER}`, `--namespace=${namespace}`];
  const { stdout } = await world.controlPlane.kubectl('auth', 'can-i', ...action, ...caller);
  return stdout.trim();
}

/** Where a right is looked for: some are of one object only. */
function placeOf(verb: string, resource: string | undefined): { namespace: string; name: string } {
  const { namespace, secret } = SAMPLE;
  if (resource === 'secrets') return { namespace, name: `/${secret}` };
  if (resource !== 'leases') return { namespace, name: '' };
  return { namespace: OPERATOR.namespace, name: verb === 'create' ? '' : `/${OPERATOR.name}` };
}

function permissionsOf({ apiGroups = [], resources = [], verbs }: V1PolicyRule): string[] {
  const things = apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}`));
  return verbs.flatMap((verb) => things.map((thing) => `${verb} ${thing}`));
}

function clusterRole(): ShippedRole {
  return theOnly(manifestsIn('deploy'), 'ClusterRole', OPERATOR.name);
}

function leaseRole(): ShippedRole {
  return theOnly(manifestsIn('deploy'), 'Role', `${OPERATOR.name}-lease`);
}

async function sampleRole(): Promise<V1Role & Manifest> {
  return theOnly(await sample(), 'Role');
}

async function sample(): Promise<Manifest[]> {
  return parseAllDocuments(await readFile(SAMPLE_FILE, 'utf8')).map((document) => document.toJS());
}
