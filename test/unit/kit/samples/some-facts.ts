/**
 * Builds the facts of an object from what is special about them.
 */
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import { unixSeconds } from '../../../../src/base/clock.ts';
import type { Failure, FailureKind } from '../../../../src/job/model/failures.ts';
import { endpointHash, referenceHash, referenceOf } from '../../../../src/job/model/reference.ts';
import { type Facts, type Observed, pendingRequestOf } from '../../../../src/job/status/facts.ts';
import { DESTINATION, details } from './answers.ts';

export const NOW = Date.parse('2026-01-01T00:00:00Z');

/** Facts of an object whose request was served, with nothing known except what `special` says. */
export function someFacts(object: EdgeTranscodeJob, special: Partial<Facts> = {}): Facts {
  return {
    uid: object.uid,
    referenceHash: referenceHash(referenceOf(object)),
    endpoint: endpointHash(DESTINATION),
    servedGeneration: object.generation,
    ...(object.requestedAt !== undefined && { servedRequest: object.requestedAt }),
    attempted: pendingRequestOf(object),
    countFrom: NOW,
    failures: 0,
    suspended: false,
    ...special,
  };
}

/** An observation of a job; without a code, of a missing job. */
export function seen(code: string | undefined, special: Partial<Observed> = {}): Observed {
  const job = code === undefined ? {} : { job: details(code) };
  return { found: code !== undefined, ...job, at: NOW, time: unixSeconds(new Date(NOW)), ...special };
}

export function failure(kind: FailureKind, message = `it failed with ${kind}`): Failure {
  return { kind, message };
}
