// The operator's own key, from its environment.

import { expect } from 'chai';
import { accessKeyOf } from '../../../src/cloud/environment-credentials.ts';

const ID = 'ALIBABA_CLOUD_ACCESS_KEY_ID';
const SECRET = 'ALIBABA_CLOUD_ACCESS_KEY_SECRET';
const TOKEN = 'ALIBABA_CLOUD_SECURITY_TOKEN';

describe("the environment's access key", () => {
  it('is none where there is none', () => {
    expect(accessKeyOf({})).to.equal(undefined);
    expect(accessKeyOf({ [ID]: '', [SECRET]: ' ' })).to.equal(undefined);
    expect(accessKeyOf({ [TOKEN]: 'left-over' })).to.equal(undefined);
  });

  it('is a pair', () => {
    expect(accessKeyOf({ [ID]: 'id', [SECRET]: 'secret' })).to.deep.equal({
      accessKeyID: 'id',
      accessKeySecret: 'secret',
    });
  });

  it('can have a security token', () => {
    expect(accessKeyOf({ [ID]: 'id', [SECRET]: 'secret', [TOKEN]: 'token' })).to.include({
      securityToken: 'token',
    });
    expect(accessKeyOf({ [ID]: 'id', [SECRET]: 'secret', [TOKEN]: '' })).not.to.have.property(
      'securityToken',
    );
  });

  it('is taken without the white space around it, as files of Secrets end in a newline', () => {
    expect(accessKeyOf({ [ID]: ' id\n', [SECRET]: 'secret\n', [TOKEN]: 'token\n' })).to.deep.equal({
      accessKeyID: 'id',
      accessKeySecret: 'secret',
      securityToken: 'token',
    });
  });

  it('is refused when half of the pair is missing, by the name of the other half', () => {
    expect(() => accessKeyOf({ [ID]: 'CANARY' })).to.throw(/ACCESS_KEY_ID is set without .*SECRET$/);
    expect(() => accessKeyOf({ [SECRET]: 'CANARY' })).to.throw(/SECRET is set without .*ACCESS_KEY_ID$/);
  });

  for (const name of [ID, SECRET, TOKEN])
    it(`is refused when ${name} holds what no key does, without repeating it`, () => {
      const pair = { [ID]: 'id', [SECRET]: 'secret' };
      for (const value of ['CANARY\nCANARY', 'CANARY CANARY', 'CANARY“', '\u0000CANARY'])
        expect(() => accessKeyOf({ ...pair, [name]: value }))
          .to.throw(`${name} holds`)
          .and.not.match(/CANARY/);
    });
});
