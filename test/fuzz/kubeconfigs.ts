/** Kubeconfig files, and the errors about them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { loadKubeConfig, PooledKubeConfig } from '../../src/kube/client/kube-config.ts';
import type { Border } from './kit/border.ts';
import { CANARY, expectNoSecret } from './kit/canary.ts';
import { mutatedJson, mutatedText } from './kit/mutate.ts';
import { longText, mostly, oddText } from './kit/texts.ts';

const BASE64 = Buffer.from(`-----BEGIN X-----\n${CANARY}`).toString('base64');

const cluster = fc.record(
  {
    server: mostly(
      'https://127.0.0.1:6443',
      'http://127.0.0.1:8080/',
      'https://[::1]:6443/k8s',
      `https://u:${CANARY}@h`,
    ),
    'certificate-authority-data': fc.constantFrom(BASE64, '!'),
    'certificate-authority': mostly('/dev/null', 'missing.crt'),
    'insecure-skip-tls-verify': fc.boolean(),
    'tls-server-name': mostly('kubernetes'),
    'proxy-url': mostly('http://127.0.0.1:3128', 'socks5://127.0.0.1:1080', `http://u:${CANARY}@127.0.0.1`),
    'disable-compression': fc.boolean(),
    extensions: fc.constant([{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }]),
  },
  { requiredKeys: ['server'], noNullPrototype: true },
);

const user = fc.record(
  {
    token: fc.constant(CANARY),
    tokenFile: mostly('/dev/null', 'missing'),
    'client-certificate-data': fc.constant(BASE64),
    'client-key-data': fc.constant(BASE64),
    username: mostly('admin'),
    password: fc.constant(CANARY),
    as: mostly('other'),
    'as-groups': fc.constant(['g']),
    'auth-provider': fc.constant({ name: 'oidc', config: { 'id-token': CANARY } }),
    exec: fc.record({
      apiVersion: fc.constant('client.authentication.k8s.io/v1'),
      command: mostly('true', './plugin'),
      args: fc.constant([CANARY]),
      env: fc.constant([{ name: 'T', value: CANARY }]),
      interactiveMode: mostly('Never', 'Always'),
    }),
  },
  { requiredKeys: [], noNullPrototype: true },
);

const document = fc.tuple(cluster, user, fc.constantFrom('x', 'y')).map(([first, second, current]) => ({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': current,
  clusters: [{ name: 'c', cluster: first }],
  users: [{ name: 'u', user: second }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'media' } }],
}));

/** Ten levels of references, which a reader that copies them would make a million. */
const REFERENCES = [
  'a0: &a0 [x]',
  ...Array.from(
    { length: 9 },
    (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`)}]`,
  ),
  'clusters: *a9',
].join('\n');

const text = fc.oneof(
  { weight: 8, arbitrary: mutatedJson(document).map((value) => JSON.stringify(value)) },
  { weight: 4, arbitrary: mutatedText(document.map((value) => stringify(value))) },
  {
    weight: 1,
    arbitrary: mutatedText(fc.constantFrom(REFERENCES, `- !!js/function "${CANARY}"`, `%YAML 9\n${CANARY}`)),
  },
  { weight: 1, arbitrary: oddText },
  { weight: 1, arbitrary: longText },
);

export const kubeconfigs: Border<readonly string[]> = {
  name: 'kubeconfigs',
  inputs: fc.oneof({ weight: 3, arbitrary: fc.tuple(text) }, { weight: 1, arbitrary: fc.tuple(text, text) }),
  open,
};

function open() {
  const folder = mkdtempSync(join(tmpdir(), 'fuzz-kubeconfigs-'));
  return {
    take: (texts: readonly string[]) => {
      const files = texts.map((each, index) => {
        const file = join(folder, `config-${index}`);
        writeFileSync(file, each);
        return file;
      });
      const environment = { KUBECONFIG: files.join(':'), HOME: folder };
      const config = loaded(environment);
      if (config === undefined) return;
      const { server = '' } = config.getCurrentCluster() ?? {};
      if (!/^https?:$/.test(new URL(server).protocol)) throw new Error(`the server ${server} is no URL`);
      if (config.getCurrentUser() === null) throw new Error('it has no user');
    },
    close: () => rmSync(folder, { recursive: true }),
  };
}

function loaded(environment: Record<string, string>): PooledKubeConfig | undefined {
  try {
    return loadKubeConfig(new PooledKubeConfig(), { path: undefined, environment });
  } catch (error) {
    const { message } = error as Error;
    if (!message.startsWith('the kubeconfig cannot be used: ')) throw error;
    expectNoSecret('the error', message);
    return undefined;
  }
}
