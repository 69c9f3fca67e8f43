/**
 * Every failure of a call about a job, and the condition that an object without any observation must show for
 * it.
 */

import type { NewFault } from '../../../../simulator/world/cloud-world.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';

/** The other failures end without an action of the user. */
export const NEEDS_A_PERSON: ReadonlySet<FailureKind> = new Set([
  'InvalidReference',
  'JobNotFound',
  'OperationDenied',
]);

export interface FailureCase {
  readonly fault: NewFault;
  readonly kind: FailureKind;
  readonly message: RegExp;
}

const NOT_JSON = /not the JSON of this API; is a proxy in between/;
const REFERENCE = /calls the reference invalid \(\S+\); check clusterID, jobID and regionID/;
const UNREACHABLE = /the endpoint cannot be reached \(\w+.*\); check the network, DNS, TLS trust/;

export const FAILURES: Readonly<Record<string, FailureCase>> = {
  'a missing parameter': {
    fault: vendorError(400, 'MissingParameter'),
    kind: 'InvalidReference',
    message: REFERENCE,
  },
  'an invalid parameter': {
    fault: vendorError(400, 'InvalidParameter.ClusterId'),
    kind: 'InvalidReference',
    message: REFERENCE,
  },
  'an invalid ID': {
    fault: vendorError(400, 'InvalidJobId.Malformed'),
    kind: 'InvalidReference',
    message: REFERENCE,
  },
  'a denied operation': {
    fault: vendorError(403, 'OperationDenied'),
    kind: 'OperationDenied',
    message: /denied the operation .* has the edge transcoding service/,
  },
  'a clock that is wrong': {
    fault: vendorError(400, 'InvalidTimeStamp.Expired'),
    kind: 'ClockSkewed',
    message: /set the clock of the operator's node/,
  },
  'a service that is unavailable': {
    fault: vendorError(503, 'ServiceUnavailable'),
    kind: 'ServerError',
    message: /ServiceUnavailable/,
  },
  'an internal error': {
    fault: vendorError(500, 'InternalError'),
    kind: 'ServerError',
    message: /InternalError/,
  },
  'an error 502 with an unknown code': {
    fault: vendorError(502, 'Odd.Code'),
    kind: 'ServerError',
    message: /Odd\.Code/,
  },
  'a 404 whose code is not that of a missing job': {
    fault: vendorError(404, 'InvalidAction.NotFound'),
    kind: 'UnexpectedResponse',
    message: /does not know the operation .* \(InvalidAction\.NotFound\)/,
  },
  'the page of a proxy': { fault: { kind: 'html' }, kind: 'UnexpectedResponse', message: NOT_JSON },
  'a page that says 200': {
    fault: { kind: 'html', status: 200 },
    kind: 'UnexpectedResponse',
    message: NOT_JSON,
  },
  'an empty body': { fault: { kind: 'empty' }, kind: 'UnexpectedResponse', message: NOT_JSON },
  'half a body': {
    fault: { kind: 'truncated', contentLength: 'honest' },
    kind: 'UnexpectedResponse',
    message: NOT_JSON,
  },
  'a body that breaks off': {
    fault: { kind: 'truncated', contentLength: 'dishonest' },
    kind: 'ConnectionFailed',
    message: UNREACHABLE,
  },
  'a body of another shape': {
    fault: { kind: 'body', body: { Job: [] } },
    kind: 'UnexpectedResponse',
    message: /the answer holds no job/,
  },
  'a job without a field': {
    fault: { kind: 'body', body: { Job: {} } },
    kind: 'UnexpectedResponse',
    message: /the answer holds an empty job/,
  },
  'the word null': {
    fault: { kind: 'body', body: null },
    kind: 'UnexpectedResponse',
    message: /the answer holds no job|not the JSON/,
  },
  'the answer for another job': {
    fault: { kind: 'other-job', answeredJobID: 'other' },
    kind: 'UnexpectedResponse',
    message: /another job than the requested one/,
  },
  'a connection that is reset': {
    fault: { kind: 'reset' },
    kind: 'ConnectionFailed',
    message: UNREACHABLE,
  },
  'an answer that never comes': {
    fault: { kind: 'hang' },
    kind: 'ConnectionFailed',
    message: UNREACHABLE,
  },
};

export function vendorError(status: number, code: string): NewFault {
  return { kind: 'error', status, code };
}
