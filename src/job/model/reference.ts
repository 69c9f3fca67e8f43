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

/** Whether an answer about one is an answer about the other. */
export function isSameReference(a: Reference, b: Reference): boolean {
  return (
    a.jobID === b.jobID &&
    a.clusterID === b.clusterID &&
    a.regionID === b.regionID &&
    identityOf(a.credential) === identityOf(b.credential)
  );
}

export function endpointHash(destination: Destination): string {
  return shortHash([destination.endpoint, destination.regionID]);
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
