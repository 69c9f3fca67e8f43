/**
 * What the cloud says, in words: `running()`, `noSuchJob()`, `fails('ServerError')`.
 */
import type { JobDetails } from '../../../src/api/edge-transcode-job.ts';
import type { Answer, Asked, FailureKind } from '../../../src/job/model/ports.ts';
import { JOB_ID } from './a-job.ts';

export const ASKED: Asked = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };

/** An answer but for the time at which the call was sent. */
export type Reply = (askedAt: number) => Exclude<Answer, { kind: 'withdrawn' }>;

export function details(status: string | undefined, more: JobDetails = {}): JobDetails {
  return { jobID: JOB_ID, name: 'stream1', ...(status !== undefined && { status }), ...more };
}

export function observed(job: JobDetails, asked: Asked = ASKED): Reply {
  return (askedAt) => ({ kind: 'observed', job, asked, askedAt, requestID: 'request-7' });
}

export function running(more?: JobDetails): Reply {
  return observed(details('1', more));
}

export function notStarted(more?: JobDetails): Reply {
  return observed(details('0', more));
}

export interface FailureMore {
  readonly message?: string;
  readonly retryAt?: number;
  /** `nowhere`: it failed before anything was asked. */
  readonly asked?: Asked | 'nowhere';
}

export function fails(kind: FailureKind, { message, retryAt, asked = ASKED }: FailureMore = {}): Reply {
  return (askedAt) => ({
    kind: 'failed',
    failure: {
      kind,
      message: message ?? `it failed with ${kind}`,
      ...(retryAt !== undefined && { retryAt }),
    },
    askedAt,
    requestID: 'request-8',
    ...(asked !== 'nowhere' && { asked }),
  });
}

export function noSuchJob(): Reply {
  return fails('JobNotFound');
}
