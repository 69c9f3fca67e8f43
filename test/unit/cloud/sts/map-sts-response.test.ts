// Answers of STS, of any shape.

import { expect } from 'chai';
import { UnexpectedBody } from '../../../../src/cloud/client/call-errors.ts';
import { mapAccountID, mapSession } from '../../../../src/cloud/sts/map-sts-response.ts';

const CREDENTIALS = {
  AccessKeyId: 'STS.id',
  AccessKeySecret: 'secret',
  SecurityToken: 'token+/=',
  Expiration: '2026-01-01T01:00:00Z',
};

describe('the answer to AssumeRole', () => {
  it('gives a key and its expiration', () => {
    expect(mapSession({ Credentials: CREDENTIALS, RequestId: 'x' })).to.deep.equal({
      accessKey: { accessKeyID: 'STS.id', accessKeySecret: 'secret', securityToken: 'token+/=' },
      expiration: Date.parse('2026-01-01T01:00:00Z'),
    });
  });

  const BAD: unknown[] = [
    undefined,
    null,
    'CANARY',
    {},
    { Credentials: null },
    { Credentials: 'CANARY' },
    ...Object.keys(CREDENTIALS).flatMap((name) => [
      { Credentials: { ...CREDENTIALS, [name]: undefined } },
      { Credentials: { ...CREDENTIALS, [name]: 'CANARY\nCANARY' } },
      { Credentials: { ...CREDENTIALS, [name]: 7 } },
    ]),
  ];
  for (const body of BAD)
    it(`is refused as ${JSON.stringify(body)}`, () => {
      expect(() => mapSession(body))
        .to.throw(UnexpectedBody, 'the answer of STS holds no session')
        .and.not.match(/CANARY/);
    });
});

describe('the answer to GetCallerIdentity', () => {
  it('gives the account', () => {
    expect(mapAccountID({ AccountId: '1000000000000001', Arn: 'x' })).to.equal('1000000000000001');
  });

  for (const body of [undefined, null, {}, { AccountId: 1 }, { AccountId: '' }, { AccountId: 'CANARY' }])
    it(`is refused as ${JSON.stringify(body)}`, () => {
      expect(() => mapAccountID(body))
        .to.throw(UnexpectedBody, 'the answer of STS names no account')
        .and.not.match(/CANARY/);
    });
});
