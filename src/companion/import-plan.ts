/** Which cloud jobs need an object, and the objects for them. Pure. */
import { hash } from 'node:crypto';
import {
  API_VERSION,
  type EdgeTranscodeJob,
  type EdgeTranscodeJobSpec,
  KIND,
} from '../api/edge-transcode-job.ts';
import type { Job } from '../cloud/client/map-response.ts';
import { canonicalID } from '../job/model/reference.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: EdgeTranscodeJobSpec;
}

export interface Purpose {
  readonly namespace: string;
  readonly cluster: string;
  /** Secret that the objects name. Undefined: they use the operator's own credentials. */
  readonly secret: string | undefined;
  /** Region that the objects name. Undefined: they use that of the Secret, else the operator's. */
  readonly region: string | undefined;
}

/** The jobs of a cluster that no object references, in whatever case its ID is written. */
export function unreferenced(
  jobs: readonly Job[],
  objects: readonly EdgeTranscodeJob[],
  cluster: string,
): Job[] {
  const referenced = new Set(
    objects
      .filter(({ spec }) => canonicalID(spec.clusterID) === canonicalID(cluster))
      .map(({ spec }) => canonicalID(spec.jobID)),
  );
  return jobs.filter(({ jobID }) => jobID !== undefined && !referenced.has(canonicalID(jobID)));
}

export function manifestOf(
  { jobID = '', name = '' }: Job,
  { namespace, cluster, secret, region }: Purpose,
): Manifest {
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: { name: objectName(name, cluster, jobID), namespace },
    spec: {
      clusterID: cluster,
      jobID,
      ...(region && { regionID: region }),
      ...(secret !== undefined && { credentialsRef: { name: secret } }),
    },
  };
}

/** Longest part of a name that comes from the job's name: the whole fits a label of 63 characters. */
const LONGEST_SLUG = 50;

/** Digits of the hash. With 8, one of 25,000 jobs would in 7% of the cases get the name of another. */
const HASH_DIGITS = 12;

/**
 * A valid name that depends on the job alone: what of its name is allowed, and a hash of its IDs. A name in
 * Chinese leaves nothing, and becomes `job`.
 */
export function objectName(jobName: string, cluster: string, jobID: string): string {
  const slug = jobName
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, LONGEST_SLUG)
    .replace(/^-+|-+$/g, '');
  const id = hash('sha256', JSON.stringify([canonicalID(cluster), canonicalID(jobID)]), 'hex');
  return `${slug || 'job'}-${id.slice(0, HASH_DIGITS)}`;
}
