// What a Secret says, or what is wrong with it.

import { expect } from 'chai';
import {
  type Credential,
  credentialOfSecret,
  type SecretRules,
} from '../../../src/cloud/secret-credential.ts';
import type { Failure, SecretData } from '../../../src/job/ports.ts';

const SECRET = { namespace: 'media', name: 'account' };
const RULES: SecretRules = { allowedEndpoints: ['*.aliyuncs.com'], allowInsecure: false };
const PAIR = { accessKeyID: 'LTAI-CANARY', accessKeySecret: 'CANARY-secret' };

function credential(data: SecretData, rules = RULES): Credential {
  const resolved = credentialOfSecret(SECRET, data, rules);
  expect(resolved).to.have.property('credential');
  return (resolved as { credential: Credential }).credential;
}

function failure(data: SecretData | 'missing' | 'forbidden', rules = RULES): Failure {
  const resolved = credentialOfSecret(SECRET, data, rules);
  expect(resolved).to.have.property('failure');
  return (resolved as { failure: Failure }).failure;
}

describe('a Secret', () => {
  it('gives its pair, under the name of the Secret', () => {
    expect(credential(PAIR)).to.deep.include({ identity: 'media/account', accessKey: PAIR });
  });

  it('gives token, region and endpoint where it has them', () => {
    const all = {
      ...PAIR,
      securityToken: 'token',
      regionID: 'eu-central-1',
      endpoint: 'live-vpc.aliyuncs.com',
    };
    expect(credential(all)).to.deep.include({
      accessKey: { ...PAIR, securityToken: 'token' },
      regionID: 'eu-central-1',
      endpoint: { protocol: 'https', host: 'live-vpc.aliyuncs.com' },
    });
  });

  it('is taken without the white space around its values', () => {
    const spaced = {
      accessKeyID: `${PAIR.accessKeyID}\n`,
      accessKeySecret: ` ${PAIR.accessKeySecret}`,
      regionID: ' \n',
    };
    expect(credential(spaced)).to.deep.include({ accessKey: PAIR }).and.not.have.property('regionID');
  });

  it('has another version when any value is another, and the same for the same', () => {
    const versions = [
      credential(PAIR),
      credential({ ...PAIR, accessKeySecret: 'other' }),
      credential({ ...PAIR, securityToken: 'token' }),
      credential({ ...PAIR, endpoint: 'live.aliyuncs.com' }),
      credential({ ...PAIR, regionID: 'eu-central-1' }),
    ].map(({ version }) => version);
    expect(new Set(versions).size).to.equal(5);
    expect(credential({ ...PAIR }).version).to.equal(versions[0]);
    expect(versions.join()).not.to.match(/CANARY/);
  });

  const REFUSED: [string, SecretData | 'missing' | 'forbidden', RegExp][] = [
    ['is missing', 'missing', /namespace media has no Secret account; create it/],
    [
      'may not be read',
      'forbidden',
      /may not read Secret account; bind .* get on that Secret in namespace media/,
    ],
    ['has no keys', {}, /lacks accessKeyID and accessKeySecret/],
    ['lacks the ID', { accessKeySecret: 'CANARY' }, /lacks accessKeyID$/],
    ['lacks the secret', { accessKeyID: 'CANARY', accessKeySecret: ' ' }, /lacks accessKeySecret$/],
    ['names them otherwise', { AccessKeyId: 'CANARY', AccessKeySecret: 'CANARY' }, /lacks accessKeyID and/],
    [
      'holds a newline in the key',
      { ...PAIR, accessKeySecret: 'CANARY\nCANARY' },
      /accessKeySecret in Secret account holds/,
    ],
    [
      'holds binary in the token',
      { ...PAIR, securityToken: 'CANARY\ufffd' },
      /securityToken in Secret account holds/,
    ],
    [
      'has an endpoint elsewhere',
      { ...PAIR, endpoint: 'CANARY.example' },
      /not among .* --allowed-endpoints/,
    ],
    [
      'has a plain HTTP endpoint',
      { ...PAIR, endpoint: 'http://live.aliyuncs.com' },
      /not https.*--insecure-endpoint/,
    ],
    ['has a plain HTTP endpoint on loopback', { ...PAIR, endpoint: 'http://127.0.0.1:1' }, /not https/],
    ['has no endpoint but a path', { ...PAIR, endpoint: 'live.aliyuncs.com/CANARY' }, /must not hold a path/],
    [
      'has a password in its endpoint',
      { ...PAIR, endpoint: 'https://u:CANARY@live.aliyuncs.com' },
      /user name/,
    ],
  ];
  for (const [name, data, message] of REFUSED)
    it(`that ${name} is CredentialsNotFound, with what to do and without a value`, () => {
      const { kind, message: told } = failure(data);
      expect(kind).to.equal('CredentialsNotFound');
      expect(told)
        .to.match(message)
        .and.not.match(/CANARY/);
    });

  it('may name plain HTTP where the operator allows it, and still no endpoint elsewhere', () => {
    const rules = { ...RULES, allowInsecure: true };
    expect(credential({ ...PAIR, endpoint: 'http://live.aliyuncs.com' }, rules).endpoint?.protocol).to.equal(
      'http',
    );
    expect(failure({ ...PAIR, endpoint: 'http://10.0.0.1' }, rules).message).to.match(/--allowed-endpoints/);
  });
});
