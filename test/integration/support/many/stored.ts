/**
 * Objects that go into etcd past the API server, by the thousand: to create them took longer than the tests
 * that use them. Nothing validates them. As with any object, defaults are added when it is read.
 */
import { randomUUID } from 'node:crypto';
import { GROUP, PLURAL, VERSION } from '../../../../src/api/edge-transcode-job.ts';
import type { World } from '../world.ts';
import { inParallel } from './in-parallel.ts';

interface Manifest {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: object;
}

/** Stores EdgeTranscodeJobs with about what the API server would add to them. */
export async function storeObjects(world: World, manifests: Iterable<object>): Promise<void> {
  // Resolves when a new CRD has its storage: until then the API server answers 429, to the operator as well.
  await world.kubectl('get', PLURAL);
  const creationTimestamp = `${new Date().toISOString().slice(0, 19)}Z`;
  await inParallel(manifests as Iterable<Manifest>, async ({ metadata, spec, ...rest }) => {
    const made = { uid: randomUUID(), generation: 1, creationTimestamp };
    const managedFields = [managedBy(spec, creationTimestamp)];
    const object = { ...rest, metadata: { ...metadata, ...made, managedFields }, spec };
    await world.controlPlane.storeInEtcd(`${GROUP}/${PLURAL}/${metadata.namespace}/${metadata.name}`, object);
  });
}

/** The entry that a client gets which creates the object, for its spec alone. */
function managedBy(spec: object, time: string): object {
  const given = Object.entries(spec).filter(([, value]) => value !== undefined);
  const fields = Object.fromEntries(given.map(([field]) => [`f:${field}`, {}]));
  return {
    manager: 'kubectl-create',
    operation: 'Update',
    apiVersion: `${GROUP}/${VERSION}`,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': { '.': {}, ...fields } },
  };
}
