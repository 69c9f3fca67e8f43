/**
 * What exactly was asked, as two short hashes: `<reference>-<endpoint>`. The first can be told from the object alone; the
 * second needs the credential (a Secret can set region and endpoint). An observation counts only for the target it asked.
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

/** The credential's name for logs and metrics, never a key's ID: `default`, or the Secret's `namespace/name`. */
export function identityOf({ namespace, name }: CredentialReference): string {
  return name === undefined ? 'default' : `${namespace}/${name}`;
}

/** The job that an object means, with its hash. Computed once a visit and passed on: a hash takes more time than all the rest of a plan. */
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
  return shortHash([identityOf(credential), clusterID, jobID, regionID ?? '']);
}

/** Names a cluster in maps: equal for references to the same cluster with the same credential and region. */
export function clusterKey({ credential, clusterID, regionID = '' }: ClusterReference): string {
  return `${identityOf(credential)} ${regionID} ${clusterID}`;
}

/** Decides the instants at which the targets of a batched cluster are polled together, as `referenceHash` does for one target. */
export function clusterHash(cluster: ClusterReference): string {
  return shortHash([clusterKey(cluster)]);
}

/** Whether an answer about the job of one object is an answer about the job of the other. Two short hashes may be equal by chance. */
export function meansSameJob(a: EdgeTranscodeJob, b: EdgeTranscodeJob): boolean {
  return (
    a.spec.jobID === b.spec.jobID &&
    a.spec.clusterID === b.spec.clusterID &&
    (a.spec.regionID ?? '') === (b.spec.regionID ?? '') &&
    a.spec.credentialsRef?.name === b.spec.credentialsRef?.name &&
    (a.spec.credentialsRef === undefined || a.namespace === b.namespace)
  );
}

/** There are few destinations and many answers: each hash is computed once, and all objects hold the same string. */
const endpointHashes = new Map<string, string>();

/** Bounds the memory: Secrets may name any number of endpoints. */
const MOST_ENDPOINT_HASHES = 1_000;

export function endpointHash({ endpoint, regionID }: Destination): string {
  const key = `${endpoint} ${regionID}`;
  const known = endpointHashes.get(key);
  if (known !== undefined) return known;
  if (endpointHashes.size >= MOST_ENDPOINT_HASHES) endpointHashes.clear();
  const computed = shortHash([endpoint, regionID]);
  endpointHashes.set(key, computed);
  return computed;
}

/** The two hashes of a stored `observedTarget`; undefined when it is none. */
export function parseTarget(text: string | undefined): { reference: string; endpoint?: string } | undefined {
  const [, reference, endpoint] = /^([0-9a-f]{8})(?:-([0-9a-f]{8}))?$/.exec(text ?? '') ?? [];
  return reference === undefined ? undefined : { reference, ...(endpoint !== undefined && { endpoint }) };
}

/** 32 bits: only ever compared with the previous one of the same object. */
function shortHash(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'hex').slice(0, 8);
}

/** Whether a text has the form of a region ID, such as `cn-shanghai`. The CRD checks the same. */
export function isRegion(text: string): boolean {
  return /^[a-z0-9]+(-[a-z0-9]+)*$/.test(text) && text.length <= 64;
}
