// A Secret becomes a credential, or a message that says what is wrong with it.

import { expect } from 'chai';
import { conditionsFrom } from '../../../src/api/conditions.ts';
import type { Credential } from '../../../src/credentials/credential.ts';
import { credentialOfSecret, type SecretRules } from '../../../src/credentials/secret-credential.ts';
import type { Failure } from '../../../src/job/model/failures.ts';
import type { SecretContent, SecretData } from '../../../src/job/model/kube-port.ts';
import { MOST_SECRET_BYTES } from '../../../src/kube/client/kube-client.ts';

const SECRET = { namespace: 'media', name: 'account' };
const RULES: SecretRules = { allowedEndpoints: ['*.aliyuncs.com'], allowInsecure: false };
const PAIR = { accessKeyID: 'LTAI-CANARY', accessKeySecret: 'CANARY-secret' };

function credential(data: SecretData, rules = RULES): Credential {
  const resolved = credentialOfSecret(SECRET, data, rules);
  expect(resolved).to.have.property('credential');
  return (resolved as { credential: Credential }).credential;
}

function failure(data: SecretContent, rules = RULES): Failure {
  const resolved = credentialOfSecret(SECRET, data, rules);
  expect(resolved).to.have.property('failure');
  return (resolved as { failure: Failure }).failure;
}

describe('a Secret', () => {
  it('gives its access key, with the name of the Secret as identity', () => {
    expect(credential(PAIR)).to.deep.include({ identity: 'media/account', accessKey: PAIR });
  });

  it('gives its token, region and endpoint', () => {
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

  it('gives the role that its key assumes, with the operator’s session name by default', () => {
    const roleARN = 'acs:ram::1000000000000001:role/job-reader';
    expect(credential({ ...PAIR, roleARN: `${roleARN}\n` }).role).to.deep.equal({
      roleARN,
      sessionName: 'edge-transcode-job-operator',
    });
    const named = { ...PAIR, roleARN, roleSessionName: 'media@1', externalID: 'a/b:c' };
    expect(credential(named).role).to.deep.equal({ roleARN, sessionName: 'media@1', externalID: 'a/b:c' });
    expect(credential({ ...PAIR, roleSessionName: 'media', externalID: 'abc' })).not.to.have.property('role');
  });

  it('gives the account that it names', () => {
    expect(credential({ ...PAIR, accountID: ' 1000000000000001' }).accountID).to.equal('1000000000000001');
    expect(credential({ ...PAIR, accountID: '' })).not.to.have.property('accountID');
  });

  it('is read without the white space around its values', () => {
    const spaced = {
      accessKeyID: `${PAIR.accessKeyID}\n`,
      accessKeySecret: ` ${PAIR.accessKeySecret}`,
      regionID: ' \n',
    };
    expect(credential(spaced)).to.deep.include({ accessKey: PAIR }).and.not.have.property('regionID');
  });

  it('has another version when any value changes, and the same version for the same values', () => {
    const versions = [
      credential(PAIR),
      credential({ ...PAIR, accessKeySecret: 'other' }),
      credential({ ...PAIR, securityToken: 'token' }),
      credential({ ...PAIR, endpoint: 'live.aliyuncs.com' }),
      credential({ ...PAIR, regionID: 'eu-central-1' }),
      credential({ ...PAIR, roleARN: 'acs:ram::1:role/a' }),
      credential({ ...PAIR, roleARN: 'acs:ram::1:role/a', externalID: 'ab' }),
      credential({ ...PAIR, accountID: '1' }),
    ].map(({ version }) => version);
    expect(new Set(versions).size).to.equal(8);
    expect(credential({ ...PAIR }).version).to.equal(versions[0]);
    expect(versions.join()).not.to.match(/CANARY/);
  });

  it('that may not be read has a message whose commands a condition holds whole, however long the names', () => {
    const [namespace, name] = ['n'.repeat(63), 's'.repeat(253)];
    const rules = { allowedEndpoints: [], allowInsecure: false };
    const refused = credentialOfSecret({ namespace, name }, 'forbidden', rules);
    const message = 'failure' in refused ? refused.failure.message : '';
    const findings = { Ready: { status: 'False', reason: 'CredentialsNotFound', message } } as const;
    const [condition] = conditionsFrom(undefined, findings, 1, '2026-01-01T00:00:00Z');
    expect(condition?.message).to.equal(message);
    expect(message).to.match(/--serviceaccount=edge-transcode-system:edge-transcode-job-operator/);
  });

  const REFUSED: [string, SecretContent, RegExp][] = [
    ['does not exist', 'missing', /Secret media\/account does not exist; create it/],
    [
      'may not be read',
      'forbidden',
      /may not read Secret media\/account; allow it: kubectl --namespace media create role .* && kubectl --namespace media create rolebinding /,
    ],
    [
      'is too large',
      'tooLarge',
      new RegExp(
        `^Secret media/account is larger than ${MOST_SECRET_BYTES / 1_024} KiB; put the credentials into a Secret`,
      ),
    ],
    ['has no keys', {}, /has no keys accessKeyID and accessKeySecret; add them$/],
    ['has no ID', { accessKeySecret: 'CANARY' }, /has no key accessKeyID; add it$/],
    ['has no secret', { accessKeyID: 'CANARY', accessKeySecret: ' ' }, /has no key accessKeySecret; add it$/],
    [
      'has keys of other names',
      { AccessKeyId: 'CANARY', AccessKeySecret: 'CANARY' },
      /has no keys accessKeyID and/,
    ],
    [
      'holds a newline in the key',
      { ...PAIR, accessKeySecret: 'CANARY\nCANARY' },
      /accessKeySecret in Secret media\/account is longer than 8,192 characters or not visible ASCII; correct it$/,
    ],
    [
      'holds binary in the token',
      { ...PAIR, securityToken: 'CANARY\ufffd' },
      /securityToken in Secret media\/account is longer than 8,192 characters or not visible ASCII; correct it$/,
    ],
    ...['CANARY', 'acs:ram::1:user/CANARY', 'acs:ram::CANARY:role/a', 'acs:ram::1:role/a CANARY'].map(
      (roleARN): [string, SecretData, RegExp] => [
        `names ${roleARN} as its role`,
        { ...PAIR, roleARN },
        /^roleARN in Secret media\/account is not the ARN of a role/,
      ],
    ),
    [
      'has an invalid session name',
      { ...PAIR, roleSessionName: 'CANARY!' },
      /^roleSessionName in Secret media\/account is not/,
    ],
    [
      'has an invalid external ID',
      { ...PAIR, externalID: 'CANARY "' },
      /^externalID in Secret media\/account is not/,
    ],
    [
      'has an invalid region',
      { ...PAIR, regionID: 'CANARY&x=y' },
      /^regionID in Secret media\/account is not the ID of a region/,
    ],
    [
      'has a region that is too long',
      { ...PAIR, regionID: 'r'.repeat(65) },
      /^regionID in Secret media\/account/,
    ],
    [
      'has a token that is too long',
      { ...PAIR, securityToken: 's'.repeat(8_193) },
      /^securityToken in Secret media\/account is longer than/,
    ],
    [
      'has an invalid account',
      { ...PAIR, accountID: 'CANARY' },
      /^accountID in Secret media\/account is not the digits/,
    ],
    [
      'has an endpoint that is not allowed',
      { ...PAIR, endpoint: 'CANARY.example' },
      /not among .* --allowed-endpoints/,
    ],
    [
      'has a plain HTTP endpoint',
      { ...PAIR, endpoint: 'http://live.aliyuncs.com' },
      /not https.*--insecure-endpoint/,
    ],
    ['has a plain HTTP endpoint on loopback', { ...PAIR, endpoint: 'http://127.0.0.1:1' }, /not https/],
    ['has a path in its endpoint', { ...PAIR, endpoint: 'live.aliyuncs.com/CANARY' }, /must not hold a path/],
    [
      'has a password in its endpoint',
      { ...PAIR, endpoint: 'https://u:CANARY@live.aliyuncs.com' },
      /user name/,
    ],
  ];
  for (const [name, data, message] of REFUSED)
    it(`that ${name} is CredentialsNotFound, with what to do and without a value`, () => {
      const { kind, message: text } = failure(data);
      expect(kind).to.equal('CredentialsNotFound');
      expect(text)
        .to.match(message)
        .and.not.match(/CANARY/);
    });

  it('may name plain HTTP if the operator allows it, but only to an allowed endpoint', () => {
    const rules = { ...RULES, allowInsecure: true };
    expect(credential({ ...PAIR, endpoint: 'http://live.aliyuncs.com' }, rules).endpoint?.protocol).to.equal(
      'http',
    );
    expect(failure({ ...PAIR, endpoint: 'http://10.0.0.1' }, rules).message).to.match(/--allowed-endpoints/);
  });
});
