/**
 * Objects that each bring one alert about: what is there before the operator starts, and what a person does
 * to end the alert.
 */
import { SHARD_LABEL } from '../../../src/api/edge-transcode-job.ts';
import { referenceHash } from '../../../src/job/model/reference.ts';
import { breakCalls, createAccount, createJob, noJob } from '../support/cloud-side.ts';
import { newAccount, using } from '../support/credentialed.ts';
import { writeStatus } from '../support/shipped.ts';
import { remove, requestRefresh, secret, secretData } from '../support/user-side.ts';
import { job, type World } from '../support/world.ts';

/** What a person does so that the alert ends. */
export type Repair = () => Promise<void>;

/** Objects that need 81% of the budget of `CALLS_PER_MINUTE`, at 0.2 calls a second each. */
const BUSY_OBJECTS = 8;
/** The call rate of so small a budget is two calls a minute less. */
export const CALLS_PER_MINUTE = 120;

/** Its operator observes a cluster by its list. */
export const SHARD = 'sports';

/** Names that objects of both namespaces have: a rule that takes two of one name for one object fails. */
const NAMESAKES = ['stale', 'stopped', 'missing'];

/** An object whose last observation was long ago, and whose calls fail. */
export async function stale(world: World): Promise<Repair> {
  const ids = await createJob(world);
  const heal = await breakCalls(world, ids, { kind: 'error', status: 503, code: 'ServiceUnavailable' });
  await world.apply(job('stale', ids));
  const anHourAgo = new Date(Date.now() - 3_600_000).toISOString();
  const since = { lastTransitionTime: anHourAgo, observedGeneration: 1 };
  const reference = referenceHash({ credential: { namespace: 'default' }, ...ids });
  await writeStatus(world.controlPlane, 'default', 'stale', {
    observedGeneration: 1,
    state: 'Running',
    lastObservedTime: anHourAgo,
    observedTarget: reference,
    conditions: (['Ready', 'Fresh'] as const).map((type) => ({
      ...{ type, status: 'True', reason: 'ObservationSucceeded', message: 'The job is known.' },
      ...since,
    })),
  });
  return async () => {
    await heal();
    await requestRefresh(world, 'stale', 'healed');
  };
}

/** An object whose job does not run and should. */
export async function stopped(world: World): Promise<Repair> {
  const ids = await createJob(world, { status: '0' });
  await world.apply(job('stopped', { ...ids, expectedState: 'Running' }));
  return async () => {
    await world.cloud.admin.startJob(ids);
  };
}

/** An object about a job that does not exist. */
export async function missing(world: World): Promise<Repair> {
  const ids = noJob();
  await world.apply(job('missing', ids));
  return async () => {
    await world.cloud.admin.createJob({ ...ids, status: '1' });
    await requestRefresh(world, 'missing', 'created');
  };
}

/** An object whose key is inactive. */
export async function refused(world: World): Promise<Repair> {
  const { key, ids } = await newAccount(world);
  const { accessKeyID } = key;
  await world.cloud.admin.modifyKey({ accessKeyID, active: false });
  await world.apply(secret('refused', secretData(key)), using('refused', ids));
  return () => world.cloud.admin.modifyKey({ accessKeyID, active: true });
}

/** An object whose account is throttled. */
export async function throttled(world: World): Promise<Repair> {
  const { key, ids } = await newAccount(world);
  const { accountID } = key;
  const { faultID } = await world.cloud.admin.addFault({ kind: 'throttle', retryAfter: 1, accountID });
  await world.apply(secret('throttled', secretData(key)), using('throttled', ids));
  return () => world.cloud.admin.removeFault({ faultID });
}

/** Objects that need most of the budget of their account. */
export async function busy(world: World): Promise<Repair> {
  const key = await createAccount(world);
  const names = Array.from({ length: BUSY_OBJECTS }, (_, index) => `busy-${index}`);
  const objects: object[] = [];
  for (const name of names)
    objects.push(using('busy', await createJob(world, { accountID: key.accountID }), name));
  await world.apply(secret('busy', secretData(key)), ...objects);
  return async () => {
    await Promise.all(names.slice(1).map((name) => remove(world, name)));
  };
}

/** Objects of a shard, in a namespace of its name. Nothing is wrong with them. */
export async function sharded(world: World): Promise<Repair> {
  await world.kubectl('create', 'namespace', SHARD);
  const objects: object[] = [];
  for (const name of NAMESAKES) {
    const { metadata, ...rest } = job(name, await createJob(world), SHARD) as { metadata: object };
    objects.push({ ...rest, metadata: { ...metadata, labels: { [SHARD_LABEL]: SHARD } } });
  }
  await world.apply(...objects);
  return async () => undefined;
}

/** Refuses the statuses of an object by an admission policy, which the API server enforces a moment later. */
export async function refuseStatus(world: World, object: string): Promise<Repair> {
  const apiVersion = 'admissionregistration.k8s.io/v1';
  const metadata = { name: 'refuse-status' };
  const rule = {
    apiGroups: ['edgetranscode.live'],
    apiVersions: ['*'],
    operations: ['UPDATE'],
    resources: ['edgetranscodejobs/status'],
  };
  const spec = {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: `object.metadata.name != '${object}'` }],
  };
  const binding = { policyName: metadata.name, validationActions: ['Deny'] };
  await world.apply(
    { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata, spec },
    { apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata, spec: binding },
  );
  return async () => {
    await world.kubectl('delete', 'validatingadmissionpolicybinding', metadata.name);
  };
}
