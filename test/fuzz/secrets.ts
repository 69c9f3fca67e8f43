/** Secrets of tenants: what is read of them, and the messages about them. */
import fc from 'fast-check';
import { FORMATS } from '../../src/credentials/credential.ts';
import {
  credentialOfSecret,
  SECRET_KEYS,
  type SecretRules,
} from '../../src/credentials/secret-credential.ts';
import { RefusedError } from '../../src/kube/client/api-error.ts';
import { TooLargeError } from '../../src/kube/client/bounded-body.ts';
import { KubeSecrets } from '../../src/kube/client/secrets.ts';
import type { Border } from './kit/border.ts';
import { CANARY, canaryWith, expectNoSecret } from './kit/canary.ts';
import { mutatedText } from './kit/mutate.ts';
import { longText, oddText } from './kit/texts.ts';

const endpoint = fc
  .tuple(
    fc.constantFrom('', 'https://', 'http://', 'ftp://', 'https://user:', '//', 'javascript:'),
    fc.constantFrom('live.aliyuncs.com', '127.0.0.1', '[::1]', 'xn--fiqs8s', '中文.com', `${CANARY}.com`),
    fc.constantFrom('', '/', ':443', ':99999', `/${CANARY}`, `?${CANARY}`, `@${CANARY}`, `#${CANARY}`),
  )
  .map((parts) => parts.join(''));

const value = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(CANARY, ` ${CANARY}\n`, canaryWith('\0'), canaryWith('é'), '', ' '),
  },
  { weight: 3, arbitrary: endpoint },
  {
    weight: 2,
    arbitrary: fc.constantFrom('cn-shanghai', 'acs:ram::1:role/r', '1000000000000001', 'session@1'),
  },
  { weight: 2, arbitrary: mutatedText(fc.constantFrom(CANARY, `acs:ram::1:role/${CANARY}`)) },
  { weight: 1, arbitrary: oddText },
  { weight: 1, arbitrary: longText },
);

interface Input {
  /** Data in Base64, as the API server sends them; a value may be no Base64. */
  readonly data: Readonly<Record<string, string>>;
  readonly rules: SecretRules;
  /** What the API server answers instead. */
  readonly trouble: 404 | 403 | 500 | 'too large' | 'no answer' | undefined;
}

const key = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...SECRET_KEYS) },
  { weight: 1, arbitrary: oddText },
);

export const secrets: Border<Input> = {
  name: 'secrets',
  inputs: fc.record({
    data: fc.dictionary(
      key,
      fc.oneof({ weight: 9, arbitrary: value.map(base64) }, { weight: 1, arbitrary: value }),
      { noNullPrototype: true, maxKeys: 9 },
    ),
    rules: fc.record({
      allowedEndpoints: fc.subarray(['*.aliyuncs.com', '*', '10.0.0.1:8443']),
      allowInsecure: fc.boolean(),
    }),
    trouble: fc.constantFrom<Input['trouble']>(
      ...Array(9).fill(undefined),
      404,
      403,
      500,
      'too large',
      'no answer',
    ),
  }),
  open: () => ({ take }),
};

async function take({ data, rules, trouble }: Input): Promise<void> {
  const secretData = async () => {
    if (trouble !== undefined) throw errorOf(trouble);
    return data;
  };
  const reader = new KubeSecrets({ secretData } as never);
  const content = await reader.read('media', 'account', SECRET_KEYS).catch((error: Error) => {
    // The reader's own error says only why the API server could not be asked.
    if (!/^reading a Secret failed: [\w ]+$/.test(error.message)) throw error;
    return undefined;
  });
  if (content === undefined) return;
  const resolved = credentialOfSecret({ namespace: 'media', name: 'account' }, content, rules);
  if ('failure' in resolved) {
    expectNoSecret('the message', JSON.stringify(resolved));
    if (resolved.failure.message.length > 1_024) throw new Error('the message is too long');
    return;
  }
  const { accessKey, identity, version, regionID = 'r', accountID = '1', endpoint: to } = resolved.credential;
  for (const text of Object.values(accessKey))
    if (!FORMATS.keyText.test(text) || text === '') throw new Error('a key that cannot be sent in a header');
  if (!FORMATS.accountID.test(accountID) || !/^[a-z0-9-]{1,64}$/.test(regionID))
    throw new Error('no region or account');
  if (to && (new URL(`${to.protocol}://${to.host}`).host !== to.host || to.host.length > 260))
    throw new Error(`${to.host} is no host`);
  if (to?.protocol === 'http' && !rules.allowInsecure) throw new Error('plain HTTP is not allowed');
  expectNoSecret('the identity', identity, version);
}

function errorOf(trouble: NonNullable<Input['trouble']>): Error {
  if (trouble === 'too large') return new TooLargeError();
  if (trouble === 'no answer') return Object.assign(new Error(CANARY), { code: 'ECONNRESET' });
  return new RefusedError({ status: trouble, reason: `HTTP ${trouble}` });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
