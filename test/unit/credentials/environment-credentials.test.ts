// The operator's own credentials, from its environment.

import { expect } from 'chai';
import {
  accessKeyOf,
  ownCredentials,
  rrsaOf,
  sourceOf,
} from '../../../src/credentials/environment-credentials.ts';

const ID = 'ALIBABA_CLOUD_ACCESS_KEY_ID';
const SECRET = 'ALIBABA_CLOUD_ACCESS_KEY_SECRET';
const TOKEN = 'ALIBABA_CLOUD_SECURITY_TOKEN';

describe("the environment's access key", () => {
  it('is undefined when its variables are not set', () => {
    expect(accessKeyOf({})).to.equal(undefined);
    expect(accessKeyOf({ [ID]: '', [SECRET]: ' ' })).to.equal(undefined);
    expect(accessKeyOf({ [TOKEN]: 'left-over' })).to.equal(undefined);
  });

  it('is an ID and a secret', () => {
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

  it('is read without white space around it, because files of Secrets end in a newline', () => {
    expect(accessKeyOf({ [ID]: ' id\n', [SECRET]: 'secret\n', [TOKEN]: 'token\n' })).to.deep.equal({
      accessKeyID: 'id',
      accessKeySecret: 'secret',
      securityToken: 'token',
    });
  });

  it('is refused when half of the pair is missing, with the names of both halves', () => {
    expect(() => accessKeyOf({ [ID]: 'CANARY' })).to.throw(/ACCESS_KEY_ID is set without .*SECRET$/);
    expect(() => accessKeyOf({ [SECRET]: 'CANARY' })).to.throw(/SECRET is set without .*ACCESS_KEY_ID$/);
  });

  for (const name of [ID, SECRET, TOKEN])
    it(`is refused when ${name} holds characters that no key has, without repeating them`, () => {
      const pair = { [ID]: 'id', [SECRET]: 'secret' };
      for (const value of ['CANARY\nCANARY', 'CANARY CANARY', 'CANARY“', '\u0000CANARY'])
        expect(() => accessKeyOf({ ...pair, [name]: value }))
          .to.throw(`${name} is longer than 8,192 characters or not visible ASCII`)
          .and.not.match(/CANARY/);
    });
});

const ROLE = 'ALIBABA_CLOUD_ROLE_ARN';
const PROVIDER = 'ALIBABA_CLOUD_OIDC_PROVIDER_ARN';
const FILE = 'ALIBABA_CLOUD_OIDC_TOKEN_FILE';
const RRSA = {
  [ROLE]: 'acs:ram::1000000000000001:role/job-reader',
  [PROVIDER]: 'acs:ram::1000000000000001:oidc-provider/ack-rrsa-c1',
  [FILE]: '/var/run/secrets/tokens/oidc-token',
};
const PAIR = { [ID]: 'id', [SECRET]: 'secret' };

describe("the environment's role for RRSA", () => {
  it('is undefined when its variables are not set', () => {
    expect(rrsaOf({})).to.equal(undefined);
    expect(rrsaOf({ [ROLE]: '', [PROVIDER]: ' ' })).to.equal(undefined);
  });

  it('is a role, a provider and a file', () => {
    expect(rrsaOf({ ...RRSA, [ROLE]: `${RRSA[ROLE]}\n` })).to.deep.equal({
      roleARN: RRSA[ROLE],
      oidcProviderARN: RRSA[PROVIDER],
      tokenFile: RRSA[FILE],
    });
  });

  it('is refused when only some variables are set, with the names of all', () => {
    expect(() => rrsaOf({ ...RRSA, [FILE]: '' })).to.throw(`${ROLE} and ${PROVIDER} are set without ${FILE}`);
    expect(() => rrsaOf({ [FILE]: 'CANARY' })).to.throw(`${FILE} is set without ${ROLE} and ${PROVIDER}`);
  });

  it('is refused when an ARN is invalid, without repeating it', () => {
    for (const name of [ROLE, PROVIDER])
      expect(() => rrsaOf({ ...RRSA, [name]: 'CANARY' }))
        .to.throw(`${name} is not the ARN of`)
        .and.not.match(/CANARY/);
  });
});

describe("the operator's own credentials", () => {
  it('are the role if it is set, else the key, else none', () => {
    expect(ownCredentials({ ...RRSA, ...PAIR }, 'auto', true)).to.have.nested.property('own.roleARN');
    expect(ownCredentials(PAIR, 'auto', true)).to.have.nested.property('own.accessKeyID');
    expect(ownCredentials({}, 'auto', true)).to.deep.equal({ own: undefined });
  });

  it('are the kind that --credentials names, whatever else is set', () => {
    expect(ownCredentials({ ...RRSA, ...PAIR }, 'access-key', true)).to.have.nested.property(
      'own.accessKeyID',
    );
    expect(ownCredentials({ ...RRSA, [ID]: 'half' }, 'rrsa', true)).to.have.nested.property('own.roleARN');
    expect(ownCredentials({ ...PAIR, [ROLE]: 'half' }, 'access-key', false)).to.have.property('own');
  });

  it('are refused when --credentials names a kind that is not set', () => {
    expect(errorOf(PAIR, 'rrsa')).to.match(/^--credentials: rrsa: .*ROLE_ARN, .* are not set/);
    expect(errorOf(RRSA, 'access-key')).to.match(/^--credentials: access-key: .* are not set$/);
  });

  it('are refused with all errors at once', () => {
    const result = ownCredentials({ [ROLE]: RRSA[ROLE], [ID]: 'half' }, 'auto', true);
    expect(result).to.have.property('errors').with.length(2);
  });

  it('cannot be a role without an STS', () => {
    expect(errorOf(RRSA, 'auto', false)).to.match(/^--sts-endpoint: none, but the role of RRSA needs STS/);
    expect(ownCredentials(PAIR, 'auto', false)).to.have.property('own');
  });

  function errorOf(
    environment: Record<string, string>,
    source: Parameters<typeof ownCredentials>[1],
    canAssume = true,
  ): string {
    const result = ownCredentials(environment, source, canAssume);
    return 'errors' in result ? result.errors.join('\n') : '';
  }
});

describe("the source of the operator's own credentials", () => {
  it('is named without a key, a token or an account', () => {
    const key = { accessKeyID: 'CANARY', accessKeySecret: 'CANARY' };
    const role = { roleARN: 'acs:ram::1:role/ops/reader', oidcProviderARN: 'CANARY', tokenFile: 'CANARY' };
    const sources = [undefined, key, { ...key, securityToken: 'CANARY' }, role].map(sourceOf);
    expect(sources).to.deep.equal([
      { source: 'none' },
      { source: 'access-key' },
      { source: 'sts-token' },
      { source: 'rrsa', role: 'ops/reader' },
    ]);
  });
});
