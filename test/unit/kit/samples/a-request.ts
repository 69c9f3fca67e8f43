/**
 * Requests for tests of what happens between a question and its call: for jobs of one cluster, with keys of
 * Secrets.
 */

import { type CallResult, getJob } from '../../../../src/cloud/client/live-client.ts';
import type { Job } from '../../../../src/cloud/client/map-response.ts';
import { Request } from '../../../../src/cloud/requests/request.ts';
import type { Credential } from '../../../../src/credentials/credential.ts';
import type { Resolved } from '../../../../src/credentials/secret-credential.ts';
import type { Priority } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';

export const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };

/** A request of namespace `media`, with the Secret of this name. */
export function aRequest(
  name = 'account',
  { priority = 'scheduled' as Priority, deadline = 0, namespace = 'media' } = {},
): Request<Job> {
  const about = { credential: { namespace, name }, clusterID: 'c' };
  return new Request({ operation: getJob('j') }, about, { priority, deadline });
}

/** The key that a Secret of namespace `media` holds. */
export function aKey(
  accessKeyID: string,
  more: Partial<Credential> = {},
): Resolved & { credential: Credential } {
  const accessKey = { accessKeyID, accessKeySecret: 'secret' };
  return { credential: { identity: 'media/account', version: accessKeyID, accessKey, ...more } };
}

export function callResult<T>(outcome: FailureKind | 'answered', sentAt: number, value: T): CallResult<T> {
  if (outcome === 'answered') return { kind: outcome, value, destination: DESTINATION, sentAt, work: 0 };
  const failed = { failure: { kind: outcome, message: 'as planned' }, code: outcome };
  return {
    kind: 'failed',
    failed,
    destination: DESTINATION,
    sentAt,
    work: 0,
    isJson: false,
    isOnlyListing: false,
  };
}
