/**
 * The job that an object means, and the target of an observation as two short hashes:
 * `<reference>-<endpoint>`. The first follows from the object alone; the second needs the credential, as a
 * Secret can set region and endpoint. An observation counts only for the target that was asked.
 */
import { hash } from 'node:crypto';
import type { EdgeTranscodeJob } from '../../api/edge-transcode-job.ts';
import type { ClusterReference, CredentialReference, Destination, Reference } from './cloud-port.ts';

/** The credential that an object names: a Secret of its own namespace, or the operator's own. */
export function credentialOf({ namespace, spec }: EdgeTranscodeJob): CredentialReference {
  return spec.credentialsRef ? { namespace, name: spec.credentialsRef.name } : { namespace };
}

export function referenceOf(object: EdgeTranscodeJob): Reference {
  const { clusterID, jobID, regionID } = object.spec;
  return { credential: credentialOf(object), clusterID, jobID, ...(regionID && { regionID }) };
}

/** The identity of the operator's own credentials. They belong to no namespace. */
export const OWN_IDENTITY = 'default';

/**
 * Names a credential in logs and metrics, never by the ID of its key: `default`, or the Secret's
 * `namespace/name`.
 */
export function identityOf({ namespace, name }: CredentialReference): string {
  return name === undefined ? OWN_IDENTITY : `${namespace}/${name}`;
}

/** The namespace of a Secret's identity; empty for the operator's own credentials. */
export function namespaceOfIdentity(identity: string): string {
  return identity.slice(0, Math.max(0, identity.indexOf('/')));
}

/** The vendor's IDs. Their letters mean the same in either case. */
const HEXADECIMAL = /^[\da-f-]+$/i;

/** Returns one text for all ways to write an ID. */
export function canonicalID(jobID: string): string {
  return HEXADECIMAL.test(jobID) ? jobID.toLowerCase() : jobID;
}

/**
 * The job that an object means, with its hash. Each visit computes it once and passes it on: hashing takes
 * time.
 */
export interface Target {
  readonly reference: Reference;
  readonly hash: string;
}

export function targetOf(object: EdgeTranscodeJob): Target {
  const reference = referenceOf(object);
  return { reference, hash: referenceHash(reference) };
}

export function referenceHash(reference: Reference): string {
  const { credential, clusterID, jobID, regionID } = reference;
  return shortHash([identityOf(credential), clusterID, canonicalID(jobID), regionID ?? '']);
}

/** Names a cluster in maps: equal for references to the same cluster with the same credential and region. */
export function clusterKey({ credential, clusterID, regionID = '' }: ClusterReference): string {
  return `${identityOf(credential)} ${regionID} ${clusterID}`;
}

/**
 * Decides the instants at which the jobs of a batched cluster are polled, as `referenceHash` does for one
 * job.
 */
export function clusterHash(cluster: ClusterReference): string {
  return shortHash([clusterKey(cluster)]);
}

/**
 * Whether two objects mean the same job, so that they share answers. Compares the fields: short hashes may be
 * equal by chance.
 */
export function meansSameJob(a: EdgeTranscodeJob, b: EdgeTranscodeJob): boolean {
  return (
    canonicalID(a.spec.jobID) === canonicalID(b.spec.jobID) &&
    a.spec.clusterID === b.spec.clusterID &&
    (a.spec.regionID ?? '') === (b.spec.regionID ?? '') &&
    a.spec.credentialsRef?.name === b.spec.credentialsRef?.name &&
    (a.spec.credentialsRef === undefined || a.namespace === b.namespace)
  );
}

/**
 * Hashes of endpoints, by destination and by themselves. There are few destinations and many objects, and all
 * objects hold the same string.
 */
const endpointHashes = new Map<string, string>();

/** Bounds the memory: Secrets may name any number of endpoints. */
const MOST_ENDPOINT_HASHES = 1_000;

export function endpointHash({ endpoint, regionID }: Destination): string {
  return sharedHash(`${endpoint} ${regionID}`, () => shortHash([endpoint, regionID]));
}

function sharedHash(key: string, hashOf: () => string): string {
  const known = endpointHashes.get(key);
  if (known !== undefined) return known;
  const computed = hashOf();
  const shared = endpointHashes.get(computed) ?? computed;
  if (endpointHashes.size >= MOST_ENDPOINT_HASHES) endpointHashes.clear();
  endpointHashes.set(key, shared).set(shared, shared);
  return shared;
}

/** Splits a stored `observedTarget` into its two hashes. Returns undefined when the text is not a target. */
export function parseTarget(
  text: string | undefined,
): { referenceHash: string; endpoint?: string } | undefined {
  const [, reference, endpoint] = /^([0-9a-f]{8})(?:-([0-9a-f]{8}))?$/.exec(text ?? '') ?? [];
  if (reference === undefined) return undefined;
  return {
    referenceHash: reference,
    ...(endpoint !== undefined && { endpoint: sharedHash(endpoint, () => endpoint) }),
  };
}

/**
 * Returns 32 bits as text. A hash is compared only with the previous one of the same object, or the objects
 * are compared as well.
 */
function shortHash(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 8);
}

/** The form of a region ID, such as `cn-shanghai`. The CRD checks the same. */
export const REGION_ID = /^[a-z0-9]+(-[a-z0-9]+)*$/;
/** Longest region ID, in characters. */
export const LONGEST_REGION_ID = 64;

export function isRegion(text: string): boolean {
  return REGION_ID.test(text) && text.length <= LONGEST_REGION_ID;
}
