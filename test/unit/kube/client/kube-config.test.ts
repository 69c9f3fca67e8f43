// Where the API server is found, and what is said where it is not.

import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { loadKubeConfig } from '../../../../src/kube/client/kube-config.ts';
import { connectKube } from '../../../../src/kube/connect.ts';

function kubeconfigOf(server: string, cluster = {}): string {
  return JSON.stringify({
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    users: [{ name: 'u', user: {} }],
    'current-context': 'x',
  });
}

describe('the configuration of the API server', () => {
  const outer = { ...process.env };
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  beforeEach(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'kubeconfig-'));
    process.env.HOME = folder.path;
    for (const name of ['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'])
      delete process.env[name];
  });
  afterEach(async () => {
    process.env = { ...outer };
    await folder.remove();
  });

  async function file(text: string): Promise<string> {
    const path = join(folder.path, 'config.yaml');
    await writeFile(path, text);
    return path;
  }

  function serverOf(path?: string): string | undefined {
    return loadKubeConfig(new KubeConfig(), path).getCurrentCluster()?.server;
  }

  it('is the file that is named', async () => {
    process.env.KUBECONFIG = join(folder.path, 'another');
    expect(serverOf(await file(kubeconfigOf('https://named.example')))).to.equal('https://named.example');
  });

  it('is what KUBECONFIG names, where nothing else is', async () => {
    process.env.KUBECONFIG = await file(kubeconfigOf('https://environment.example'));
    expect(serverOf()).to.equal('https://environment.example');
  });

  it('is none, with what was looked for, where there is nothing', () => {
    expect(() => serverOf()).to.throw(/neither --kubeconfig, KUBECONFIG nor ~\/.kube\/config/);
  });

  it('is none where the file is not there, or names no cluster', async () => {
    expect(() => serverOf(join(folder.path, 'nowhere'))).to.throw(/nowhere/);
    const path = await file('{"clusters":[],"contexts":[],"users":[]}');
    expect(() => serverOf(path)).to.throw(/no current context with a cluster/);
  });

  it('is none where a file that it names is not there', async () => {
    const path = await file(kubeconfigOf('https://named.example', { 'certificate-authority': 'gone.crt' }));
    expect(() => serverOf(path)).to.throw(/cannot be used: ENOENT.*gone\.crt/);
  });

  it("looks at a file with the token at each call: a service account's is replaced while we run", async () => {
    const tokenFile = join(folder.path, 'token');
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile } } };
    const kubeconfig = { ...JSON.parse(kubeconfigOf('https://named.example')), users: [{ name: 'u', user }] };
    const config = loadKubeConfig(new KubeConfig(), await file(JSON.stringify(kubeconfig)));
    for (const token of ['first', 'second']) {
      await writeFile(tokenFile, `${token}\n`);
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      expect(options.headers).to.deep.equal({ Authorization: `Bearer ${token}` });
    }
  });

  it('gives everything that talks to the API server', async () => {
    const { server, client, watch } = connectKube(
      await file(kubeconfigOf('https://named.example')),
      'operator/1',
    );
    expect(server).to.equal('https://named.example');
    expect(client).to.have.property('list');
    expect(watch).to.have.property('events');
  });
});
