// No message repeats a value of a Secret, for any content.

import { expect } from 'chai';
import fc from 'fast-check';
import { credentialOfSecret, type SecretRules } from '../../../src/credentials/secret-credential.ts';
import { anyText, holds } from '../kit/for-any.ts';

const SECRET = { namespace: 'media', name: 'account' };
/**
 * A text that no message contains. It is also a valid part of a host name, so it would be found there, too.
 */
const CANARY = 'canary7';

const value = fc.oneof(
  fc.constantFrom('', ' ', '\n'),
  anyText(30).map((part) => `${CANARY}${part}`),
  fc.constantFrom('', 'https://', 'http://', 'ftp://', 'https://user:').map((scheme) => `${scheme}${CANARY}`),
  fc
    .constantFrom('.aliyuncs.com', ':99999', '/path', '?query', '@host', '.example.com')
    .map((rest) => `${CANARY}${rest}`),
  fc.stringMatching(/^[\x21-\x7e]{1,20}$/).map((part) => `${CANARY}${part}`),
);
const key = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom('accessKeyID', 'accessKeySecret', 'securityToken', 'endpoint', 'regionID'),
  },
  anyText(20),
);
const data = fc.dictionary(key, value, { noNullPrototype: true, maxKeys: 8 });
const usable = fc.record(
  {
    accessKeyID: fc.constant(CANARY),
    accessKeySecret: fc.constant(CANARY),
    endpoint: value,
    regionID: value,
  },
  { requiredKeys: ['accessKeyID', 'accessKeySecret'], noNullPrototype: true },
);
const rules: fc.Arbitrary<SecretRules> = fc.record({
  allowedEndpoints: fc.subarray(['*.aliyuncs.com', '*', '10.0.0.1:8443']),
  allowInsecure: fc.boolean(),
});

describe('any Secret', () => {
  it('gives a credential that can sign, or a message that repeats no value', () => {
    holds(
      fc.property(fc.oneof(data, usable), rules, (secret, given) => {
        const resolved = credentialOfSecret(SECRET, secret, given);
        if ('failure' in resolved) {
          expect(resolved.failure.kind).to.equal('CredentialsNotFound');
          expect(resolved.failure.message).to.be.a('string').with.length.within(20, 400);
          expect(resolved.failure.message.toLowerCase()).not.to.contain(CANARY);
          return;
        }
        const { identity, accessKey, version } = resolved.credential;
        for (const part of Object.values(accessKey)) expect(part).to.match(/^[\x21-\x7e]+$/);
        expect(`${identity} ${version}`).not.to.contain(CANARY);
      }),
      1_000,
    );
  });

  it('has the same version for the same values, and another one when any of them changes', () => {
    const name = fc.constantFrom('accessKeyID', 'accessKeySecret', 'securityToken');
    holds(
      fc.property(
        name,
        fc.stringMatching(/^[\w-]{1,20}$/),
        fc.stringMatching(/^[\w-]{1,20}$/),
        (field, a, b) => {
          const [one, same, other] = [a, a, b].map((text) => versionOf({ [field]: text }));
          expect(one).to.equal(same);
          expect(one === other).to.equal(a === b);
        },
      ),
    );
  });
});

function versionOf(special: Readonly<Record<string, string>>): string {
  const secret = { accessKeyID: CANARY, accessKeySecret: CANARY, ...special };
  const resolved = credentialOfSecret(SECRET, secret, { allowedEndpoints: ['*'], allowInsecure: false });
  return 'credential' in resolved ? resolved.credential.version : '';
}
