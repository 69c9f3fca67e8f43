// Any error becomes one of the known kinds, and no message repeats more of it than a checked code.

import { expect } from 'chai';
import fc from 'fast-check';
import { type CallContext, mapError } from '../../../../src/cloud/client/map-error.ts';
import { FAILURE_KINDS } from '../../../../src/job/model/failures.ts';
import { anyText, holds } from '../../kit/for-any.ts';

const CONTEXT: CallContext = {
  action: 'GetEdgeTranscodeJob',
  clusterID: 'cluster-1',
  jobID: 'job-1',
  regionID: 'cn-shanghai',
  identity: 'media/account',
};

/** A text that no message contains and that cannot be part of a code. */
const FOREIGN = '§foreign§';

const CODES = [
  ...['JobNotFound', 'MissingParameter.JobId', 'OperationDenied', 'Forbidden.RAM', 'InvalidParameter'],
  ...['SignatureDoesNotMatch', 'InvalidAccessKeyId.NotFound', 'InvalidTimeStamp.Expired', 'InternalError'],
  ...['Throttling.User', 'ECONNRESET', 'CERT_HAS_EXPIRED', 'undefined', ''],
];

const foreign = anyText(40).map((text) => `${FOREIGN}${text}`);
const code = fc.oneof(
  fc.constantFrom(...CODES),
  fc.stringMatching(/^[A-Za-z][\w.-]{0,20}$/),
  foreign,
  fc.constant('E'.repeat(10_000)),
);
const status = fc.oneof(
  fc.integer({ min: 100, max: 599 }),
  fc.double(),
  fc.constantFrom('404', null, FOREIGN),
);

/** Errors as the SDK throws them, for bodies of the vendor and of other servers. */
const vendorError = fc
  .record({ code, status, requestID: fc.oneof(fc.uuid(), fc.jsonValue()), body: fc.object() })
  .map((given) => {
    const { code: Code, status: statusCode, requestID: RequestId, body } = given;
    const data = { ...body, Code, RequestId, Message: FOREIGN, HostId: FOREIGN, statusCode };
    return Object.assign(new Error(`${Code}: ${FOREIGN}`), { code: Code, data });
  });

/** Values of all shapes: some look like an error's fields, some throw when they are read. */
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withNullPrototype: true, withMap: true, withSparseArray: true }),
  fc.jsonValue(),
  fc.record({ code: fc.anything(), name: fc.anything(), data: fc.anything() }, { requiredKeys: [] }),
  code.map((given) => Object.assign(new Error(FOREIGN), { code: given })),
  fc.constantFrom('code', 'data', 'name', 'cause', 'statusCode').map(unreadable),
);

/** Values wrapped in errors, some of which are their own cause. */
const thrown = fc
  .tuple(fc.oneof(vendorError, anything), fc.nat(12), fc.boolean())
  .map(([inner, depth, isCycle]) => (isCycle ? cycle(inner, depth) : wrapped(inner, depth)));

function unreadable(field: string): unknown {
  const refuse = () => {
    throw new Error(FOREIGN);
  };
  const error = Object.defineProperty(new Error(FOREIGN), field, { get: refuse });
  return field === 'statusCode' ? { data: error } : error;
}

function wrapped(inner: unknown, depth: number): unknown {
  return depth === 0 ? inner : new Error(FOREIGN, { cause: wrapped(inner, depth - 1) });
}

function cycle(inner: unknown, depth: number): unknown {
  const last = Object.assign(new Error(FOREIGN), { inner });
  last.cause = wrapped(last, depth);
  return last;
}

describe('the error of a call, for anything thrown,', () => {
  it('has a known kind and a message of the operator’s own', () => {
    holds(
      fc.property(thrown, (error) => {
        const { failure, code: label } = mapError(error, CONTEXT);
        expect(FAILURE_KINDS).to.contain(failure.kind);
        expect(failure.message).to.be.a('string').with.length.within(20, 400);
        expect(failure.message).not.to.contain(FOREIGN);
        expect(label).to.match(/^[\w.-]{1,64}$/);
      }),
      400,
    );
  });

  it('repeats nothing of a body but its code', () => {
    holds(
      fc.property(vendorError, fc.jsonValue(), (error, more) => {
        const { data } = error;
        const other = Object.assign(new Error('other'), {
          code: error.code,
          data: { more, Code: more, Message: more, statusCode: data.statusCode },
        });
        expect(mapError(error, CONTEXT).failure).to.deep.equal(mapError(other, CONTEXT).failure);
      }),
    );
  });

  it('is Throttled for a code that contains Throttling, at any status', () => {
    const part = fc.stringMatching(/^[A-Za-z][A-Za-z.]{0,10}$/);
    holds(
      fc.property(part, part, fc.integer({ min: 100, max: 599 }), (before, after, statusCode) => {
        for (const text of ['Throttling', `Throttling.${after}`, `${before}.Throttling.${after}`])
          expect(mapError({ code: text, data: { statusCode } }, CONTEXT).failure.kind).to.equal('Throttled');
      }),
    );
  });

  it('is not JobNotFound for a 404 without that code', () => {
    const other = fc.oneof(code, anyText(), fc.constantFrom('jobnotfound', 'JobNotFound.', 'JobNotFound\n'));
    holds(
      fc.property(other, fc.object(), (given, body) => {
        fc.pre(given !== 'JobNotFound');
        const error = { code: given, data: { ...body, statusCode: 404 } };
        expect(mapError(error, CONTEXT).failure.kind).not.to.equal('JobNotFound');
      }),
    );
  });
});
