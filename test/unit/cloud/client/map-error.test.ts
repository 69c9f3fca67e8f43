// Everything that a call throws becomes one of the known kinds, with a message of the operator's own.

import { expect } from 'chai';
import {
  AnswerTooLong,
  DeadlineExceeded,
  TooManyAnswers,
  UnexpectedBody,
} from '../../../../src/cloud/client/call-errors.ts';
import { type CallContext, keyAdvice, mapError, OWN_ERROR } from '../../../../src/cloud/client/map-error.ts';
import { FAILURE_KINDS, type FailureKind } from '../../../../src/job/model/failures.ts';
import { TERMINAL_TEXT } from '../../kit/terminal.ts';

const CONTEXT: CallContext = {
  action: 'GetEdgeTranscodeJob',
  clusterID: 'cluster-1',
  jobID: 'job-1',
  regionID: 'cn-shanghai',
  identity: 'media/account',
};

const REQUEST_ID = '1B6F4C5D-0E1A-586A-AC29-742247000000';

/** An error as the SDK throws it for the vendor's error bodies. */
function vendorError(status: number, code?: string, more: object = {}): Error {
  const message = `code: ${status}, CANARY https://api.aliyun.com/troubleshoot?q=CANARY request id: ${REQUEST_ID}`;
  const data = { Code: code, Message: message, RequestId: REQUEST_ID, HostId: 'CANARY', statusCode: status };
  return Object.assign(new Error(`${code}: ${message}`), { code: `${code}`, data: { ...data, ...more } });
}

function kindOf(error: unknown): FailureKind {
  return mapError(error, CONTEXT).failure.kind;
}

describe('the error of a call', () => {
  const CODES: [status: number, code: string, kind: FailureKind][] = [
    [404, 'JobNotFound', 'JobNotFound'],
    [400, 'MissingParameter', 'InvalidReference'],
    [400, 'MissingParameter.ClusterId', 'InvalidReference'],
    [400, 'InvalidParameter', 'InvalidReference'],
    [400, 'InvalidParameter.JobId', 'InvalidReference'],
    [400, 'InvalidParameterValue', 'InvalidReference'],
    [400, 'InvalidClusterId', 'InvalidReference'],
    [404, 'InvalidRegionId.NotFound', 'InvalidReference'],
    [400, 'InvalidJobId.Malformed', 'InvalidReference'],
    [403, 'OperationDenied', 'OperationDenied'],
    [403, 'Forbidden', 'PermissionDenied'],
    [403, 'Forbidden.RAM', 'PermissionDenied'],
    [403, 'NoPermission', 'PermissionDenied'],
    [404, 'InvalidAccessKeyId.NotFound', 'AuthenticationFailed'],
    [400, 'InvalidAccessKeyId.Inactive', 'AuthenticationFailed'],
    [400, 'InvalidAccessKeyId', 'AuthenticationFailed'],
    [400, 'SignatureDoesNotMatch', 'AuthenticationFailed'],
    [400, 'IncompleteSignature', 'AuthenticationFailed'],
    [403, 'InvalidSecurityToken.Expired', 'AuthenticationFailed'],
    [400, 'InvalidSecurityToken.Malformed', 'AuthenticationFailed'],
    [400, 'InvalidTimeStamp.Expired', 'ClockSkewed'],
    [400, 'InvalidTimeStamp.Format', 'ClockSkewed'],
    [400, 'IllegalTimestamp', 'ClockSkewed'],
    [403, 'Forbidden.RiskControl', 'OperationDenied'],
    [403, 'Forbidden.UserVerification', 'OperationDenied'],
    [403, 'IllegalOperation', 'OperationDenied'],
    [403, 'ActionUnauthorized', 'OperationDenied'],
    [400, 'InvalidIdentity.ServiceDisabled', 'OperationDenied'],
    [400, 'Account.Arrearage', 'OperationDenied'],
    [400, 'InsufficientBalance', 'OperationDenied'],
    [400, 'Throttling', 'Throttled'],
    [400, 'Throttling.User', 'Throttled'],
    [400, 'Throttling.Api', 'Throttled'],
    [503, 'Throttling.User', 'Throttled'],
    [400, 'Some.Throttling.Kind', 'Throttled'],
    [503, 'ServiceUnavailable', 'ServerError'],
    [400, 'ServiceUnavailable', 'ServerError'],
    [500, 'InternalError', 'ServerError'],
    // Codes decide before the status does.
    [500, 'JobNotFound', 'JobNotFound'],
    [429, 'OperationDenied', 'OperationDenied'],
    [429, 'NeverSeenBefore', 'Throttled'],
    [502, 'NeverSeenBefore', 'ServerError'],
    [400, 'NeverSeenBefore', 'UnexpectedResponse'],
    [404, 'NeverSeenBefore', 'UnexpectedResponse'],
    [404, 'InvalidAction.NotFound', 'UnexpectedResponse'],
    [404, 'InvalidVersion', 'UnexpectedResponse'],
    [404, 'InvalidApi.NotFound', 'UnexpectedResponse'],
    // Names that only begin or end like others.
    [404, 'JobNotFoundOrNot', 'UnexpectedResponse'],
    [403, 'ForbiddenFruit', 'UnexpectedResponse'],
    [400, 'SignatureNonceUsed', 'UnexpectedResponse'],
  ];
  for (const [status, code, kind] of CODES)
    it(`${status} ${code} is ${kind}`, () => {
      const { failure, code: label, requestID } = mapError(vendorError(status, code), CONTEXT);
      expect(failure.kind).to.equal(kind);
      expect(label).to.equal(code);
      expect(requestID).to.equal(REQUEST_ID);
    });

  it('has a kind only by the beginning of its code, and says so only then', () => {
    for (const [, code] of CODES)
      if (!/Throttling|RiskControl|Verification|RealName|Service|Activated|Arrear|Debt|Balance/.test(code))
        expect(kindOf(vendorError(400, `Not${code}`)), code).to.equal('UnexpectedResponse');
    for (const code of ['IllegalOperation', 'ServiceUnavailable', 'InternalError'])
      expect(kindOf(vendorError(400, `Not${code}`)), code).to.equal('UnexpectedResponse');
    expect(kindOf(vendorError(400, 'InvalidSecurityToken'))).to.equal('AuthenticationFailed');
    const { message } = mapError(vendorError(400, 'NotInvalidAction'), CONTEXT).failure;
    expect(message).to.match(/^the cloud gave an answer that this operator does not know/);
  });

  it('has a code of text, and a whole HTTP status', () => {
    const odd = { code: ['JobNotFound'], data: { statusCode: 404 } };
    expect(kindOf(odd)).to.equal('UnexpectedResponse');
    const code = (statusCode: unknown) =>
      mapError({ code: 'JobNotFound', data: { statusCode } }, CONTEXT).code;
    expect([100, 599].map(code)).to.deep.equal(['JobNotFound', 'JobNotFound']);
    for (const status of [99, 600, 404.5, '404']) expect(code(status)).to.equal('UnexpectedResponse');
  });

  it('has the kind of its HTTP status when there is no code', () => {
    expect(kindOf(vendorError(404))).to.equal('UnexpectedResponse');
    expect(kindOf(vendorError(403))).to.equal('UnexpectedResponse');
    expect(kindOf(vendorError(429))).to.equal('Throttled');
    expect(kindOf(vendorError(500))).to.equal('ServerError');
    expect(kindOf(vendorError(599))).to.equal('ServerError');
    expect(mapError(vendorError(404), CONTEXT).code).to.equal('HTTP404');
  });

  it('ignores a code of an invalid format', () => {
    for (const code of [
      '',
      'undefined',
      'has spaces',
      '<b>',
      '../..',
      'x'.repeat(65),
      '404',
      'JobNotFound\n',
    ])
      expect(mapError(vendorError(418, code), CONTEXT).code, code).to.equal('HTTP418');
  });

  const NETWORK = [
    ...[
      'ECONNREFUSED',
      'ECONNRESET',
      'ENOTFOUND',
      'EAI_AGAIN',
      'ETIMEDOUT',
      'EPIPE',
      'EPROTO',
      'EHOSTUNREACH',
    ],
    ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CRL_HAS_EXPIRED'],
    ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ERR_TLS_CERT_ALTNAME_INVALID', 'INVALID_CA', 'HOSTNAME_MISMATCH'],
    ...['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', 'HPE_INVALID_CONSTANT'],
  ];
  for (const code of NETWORK)
    it(`${code} of the network is ConnectionFailed`, () => {
      const { failure, code: label } = mapError(
        Object.assign(new Error('POST https://live.aliyuncs.com/?JobId=CANARY failed.'), { code }),
        CONTEXT,
      );
      expect(failure.kind).to.equal('ConnectionFailed');
      expect(failure.message).to.contain(code);
      expect(label).to.equal(code);
    });

  it('has the network code of its cause', () => {
    const cause = Object.assign(new Error('inner'), { code: 'ECONNRESET' });
    expect(kindOf(new Error('outer', { cause: new Error('middle', { cause }) }))).to.equal(
      'ConnectionFailed',
    );
  });

  it('is ConnectionFailed for the deadline and for a timeout of the SDK', () => {
    expect(mapError(new DeadlineExceeded('late'), CONTEXT).failure.kind).to.equal('ConnectionFailed');
    const timeout = Object.assign(new Error('ReadTimeout(10000)'), { name: 'RequestTimeoutError' });
    expect(kindOf(timeout)).to.equal('ConnectionFailed');
  });

  it('is ConnectionFailed when answers cost too much together, and says what to check', () => {
    const { failure, code } = mapError(new TooManyAnswers(), CONTEXT);
    const message = 'the endpoint sends too many long answers at once; check the network and the endpoint';
    expect({ ...failure, code }).to.deep.equal({ kind: 'ConnectionFailed', message, code: 'TooManyAnswers' });
  });

  it('is ConnectionFailed for no code that only looks like one of the network', () => {
    for (const code of ['xECONNRESET', 'ECONNRESET!', 'xCERT_HAS_EXPIRED', 'CERT_HAS_EXPIRED!', 'other'])
      expect(kindOf({ code }), code).to.equal('UnexpectedResponse');
    expect(mapError({ code: `E${'X'.repeat(63)}` }, CONTEXT).code).to.have.lengthOf(64);
    expect(kindOf({ code: `E${'X'.repeat(64)}` })).to.equal('UnexpectedResponse');
    expect(mapError({ name: 'RequestTimeoutError' }, CONTEXT).code).to.equal('ETIMEDOUT');
  });

  it('says that an answer is too long, and when the operator is at fault', () => {
    const { failure, code } = mapError(new AnswerTooLong(), CONTEXT);
    expect([failure.kind, code]).to.deep.equal(['UnexpectedResponse', 'AnswerTooLong']);
    expect(failure.message).to.match(/too long/);
    expect(OWN_ERROR.failure.kind).to.equal('UnexpectedResponse');
    expect(OWN_ERROR.failure.message).to.match(/^the operator failed to read the answer; report it/);
    expect(OWN_ERROR.code).to.equal('OperatorError');
  });

  it('is UnexpectedResponse when the answer is not JSON', () => {
    expect(kindOf(new SyntaxError(`Unexpected token '<', "<html>CANARY" is not valid JSON`))).to.equal(
      'UnexpectedResponse',
    );
    const { failure } = mapError(new UnexpectedBody('the answer holds no job'), CONTEXT);
    expect(failure).to.deep.equal({ kind: 'UnexpectedResponse', message: 'the answer holds no job' });
  });

  const loop: { cause?: unknown } = {};
  loop.cause = loop;
  const unreadable = {
    get code(): string {
      throw new Error('CANARY');
    },
  };
  for (const odd of ['', 'a b', 'a\u009bb', 'a\u202eb', TERMINAL_TEXT, 'x'.repeat(65), '<b>', 7])
    it(`has no request ID where the answer gives ${JSON.stringify(odd)}`, () => {
      expect(mapError(vendorError(400, 'Odd', { RequestId: odd }), CONTEXT)).to.not.have.property(
        'requestID',
      );
    });

  it('takes its code from the kind where the answer gives one that a terminal would obey', () => {
    for (const code of [TERMINAL_TEXT, 'a\u009bb', 'E\u202e']) {
      expect(mapError(vendorError(400, code), CONTEXT).code).to.equal('HTTP400');
      expect(JSON.stringify(mapError({ code, name: code }, CONTEXT))).to.not.contain('\\u');
    }
  });

  const JUNK: [string, unknown][] = [
    ['undefined', undefined],
    ['null', null],
    ['a text', 'CANARY'],
    ['a number', 7],
    ['a symbol', Symbol('CANARY')],
    ['an empty object', {}],
    ['data that is null', { code: 'JobNotFound', data: null }],
    ['data that is a text', { code: 'JobNotFound', data: 'CANARY' }],
    ['a status that is a text', { code: 'JobNotFound', data: { statusCode: '404' } }],
    ['a status that is a symbol', { code: 'JobNotFound', data: { statusCode: Symbol('s') } }],
    ['a status that is not a number', { code: 'JobNotFound2', data: { statusCode: Number.NaN } }],
    ['a status that is no status', { code: 'JobNotFound', data: { statusCode: 1e21 } }],
    ['a field that cannot be read', unreadable],
    ['a code of the network that is too long', { code: 'E'.repeat(65) }],
    ['a code that is an object', { code: { toString: null }, data: { statusCode: 404 } }],
    ['a request ID that is an object', vendorError(400, 'Odd', { RequestId: {} })],
    ['an error that is its own cause', loop],
    ['a frozen proxy', Object.freeze(new Proxy({}, {}))],
  ];
  for (const [name, junk] of JUNK)
    it(`has a known kind also for ${name}`, () => {
      const { failure, code } = mapError(junk, CONTEXT);
      expect(FAILURE_KINDS).to.contain(failure.kind);
      expect(code).to.match(/^[\w.-]{1,64}$/);
      expect(JSON.stringify(failure)).not.to.contain('CANARY');
    });
});

describe('the message of a failure', () => {
  const ALL = [
    ...['JobNotFound', 'MissingParameter', 'OperationDenied', 'NoPermission', 'SignatureDoesNotMatch'],
    ...['InvalidTimeStamp.Expired', 'Throttling.User', 'InternalError', 'NeverSeenBefore'],
  ].map((code) => vendorError(400, code));
  const OTHERS = [new SyntaxError('CANARY'), Object.assign(new Error('CANARY'), { code: 'ECONNRESET' })];

  it('holds no text of the answer, no URL, no request ID and no time', () => {
    for (const error of [...ALL, ...OTHERS]) {
      const { message } = mapError(error, CONTEXT).failure;
      expect(message).not.to.match(/CANARY|:\/\/|1B6F4C5D|\d{4}-\d\d-\d\d/);
      expect(message).to.be.a('string').with.length.within(20, 400);
    }
  });

  it('is the same for the same failure, whatever else the answer says', () => {
    const [one, other] = [{ RequestId: 'A' }, { RequestId: 'B', Message: 'other' }].map(
      (more) => mapError(vendorError(404, 'JobNotFound', more), CONTEXT).failure,
    );
    expect(one).to.deep.equal(other);
  });

  it('names the permission and the credentials that lack it', () => {
    const { message } = mapError(vendorError(403, 'NoPermission'), CONTEXT).failure;
    expect(message).to.contain('live:GetEdgeTranscodeJob').and.contain('media/account');
  });

  it('names the missing job, its cluster, the region and the credentials', () => {
    const { message } = mapError(vendorError(404, 'JobNotFound'), {
      ...CONTEXT,
      identity: 'default',
    }).failure;
    expect(message).to.contain('cluster-1').and.contain('job-1').and.contain('cn-shanghai');
    expect(message).to.contain("the operator's own credentials");
  });

  const REFERENCE = /calls the reference invalid .*check clusterID, jobID and regionID/;
  const PERMISSION = /no RAM permission live:GetEdgeTranscodeJob .*grant it/;
  const SERVICE = /account of .* has the edge transcoding service/;
  const EITHER = /has the edge transcoding service, and the RAM permission live:GetEdgeTranscodeJob/;
  const PAIR = /the secret does not belong to the access key ID/;
  const TOKEN = /put in a valid STS token with its access key/;
  const CLOCK = /set the clock of the operator's node/;
  const QUOTA = /quota is spent .*lower --calls-per-minute/;
  const NOT_LIVE = /does not know the operation GetEdgeTranscodeJob .*check that it is an endpoint of Live/;

  /** Every code that the vendor documents for the operation, and the codes that all its products share. */
  const DOCUMENTED: [statuses: number[], code: string, kind: FailureKind, says: RegExp][] = [
    [
      [404],
      'JobNotFound',
      'JobNotFound',
      /no job job-1 .*check clusterID, jobID, regionID and credentialsRef/,
    ],
    [[400], 'MissingParameter', 'InvalidReference', REFERENCE],
    [[400], 'InvalidParameter', 'InvalidReference', REFERENCE],
    [[403], 'OperationDenied', 'OperationDenied', SERVICE],
    [[403], 'Forbidden', 'PermissionDenied', PERMISSION],
    [[403], 'Forbidden.RAM', 'PermissionDenied', PERMISSION],
    [[403], 'NoPermission', 'PermissionDenied', PERMISSION],
    [[403], 'Forbidden.RiskControl', 'OperationDenied', /risk control blocks the account; ask the vendor/],
    [
      [403],
      'Forbidden.UserVerification',
      'OperationDenied',
      /identity of the account is not verified; verify/,
    ],
    [[403], 'IllegalOperation', 'OperationDenied', EITHER],
    [[403], 'ActionUnauthorized', 'OperationDenied', EITHER],
    [
      [400],
      'InvalidIdentity.ServiceDisabled',
      'OperationDenied',
      /service is not open for the account; open/,
    ],
    [[400], 'Account.Arrearage', 'OperationDenied', /account lacks money; pay/],
    [[400], 'InsufficientBalance', 'OperationDenied', /account lacks money; pay/],
    [[404], 'InvalidAccessKeyId.NotFound', 'AuthenticationFailed', /put in a valid access key/],
    [[400, 403], 'InvalidAccessKeyId.Inactive', 'AuthenticationFailed', /enable the access key, or put in/],
    [[400, 403], 'SignatureDoesNotMatch', 'AuthenticationFailed', PAIR],
    [[400, 403], 'IncompleteSignature', 'AuthenticationFailed', PAIR],
    [[400, 403], 'InvalidSecurityToken.Expired', 'AuthenticationFailed', TOKEN],
    [[400, 403], 'InvalidSecurityToken.Malformed', 'AuthenticationFailed', TOKEN],
    [[400], 'InvalidTimeStamp.Expired', 'ClockSkewed', CLOCK],
    [[400], 'IllegalTimestamp', 'ClockSkewed', CLOCK],
    [[400], 'SignatureNonceUsed', 'UnexpectedResponse', /a repetition .*a proxy that sends requests twice/],
    [[400], 'Throttling', 'Throttled', QUOTA],
    [[400], 'Throttling.User', 'Throttled', QUOTA],
    [[400], 'Throttling.Api', 'Throttled', QUOTA],
    [[503], 'ServiceUnavailable', 'ServerError', /the cloud failed to answer/],
    [[500], 'InternalError', 'ServerError', /the cloud failed to answer/],
    [[404], 'InvalidAction.NotFound', 'UnexpectedResponse', NOT_LIVE],
    [[404], 'InvalidVersion', 'UnexpectedResponse', NOT_LIVE],
    [[404], 'InvalidApi.NotFound', 'UnexpectedResponse', NOT_LIVE],
  ];
  for (const [statuses, code, kind, says] of DOCUMENTED)
    for (const status of statuses)
      it(`names ${status} ${code} and says what to do`, () => {
        const { failure } = mapError(vendorError(status, code), CONTEXT);
        expect(failure.kind).to.equal(kind);
        expect(failure.message).to.match(says);
        // The cluster has no such job: the code of that adds nothing.
        if (kind !== 'JobNotFound') expect(failure.message).to.contain(`(${code})`);
      });

  for (const status of [400, 401, 403, 404, 409, 418, 451])
    it(`names an unknown code of HTTP ${status}, and where to look it up`, () => {
      expect(mapError(vendorError(status, 'NeverSeenBefore'), CONTEXT).failure.message).to.match(
        /\(NeverSeenBefore\); look the code up at api\.aliyun\.com\/troubleshoot/,
      );
    });

  it('blames no RAM permission for what the vendor holds against the account', () => {
    for (const code of ['Forbidden.RiskControl', 'Forbidden.UserVerification', 'Account.Arrearage'])
      expect(mapError(vendorError(403, code), CONTEXT).failure.message).not.to.contain('RAM');
  });

  it('asks about a proxy where an answer has a status and no code', () => {
    expect(mapError(vendorError(404), CONTEXT).failure.message).to.match(/HTTP 404.*is a proxy in between/);
  });

  it('does not repeat the region of a Secret', () => {
    const { message } = mapError(vendorError(404, 'JobNotFound'), {
      ...CONTEXT,
      regionID: undefined,
    }).failure;
    expect(message).to.contain('the region that this Secret names');
  });

  it('names NODE_EXTRA_CA_CERTS only when the certificate is not trusted', () => {
    const messageOf = (code: string) =>
      mapError(Object.assign(new Error('CANARY'), { code }), CONTEXT).failure.message;
    for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED'])
      expect(messageOf(code)).to.match(/certificate of the endpoint is not trusted .*NODE_EXTRA_CA_CERTS/);
    expect(messageOf('ERR_TLS_CERT_ALTNAME_INVALID')).to.contain('is not trusted');
    expect(messageOf('ECONNRESET')).to.match(/^the endpoint cannot be reached \(ECONNRESET\)/);
  });

  it('gives special advice about a key only for the beginning of a code', () => {
    for (const code of ['InvalidAccessKeyId.Inactive', 'SignatureDoesNotMatch', 'IncompleteSignature']) {
      expect(keyAdvice(code), code).to.not.equal('put in a valid access key');
      expect(keyAdvice(`Not${code}`), code).to.equal('put in a valid access key');
    }
  });

  it('says to set the clock of the node', () => {
    expect(mapError(vendorError(400, 'InvalidTimeStamp.Expired'), CONTEXT).failure.message).to.contain(
      'clock',
    );
  });
});
