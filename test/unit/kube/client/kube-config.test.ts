// The sources of the kubeconfig, and the errors when there is none or it cannot be used.

import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpMethod, KubeConfig, RequestContext } from '@kubernetes/client-node';
import { expect } from 'chai';
import { ProxyAgent } from 'undici';
import { loadKubeConfig, PooledKubeConfig } from '../../../../src/kube/client/kube-config.ts';
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
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  beforeEach(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(async () => {
    await folder.remove();
  });

  async function file(text: string): Promise<string> {
    const path = join(folder.path, 'config.yaml');
    await writeFile(path, text);
    return path;
  }

  function serverOf(path: string | undefined, environment: Record<string, string> = {}): string | undefined {
    const source = { path, environment: { HOME: folder.path, ...environment } };
    return loadKubeConfig(new KubeConfig(), source).getCurrentCluster()?.server;
  }

  it('is that of the pod in a cluster, whose token is read at each call', async () => {
    const account = join(folder.path, 'var/run/secrets/kubernetes.io/serviceaccount');
    await mkdir(account, { recursive: true });
    await writeFile(join(account, 'ca.crt'), 'an authority');
    await writeFile(join(account, 'namespace'), 'media');
    const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
    const before = { ...process.env };
    // The library reads the variables of the process.
    Object.assign(process.env, pod);
    try {
      await writeFile(join(account, 'token'), 'one');
      const KUBECONFIG = await file(kubeconfigOf('https://environment.example'));
      const source = { path: undefined, environment: { ...pod, KUBECONFIG }, root: folder.path };
      const config = loadKubeConfig(new KubeConfig(), source);
      expect(config.getCurrentCluster()?.server).to.equal('https://10.0.0.1:443');
      expect(config.getContextObject(config.getCurrentContext())?.namespace).to.equal('media');
      for (const token of ['one', 'two']) {
        await writeFile(join(account, 'token'), token);
        const options: RequestOptions = {};
        await config.applyToHTTPSOptions(options);
        expect(options.headers).to.deep.equal({ Authorization: `Bearer ${token}` });
        expect(String(options.ca)).to.equal('an authority');
      }
    } finally {
      process.env = before;
    }
  });

  it('is the file of --kubeconfig', async () => {
    const environment = { KUBECONFIG: join(folder.path, 'another') };
    const path = await file(kubeconfigOf('https://named.example'));
    expect(serverOf(path, environment)).to.equal('https://named.example');
  });

  it('is the file of KUBECONFIG without --kubeconfig', async () => {
    const KUBECONFIG = await file(kubeconfigOf('https://environment.example'));
    expect(serverOf(undefined, { KUBECONFIG })).to.equal('https://environment.example');
  });

  it('is merged from the files that KUBECONFIG lists', async () => {
    const contexts = join(folder.path, 'contexts.json');
    const clusters = join(folder.path, 'clusters.json');
    const { clusters: listed, ...others } = JSON.parse(kubeconfigOf('https://merged.example'));
    await writeFile(contexts, JSON.stringify({ ...others, clusters: [] }));
    await writeFile(clusters, JSON.stringify({ clusters: listed, contexts: [], users: [] }));
    const KUBECONFIG = `:${contexts}:${clusters}`;
    expect(serverOf(undefined, { KUBECONFIG })).to.equal('https://merged.example');
  });

  it('gives all calls the same connections until they are dropped, also to a server with a public certificate', async () => {
    for (const cluster of [{}, { 'certificate-authority-data': 'AA==' }]) {
      const path = await file(kubeconfigOf('https://public.example', cluster));
      const config = loadKubeConfig(new PooledKubeConfig(), { path, environment: {} });
      const connections = async () => {
        const context = new RequestContext('https://public.example/api', 'GET');
        return (await config.authenticate(context)).dispatcher;
      };
      const first = await connections();
      expect(await connections()).to.equal(first);
      config.dropConnections();
      expect(await connections()).not.to.equal(first);
    }
  });

  it('keeps newer connections when a call over dropped ones fails late', async () => {
    const path = await file(kubeconfigOf('https://named.example'));
    const config = loadKubeConfig(new PooledKubeConfig(), { path, environment: {} });
    const access = () => config.authenticate(new RequestContext('https://named.example/api', 'GET'));
    const first = await access();
    config.dropConnections(first);
    const second = await access();
    expect(second).not.to.equal(first);
    config.dropConnections(first);
    config.refused(first);
    expect(await access()).to.equal(second);
  });

  it('is ~/.kube/config when the environment names none', async () => {
    await mkdir(join(folder.path, '.kube'));
    await writeFile(join(folder.path, '.kube', 'config'), kubeconfigOf('https://home.example'));
    expect(serverOf(undefined)).to.equal('https://home.example');
  });

  it('is refused with the sources that were tried when there is none', () => {
    expect(() => serverOf(undefined)).to.throw(/neither --kubeconfig, KUBECONFIG nor ~\/.kube\/config/);
  });

  it('is refused when the file is missing or names no cluster', async () => {
    expect(() => serverOf(join(folder.path, 'nowhere'))).to.throw(/nowhere/);
    const path = await file('{"clusters":[],"contexts":[],"users":[]}');
    expect(() => serverOf(path)).to.throw(/no current-context/);
  });

  it('is refused when a file that it names is missing', async () => {
    const path = await file(kubeconfigOf('https://named.example', { 'certificate-authority': 'gone.crt' }));
    expect(() => serverOf(path)).to.throw(/cannot be used: ENOENT.*gone\.crt/);
  });

  it('makes the clients of the API server', async () => {
    const path = await file(kubeconfigOf('https://named.example'));
    const { server, client, watch } = connectKube({ path, environment: {} }, 'operator/1');
    expect(server).to.equal('https://named.example');
    expect(client).to.have.property('list');
    expect(watch).to.have.property('events');
  });

  it('leads through the proxy, also if connections are dropped at any moment while a call is prepared', async () => {
    const path = await file(kubeconfigOf('https://api.example', { 'proxy-url': 'http://127.0.0.1:9' }));
    const dispatchers = [];
    for (let moment = 0; moment < 20; moment += 1) {
      const config = loadKubeConfig(new PooledKubeConfig(), { path, environment: {} });
      const authenticated = () =>
        config.authenticate(new RequestContext('https://api.example/', HttpMethod.GET));
      await authenticated();
      const access = authenticated();
      for (let passed = 0; passed < moment; passed += 1) await null;
      config.dropConnections();
      dispatchers.push((await access).dispatcher);
    }
    for (const dispatcher of dispatchers) expect(dispatcher).to.be.an.instanceof(ProxyAgent);
  });
});
