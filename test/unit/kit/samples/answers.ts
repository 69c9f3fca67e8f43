/**
 * Answers of the cloud: `running()`, `noSuchJob()`, `fails('ServerError')`.
 */
import type { JobDetails } from '../../../../src/api/edge-transcode-job.ts';
import type { Answer, Destination } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { JOB_ID } from './a-job.ts';

export const DESTINATION: Destination = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };

/** An answer without the time at which the call was sent. */
export type Reply = (sentAt: number) => Exclude<Answer, { kind: 'withdrawn' }>;

export function details(status: string | undefined, more: JobDetails = {}): JobDetails {
  return { jobID: JOB_ID, name: 'stream1', ...(status !== undefined && { status }), ...more };
}

export function observed(job: JobDetails, destination: Destination = DESTINATION): Reply {
  return (sentAt) => ({ kind: 'observed', job, destination, sentAt, requestID: 'request-7' });
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
  /** `nowhere`: it failed before any call. */
  readonly destination?: Destination | 'nowhere';
  /** No call was made. */
  readonly notCalled?: true;
}

export function fails(
  kind: FailureKind,
  { message, retryAt, destination = DESTINATION, notCalled }: FailureMore = {},
): Reply {
  return (sentAt) => ({
    kind: 'failed',
    failure: {
      kind,
      message: message ?? `it failed with ${kind}`,
      ...(retryAt !== undefined && { retryAt }),
    },
    sentAt,
    requestID: 'request-8',
    ...(destination !== 'nowhere' && { destination }),
    ...(notCalled && { notCalled }),
  });
}

export function noSuchJob(): Reply {
  return fails('JobNotFound');
}
