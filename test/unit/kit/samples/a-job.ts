/**
 * Builds objects: `aJob().named('a').every('30s').expecting('Running').build()`.
 */

import type {
  EdgeTranscodeJob,
  EdgeTranscodeJobSpec,
  EdgeTranscodeJobStatus,
  ExpectedState,
} from '../../../../src/api/edge-transcode-job.ts';
import { objectKey } from '../../../../src/base/object-key.ts';

export class JobBuilder {
  readonly #job: EdgeTranscodeJob;

  constructor(job: EdgeTranscodeJob) {
    this.#job = job;
  }

  named(name: string, namespace = 'media'): JobBuilder {
    return this.#with({ key: objectKey(namespace, name), namespace, uid: `uid-${namespace}-${name}` });
  }

  uid(uid: string): JobBuilder {
    return this.#with({ uid });
  }

  /** Lets the object mean another job. */
  about(jobID: string, clusterID = CLUSTER_ID): JobBuilder {
    return this.#spec({ jobID, clusterID });
  }

  every(interval: string): JobBuilder {
    return this.#spec({ interval });
  }

  expecting(expectedState: ExpectedState): JobBuilder {
    return this.#spec({ expectedState });
  }

  suspended(): JobBuilder {
    return this.#spec({ suspend: true });
  }

  inRegion(regionID: string): JobBuilder {
    return this.#spec({ regionID });
  }

  withSecret(name: string): JobBuilder {
    return this.#spec({ credentialsRef: { name } });
  }

  generation(generation: number): JobBuilder {
    return this.#with({ generation });
  }

  version(resourceVersion: number): JobBuilder {
    return this.#with({ resourceVersion: String(resourceVersion) });
  }

  ofShard(shard: string): JobBuilder {
    return this.#with({ shard });
  }

  requested(requestedAt: string): JobBuilder {
    return this.#with({ requestedAt });
  }

  invalid(invalid: string): JobBuilder {
    return this.#with({ invalid });
  }

  deleting(): JobBuilder {
    return this.#with({ isDeleting: true });
  }

  storing(status: EdgeTranscodeJobStatus): JobBuilder {
    return this.#with({ status });
  }

  build(): EdgeTranscodeJob {
    return this.#job;
  }

  #spec(spec: Partial<EdgeTranscodeJobSpec>): JobBuilder {
    return this.#with({ spec: { ...this.#job.spec, ...spec } });
  }

  #with(fields: Partial<EdgeTranscodeJob>): JobBuilder {
    return new JobBuilder({ ...this.#job, ...fields });
  }
}

export const CLUSTER_ID = '7f3e9c3b-4d18-395c-8106-ff21a6000000';
export const JOB_ID = '5ad420b48fb04483915d4f2cd8ac0000';

/** A new object: generation 1, never visited. */
export function aJob(): JobBuilder {
  return new JobBuilder({
    key: 'media/stream1',
    namespace: 'media',
    uid: 'uid-media-stream1',
    resourceVersion: '1',
    generation: 1,
    spec: { clusterID: CLUSTER_ID, jobID: JOB_ID },
    status: { observedGeneration: -1 },
  });
}
