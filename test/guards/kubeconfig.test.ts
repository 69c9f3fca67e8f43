/**
 * The table of kubeconfig fields in docs/reference.md: each row names the tests that show it, and each field
 * that kubectl knows is in a row.
 */
import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { rowsBelow } from './bounds.ts';
import { problemsOfTests } from './times/promises.ts';

/** Fields of `Cluster`, `AuthInfo`, `ExecConfig` and `Context` of kubectl's configuration, version v1. */
const FIELDS: readonly string[] = [
  ...['server', 'tls-server-name', 'insecure-skip-tls-verify', 'certificate-authority', 'proxy-url'],
  ...['disable-compression', 'extensions', 'client-certificate', 'client-key', 'token', 'tokenFile'],
  ...['as', 'as-uid', 'as-groups', 'as-user-extra', 'username', 'password', 'auth-provider', 'exec'],
  ...['command', 'args', 'env', 'installHint', 'provideClusterInfo', 'interactiveMode'],
  ...['cluster', 'user', 'namespace', 'current-context'],
];

const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : undefined);
const rows = rowsBelow('| part | support | shown by |', readFileSync('docs/reference.md', 'utf8'));

describe('the table of kubeconfig fields', () => {
  for (const [part = '', , tests = ''] of rows)
    it(`names tests that show the support of ${part}`, () => {
      expect(problemsOfTests(tests, textOf)).to.deep.equal([]);
    });

  it('has every field that kubectl knows', () => {
    const words = rows.map(([part, support]) => `${part} ${support}`).join('\n');
    const named = [...words.matchAll(/`([\w-]+)(?:: \w+)?`/g)].map(([, name]) => name);
    expect(FIELDS.filter((field) => !named.includes(field))).to.deep.equal([]);
  });
});
