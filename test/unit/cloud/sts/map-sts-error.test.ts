// What STS refuses becomes a failure that says what a person has to correct.

import { expect } from 'chai';
import { mapStsError } from '../../../../src/cloud/sts/map-sts-error.ts';
import { FAILURE_KINDS, type FailureKind } from '../../../../src/job/model/failures.ts';

function vendorError(statusCode: number, Code: string): unknown {
  return { code: Code, data: { statusCode, Code, Message: 'CANARY', RequestId: '1B6F4C5D' } };
}

const CODES: [status: number, code: string, kind: FailureKind, says: RegExp][] = [
  [404, 'EntityNotExist.Role', 'AuthenticationFailed', /role that .* media\/account .* does not exist/],
  [404, 'EntityNotExist.OIDCProvider', 'AuthenticationFailed', /OIDC provider does not exist.*enable RRSA/],
  [401, 'AuthenticationFail.NoPermission', 'AuthenticationFailed', /oidc:sub, .* in its trust policy/],
  [
    401,
    'AuthenticationFail.OIDCToken.Expired',
    'AuthenticationFailed',
    /is expired .*renews the token's file/,
  ],
  [400, 'AuthenticationFail.OIDCToken.AudienceNotMatch', 'AuthenticationFailed', /audience .*sts\.aliyuncs/],
  [400, 'AuthenticationFail.OIDCToken.IssuerNotMatch', 'AuthenticationFailed', /issuer .*provider of this/],
  [400, 'AuthenticationFail.OIDCToken.Invalid', 'AuthenticationFailed', /did not accept the service account/],
  [403, 'Forbidden.RiskControl', 'AuthenticationFailed', /no session .*risk control blocks the account/],
  [403, 'Forbidden.UserVerification', 'AuthenticationFailed', /identity of the account is not verified/],
  [400, 'InvalidIdentity.ServiceDisabled', 'AuthenticationFailed', /service is not open/],
  [400, 'Account.Arrearage', 'AuthenticationFailed', /account lacks money/],
  [403, 'ActionUnauthorized', 'AuthenticationFailed', /may not be assumed/],
  [400, 'IllegalTimestamp', 'ClockSkewed', /set the clock/],
  [403, 'NoPermission', 'AuthenticationFailed', /may not be assumed .*trust policy.*sts:AssumeRole/],
  [403, 'Forbidden.RAM', 'AuthenticationFailed', /may not be assumed/],
  [400, 'InvalidParameter.RoleArn', 'AuthenticationFailed', /check roleARN, roleSessionName and externalID/],
  [400, 'MissingParameter.RoleArn', 'AuthenticationFailed', /check roleARN/],
  [404, 'InvalidAccessKeyId.NotFound', 'AuthenticationFailed', /put in a valid access key/],
  [400, 'InvalidSecurityToken.Expired', 'AuthenticationFailed', /put in a valid STS token/],
  [400, 'SignatureDoesNotMatch', 'AuthenticationFailed', /secret does not belong to the access key ID/],
  [400, 'InvalidTimeStamp.Expired', 'ClockSkewed', /set the clock/],
  [400, 'Throttling.User', 'Throttled', /throttles the calls/],
  [500, 'InternalError', 'ServerError', /failed to answer/],
  [503, 'ServiceUnavailable', 'ServerError', /failed to answer/],
  [418, 'NeverSeenBefore', 'UnexpectedResponse', /does not know \(NeverSeenBefore\)/],
];

describe('a failure of STS', () => {
  for (const [status, code, kind, says] of CODES)
    it(`${status} ${code} is ${kind}, with what to do`, () => {
      const { failure, code: label, requestID } = mapStsError(vendorError(status, code), 'media/account');
      expect(failure.kind).to.equal(kind);
      expect(failure.message)
        .to.match(says)
        .and.contain(code)
        .and.not.match(/CANARY|1B6F4C5D/);
      expect(label).to.equal(code);
      expect(requestID).to.equal('1B6F4C5D');
    });

  it('is about the role or the token only by the beginning of its code', () => {
    for (const [, code] of CODES.filter(([, each]) => /^(EntityNotExist|AuthenticationFail)/.test(each))) {
      const { failure } = mapStsError(vendorError(403, `Not${code}`), 'media/account');
      expect(failure.kind, code).to.equal('UnexpectedResponse');
      expect(failure.message).to.match(/^STS gave an answer that this operator does not know/);
    }
    for (const code of ['EntityNotExist', 'AuthenticationFail'])
      expect(mapStsError(vendorError(403, code), 'media/account').failure.kind).to.equal(
        'AuthenticationFailed',
      );
    expect(mapStsError(vendorError(404, 'JobNotFound'), 'default').failure.kind).to.equal(
      'AuthenticationFailed',
    );
  });

  it('names STS when STS cannot be reached or trusted', () => {
    const messageOf = (code: string) =>
      mapStsError(Object.assign(new Error('CANARY'), { code }), 'default').failure.message;
    expect(messageOf('ECONNREFUSED')).to.match(/^STS cannot be reached \(ECONNREFUSED\)/);
    expect(messageOf('SELF_SIGNED_CERT_IN_CHAIN')).to.match(/^the TLS certificate of STS is not trusted/);
  });

  it('has a known kind and no foreign text, whatever was thrown', () => {
    for (const error of [
      undefined,
      'CANARY',
      {},
      new SyntaxError('CANARY'),
      { data: { statusCode: 'CANARY' } },
    ]) {
      const { failure } = mapStsError(error, 'default');
      expect(FAILURE_KINDS).to.contain(failure.kind);
      expect(failure.message).not.to.contain('CANARY');
    }
  });
});
