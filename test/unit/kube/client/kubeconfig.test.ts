// What kubectl accepts in kubeconfig files: it works the same way here, or is refused with what to write.

import { chmod, mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../../../simulator/http/certificate.ts';
import { KubeClient } from '../../../../src/kube/client/kube-client.ts';
import { loadKubeConfig, PooledKubeConfig } from '../../../../src/kube/client/kube-config.ts';
import { connectKube } from '../../../../src/kube/connect.ts';
import { json, LoopbackApiServer } from './loopback-api-server.ts';
import { type LoopbackProxy, startProxy, startSocksProxy } from './loopback-proxy.ts';

interface Certificate {
  readonly cert: string;
  readonly key: string;
}

interface Written {
  readonly cluster?: object;
  readonly user?: object;
  readonly context?: object;
}

/** A kubeconfig whose cluster, user and context have one name. */
function kubeconfigOf(name: string, { cluster = {}, user = {}, context = {} }: Written = {}) {
  return {
    clusters: [{ name, cluster: { server: `https://${name}.example`, ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, ...context } }],
    'current-context': name,
  };
}

describe('the kubeconfig', () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  beforeEach(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'kubeconfig-'));
  });
  afterEach(() => folder.remove());

  async function file(name: string, content: object | string): Promise<string> {
    const path = join(folder.path, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  function loaded(...files: string[]): KubeConfig {
    const environment = { KUBECONFIG: files.join(':'), HOME: folder.path };
    return loadKubeConfig(new KubeConfig(), { path: undefined, environment });
  }

  async function written(parts: Written): Promise<KubeConfig> {
    return loaded(await file('a', kubeconfigOf('a', parts)));
  }

  async function optionsOf(config: KubeConfig): Promise<RequestOptions> {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options);
    return options;
  }

  describe('of several files', () => {
    it("has the first file's current context", async () => {
      const config = loaded(await file('a', kubeconfigOf('a')), await file('b', kubeconfigOf('b')));
      expect(config.getCurrentCluster()?.server).to.equal('https://a.example');
    });

    it('has the current context of a later file where the first has none', async () => {
      const { 'current-context': _, ...rest } = kubeconfigOf('a');
      const config = loaded(await file('a', rest), await file('b', kubeconfigOf('b')));
      expect(config.getCurrentCluster()?.server).to.equal('https://b.example');
    });

    it("has the first file's entry where two files define one name, and may name a file twice", async () => {
      const first = await file('a', kubeconfigOf('a', { user: { token: 'first' } }));
      const server = { cluster: { server: 'https://second.example' }, user: { token: 'second' } };
      const config = loaded(first, await file('b', kubeconfigOf('a', server)), first);
      expect(config.getCurrentCluster()?.server).to.equal('https://a.example');
      expect(config.getCurrentUser()?.token).to.equal('first');
    });

    it('passes over files that are missing or empty', async () => {
      const path = await file('a', kubeconfigOf('a'));
      const config = loaded(join(folder.path, 'not-there'), await file('empty', ''), path);
      expect(config.getCurrentCluster()?.server).to.equal('https://a.example');
    });

    it('has the named context instead of the current one, in a pod too', async () => {
      const files = [await file('a', kubeconfigOf('a')), await file('b', kubeconfigOf('b'))];
      const pod = join(folder.path, 'var/run/secrets/kubernetes.io/serviceaccount');
      await mkdir(pod, { recursive: true });
      await writeFile(join(pod, 'token'), 'of the pod');
      const environment = { KUBECONFIG: files.join(':'), KUBERNETES_SERVICE_HOST: '10.0.0.1' };
      const source = { path: undefined, context: 'b', environment, root: folder.path };
      expect(loadKubeConfig(new KubeConfig(), source).getCurrentCluster()?.server).to.equal(
        'https://b.example',
      );
      expect(() => loadKubeConfig(new KubeConfig(), { ...source, context: 'c' })).to.throw(
        'it has no context c; kubectl config get-contexts lists those that it has',
      );
    });

    it('is refused when none of the files exists', () => {
      expect(() => loaded(join(folder.path, 'x'), join(folder.path, 'y'))).to.throw(
        /none of the files.*x, .*y/,
      );
    });

    it('names the file that is not YAML, and quotes none of it', async () => {
      const path = await file('broken', 'users: [{name: CANARY');
      const good = await file('a', kubeconfigOf('a'));
      expect(() => loaded(good, path))
        .to.throw(/broken is not the YAML/)
        .with.property('message')
        .not.contain('CANARY');
    });

    it('finds the files that an entry names in the folder of its own file', async () => {
      await mkdir(join(folder.path, 'sub'));
      await file('sub/token', 'from-sub');
      const path = await file('sub/b', kubeconfigOf('b', { user: { tokenFile: 'token' } }));
      const { headers } = await optionsOf(loaded(join(folder.path, 'not-there'), path));
      expect(headers).to.deep.include({ Authorization: 'Bearer from-sub' });
    });
  });

  describe('with credentials in files', () => {
    it('reads the standard tokenFile at each call, and prefers it to token', async () => {
      const tokenFile = await file('token', 'first\n');
      const config = await written({ user: { tokenFile, token: 'old' } });
      for (const token of ['first', 'second']) {
        await writeFile(tokenFile, `${token}\n`);
        expect((await optionsOf(config)).headers).to.deep.equal({ Authorization: `Bearer ${token}` });
      }
    });

    it('is refused when the tokenFile is missing', async () => {
      const error = await written({ user: { tokenFile: 'gone' } }).catch(String);
      expect(error).to.match(/ENOENT.*gone/);
    });

    it('reads client certificates at each connection', async () => {
      const certificate = await file('cert', 'one');
      const key = await file('key', 'one');
      const config = await written({ user: { 'client-certificate': certificate, 'client-key': key } });
      for (const text of ['one', 'two']) {
        await Promise.all([writeFile(certificate, text), writeFile(key, text)]);
        const { cert, key: sent } = await optionsOf(config);
        expect([String(cert), String(sent)]).to.deep.equal([text, text]);
      }
    });

    it('prefers data to files', async () => {
      const data = Buffer.from('data').toString('base64');
      const both = { 'client-certificate-data': data, 'client-certificate': 'gone' };
      const config = await written({ user: { ...both, 'client-key-data': data, 'client-key': 'gone' } });
      expect(String((await optionsOf(config)).cert)).to.equal('data');
    });
  });

  describe('with an exec plugin', () => {
    /** A plugin that counts its runs, and prints a credential whose token is the count. */
    async function plugin(status = '"token":"'): Promise<string> {
      const path = await file(
        'plugin.sh',
        `#!/bin/sh\ncd "$(dirname "$0")"\necho "$KUBERNETES_EXEC_INFO" > info\necho "$1 $EXTRA" > arguments\necho run >> runs\nprintf '{"status":{${status}%s"}}' "$(wc -l < runs | tr -d ' ')"\n`,
      );
      await chmod(path, 0o700);
      return path;
    }

    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin.sh',
      args: ['get'],
      env: [{ name: 'EXTRA', value: 'more' }],
      interactiveMode: 'IfAvailable',
      provideClusterInfo: true,
    };

    it('runs it relative to its file, with arguments, variables and the cluster, and keeps the token', async () => {
      await plugin();
      const config = await written({ user: { exec }, cluster: { 'tls-server-name': 'other.example' } });
      for (let calls = 0; calls < 3; calls += 1)
        expect((await optionsOf(config)).headers).to.deep.equal({ Authorization: 'Bearer 1' });
      expect(await readFile(join(folder.path, 'arguments'), 'utf8')).to.equal('get more\n');
      expect(JSON.parse(await readFile(join(folder.path, 'info'), 'utf8'))).to.deep.equal({
        apiVersion: exec.apiVersion,
        kind: 'ExecCredential',
        spec: {
          interactive: false,
          cluster: { server: 'https://a.example', 'tls-server-name': 'other.example' },
        },
      });
    });

    it('learns the authority of the cluster from its file, and the configuration for plugins', async () => {
      await plugin();
      const cluster = {
        'certificate-authority': await file('ca.crt', 'an authority'),
        extensions: [
          { name: 'other', extension: 'CANARY' },
          { name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } },
        ],
      };
      await optionsOf(await written({ user: { exec }, cluster }));
      const { spec } = JSON.parse(await readFile(join(folder.path, 'info'), 'utf8'));
      expect(spec.cluster).to.deep.equal({
        server: 'https://a.example',
        'certificate-authority-data': Buffer.from('an authority').toString('base64'),
        config: { audience: 'a' },
      });
    });

    it('runs it again when its credential has expired', async () => {
      await plugin('"expirationTimestamp":"2020-01-01T00:00:00Z","token":"');
      const config = await written({ user: { exec } });
      for (const token of ['1', '2'])
        expect((await optionsOf(config)).headers).to.deep.equal({ Authorization: `Bearer ${token}` });
    });

    it('runs it again after the API server refused its token', async () => {
      await plugin();
      const server = new LoopbackApiServer();
      await server.open();
      const { clusters } = JSON.parse(server.kubeconfig);
      const path = await file('a', kubeconfigOf('a', { user: { exec }, cluster: clusters[0].cluster }));
      const config = loadKubeConfig(new PooledKubeConfig(), { path, environment: {} });
      const client = new KubeClient(config, 'operator/1');
      try {
        server.respond = (response) => json(response, 401, {});
        await client.get('media/a').catch(() => undefined);
        server.respond = (response) => json(response, 200, {});
        await client.get('media/a');
        expect(server.received.map(({ headers }) => headers.authorization)).to.deep.equal([
          'Bearer 1',
          'Bearer 2',
        ]);
      } finally {
        config.dropConnections();
        server.close();
      }
    });

    it('fails without a word of what it printed when it gives no credential', async () => {
      const config = await written({
        user: { exec: { ...exec, command: 'sh', args: ['-c', 'echo CANARY; exit 1'] } },
      });
      const error = await optionsOf(config).catch((reason: Error) => reason);
      expect(error).to.include({ code: 'EXEC_PLUGIN_FAILED' });
      expect(String(error)).not.to.contain('CANARY');
    });
  });

  describe('leads to the server', () => {
    let server: LoopbackApiServer;
    beforeEach(async () => {
      server = new LoopbackApiServer();
      await server.open();
      server.respond = (response) => json(response, 200, {});
    });
    afterEach(() => server.close());

    async function call(cluster: object, user: object = {}): Promise<unknown> {
      const path = await file('a', kubeconfigOf('a', { cluster, user }));
      const config = loadKubeConfig(new PooledKubeConfig(), { path, environment: {} });
      try {
        await new KubeClient(config, 'operator/1').get('media/a');
        return server.received.at(-1);
      } finally {
        config.dropConnections();
      }
    }

    /** Watches until the server ends the watch. @returns the URL that the server received */
    async function watch(cluster: object): Promise<string | undefined> {
      const path = await file('a', kubeconfigOf('a', { cluster }));
      const { watch: client } = connectKube({ path, environment: {} }, 'operator/1');
      const query = { resourceVersion: '1', timeoutSeconds: 1 };
      for await (const _ of client.events('/watched', query, AbortSignal.timeout(5_000)));
      return server.received.at(-1)?.url;
    }

    it('and requests no compressed answers, with disable-compression', async () => {
      const [{ cluster }] = JSON.parse(server.kubeconfig).clusters;
      expect(await call(cluster)).to.have.nested.property('headers.accept-encoding', 'gzip');
      const received = await call({ ...cluster, 'disable-compression': true });
      expect(received).not.to.have.nested.property('headers.accept-encoding');
    });

    it('with a path in its URL', async () => {
      const [{ cluster }] = JSON.parse(server.kubeconfig).clusters;
      const received = await call({ ...cluster, server: `${server.url}/k8s/clusters/c-1/` });
      expect(received)
        .to.have.property('url')
        .that.matches(/^\/k8s\/clusters\/c-1\/apis\//);
    });

    it('without verifying it, with insecure-skip-tls-verify', async () => {
      const received = await call({ server: server.url, 'insecure-skip-tls-verify': true });
      expect(received).to.have.property('method', 'GET');
      const error = await call({ server: server.url }).catch((reason: Error) => reason);
      expect(error).to.be.an('error');
    });

    const PROXIES: Record<string, (tls: Certificate) => Promise<LoopbackProxy>> = {
      'an HTTP proxy': () => startProxy(),
      'an HTTP proxy that is reached by TLS': startProxy,
      'a SOCKS 5 proxy': startSocksProxy,
    };
    for (const [name, start] of Object.entries(PROXIES))
      it(`through ${name} that proxy-url names, with calls and watches`, async () => {
        const tls = selfSignedCertificate() as Certificate;
        const authorities = getCACertificates('default');
        setDefaultCACertificates([...authorities, tls.cert]);
        try {
          await using proxy = await start(tls);
          const [{ cluster }] = JSON.parse(server.kubeconfig).clusters;
          const proxied = { ...cluster, 'proxy-url': proxy.url };
          expect(await call(proxied)).to.have.property('method', 'GET');
          expect(await watch(proxied)).to.match(/^\/watched\?/);
          expect(proxy.tunnels).to.deep.equal(Array(2).fill(new URL(server.url).host));
        } finally {
          setDefaultCACertificates(authorities);
        }
      });

    it('through an HTTP proxy with the name and password of proxy-url', async () => {
      await using proxy = await startProxy();
      const [{ cluster }] = JSON.parse(server.kubeconfig).clusters;
      const proxied = { ...cluster, 'proxy-url': proxy.url.replace('://', '://u:p@') };
      await call(proxied);
      await watch(proxied);
      expect(proxy.users).to.deep.equal(['u:p', 'u:p']);
    });

    it('as a user to impersonate', async () => {
      const [{ cluster }] = JSON.parse(server.kubeconfig).clusters;
      expect(await call(cluster, { as: 'other' })).to.have.nested.property(
        'headers.impersonate-user',
        'other',
      );
    });
  });

  it('has tls-server-name and IPv6 servers', async () => {
    const cluster = { server: 'https://[::1]:6443', 'tls-server-name': 'api.example' };
    const config = await written({ cluster });
    expect(await optionsOf(config)).to.include({ servername: 'api.example' });
    expect(config.getCurrentCluster()?.server).to.equal('https://[::1]:6443');
  });

  for (const [why, parts, message] of [
    [
      'groups to impersonate',
      { user: { 'as-groups': ['g'] } },
      /user a has as-groups.*bind the Role to the user/,
    ],
    ['a user ID to impersonate', { user: { 'as-uid': 'CANARY' } }, /has as-uid.*only `as`/],
    [
      'more about a user to impersonate',
      { user: { 'as-user-extra': { scopes: ['CANARY'] } } },
      /has as-user-extra.*only `as`/,
    ],
    ['an auth-provider', { user: { 'auth-provider': { name: 'oidc' } } }, /use an exec plugin.*or tokenFile/],
    [
      'a plugin that needs a terminal',
      { user: { exec: { command: 'x', interactiveMode: 'Always' } } },
      /use IfAvailable or Never/,
    ],
    ['a plugin without a command', { user: { exec: {} } }, /no command; add it|keep one/],
    ['two ways to log in', { user: { token: 'CANARY', username: 'u' } }, /token and username; keep one/],
    ['a server without a scheme', { cluster: { server: 'a.example:6443' } }, /write it as https:/],
    [
      'a proxy of another kind',
      { cluster: { 'proxy-url': 'ftp://CANARY' } },
      /http:\/\/, https:\/\/ or socks5:\/\//,
    ],
    [
      'a SOCKS proxy that needs a login',
      { cluster: { 'proxy-url': 'socks5://CANARY:CANARY@127.0.0.1' } },
      /user name.*use a proxy without a login/,
    ],
    [
      'an authority that is not to be verified',
      { cluster: { 'insecure-skip-tls-verify': true, 'certificate-authority': 'x' } },
      /remove one of them/,
    ],
    ['a context without a user', { context: { user: '' } }, /context a names no user; add one/],
    ['a context with an unknown user', { context: { user: 'b' } }, /the user b, which is not defined/],
  ] as const)
    it(`is refused with ${why}, and the message says what to write`, async () => {
      const error = await written(parts).catch(String);
      expect(error).to.match(message).and.not.contain('CANARY');
    });
});
