// The kubeconfig on the wire: what calls and watches send to a server, also after credentials have changed.

import { once } from 'node:events';
import { chmod, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../../../simulator/http/certificate.ts';
import { ExecCredential } from '../../../../src/kube/client/exec-credential.ts';
import { connectKube, type KubeConnection } from '../../../../src/kube/connect.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { json, LoopbackApiServer, type Received } from './loopback-api-server.ts';
import { startProxy } from './loopback-proxy.ts';

/** The certificate of a client, with the name by which the server knows it. */
function clientCertificate(): { readonly cert: string; readonly key: string; readonly known: string } {
  const { cert, key } = selfSignedCertificate() as { cert: string; key: string };
  return { cert, key, known: cert.replaceAll(/-----.*-----|\n/g, '') };
}

describe('a connection by the kubeconfig', () => {
  let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
  let server: LoopbackApiServer;
  /** Whether the server accepts the credentials of a request. */
  let accepts: (received: Received) => boolean;

  beforeEach(async () => {
    folder = await mkdtempDisposable(join(tmpdir(), 'kubeconfig-'));
    server = new LoopbackApiServer();
    accepts = () => true;
    server.respond = (response, received) => json(response, accepts(received) ? 200 : 401, {});
  });
  afterEach(async () => {
    server.close();
    await folder.remove();
  });

  async function file(name: string, text: string): Promise<string> {
    const path = join(folder.path, name);
    await writeFile(path, text);
    return path;
  }

  /** Uses a kubeconfig of these fields of its cluster and user. */
  async function connected(
    { user = {}, cluster = {} }: { readonly user?: object; readonly cluster?: object },
    use: (connection: KubeConnection) => Promise<void>,
  ): Promise<void> {
    const path = await file(
      'config',
      JSON.stringify({
        clusters: [{ name: 'a', cluster: { ...trusted(), ...cluster } }],
        users: [{ name: 'a', user }],
        contexts: [{ name: 'a', context: { cluster: 'a', user: 'a' } }],
        'current-context': 'a',
      }),
    );
    await use(connectKube({ path, environment: process.env }, 'operator/1'));
  }

  function trusted(): object {
    if (!server.isOpen) return {};
    return JSON.parse(server.kubeconfig).clusters[0].cluster;
  }

  async function call({ client }: KubeConnection): Promise<Received | undefined> {
    await client.get('media/a');
    return server.received.at(-1);
  }

  /** Watches until the server ends the watch. */
  async function watch({ watch: client }: KubeConnection): Promise<Received | undefined> {
    const query = { resourceVersion: '1', timeoutSeconds: 1 };
    for await (const _ of client.events('/watched', query, AbortSignal.timeout(5_000)));
    return server.received.at(-1);
  }

  const WAYS = { calls: call, watches: watch };

  for (const [way, request] of Object.entries(WAYS)) {
    describe(`for ${way}`, () => {
      it('sends a username and password', async () => {
        await server.open();
        await connected({ user: { username: 'u', password: 'p' } }, async (connection) => {
          const authorization = `Basic ${Buffer.from('u:p').toString('base64')}`;
          expect((await request(connection))?.headers).to.include({ authorization });
        });
      });

      it('sends the user to impersonate', async () => {
        await server.open();
        await connected({ user: { as: 'other' } }, async (connection) => {
          expect((await request(connection))?.headers).to.include({ 'impersonate-user': 'other' });
        });
      });

      it('keeps the path in the URL of the server', async () => {
        await server.open();
        await connected({ cluster: { server: `${server.url}/k8s/clusters/c-1/` } }, async (connection) => {
          expect((await request(connection))?.url).to.match(/^\/k8s\/clusters\/c-1\/(apis|watched)/);
        });
      });

      it('reaches a server by plain HTTP', async () => {
        let received = 0;
        const plain = createServer((_, response) => {
          received += 1;
          response.setHeader('content-type', 'application/json').end('{}');
        });
        await once(plain.listen(0, '127.0.0.1'), 'listening');
        const url = `http://127.0.0.1:${(plain.address() as AddressInfo).port}`;
        const cluster = { server: url, 'certificate-authority-data': undefined };
        await connected({ cluster }, async (connection) => {
          await request(connection).catch(() => undefined);
          expect(received).to.equal(1);
        });
        plain.closeAllConnections();
        plain.close();
      });

      it('expects the name tls-server-name in the certificate of the server, and sends it', async () => {
        await server.open();
        const named = { 'tls-server-name': 'api.example' };
        await connected({ cluster: named }, async (connection) => {
          const error = await request(connection).catch((reason: Error) => reason);
          expect(String((error as Error)?.cause ?? error)).to.match(/api\.example/);
        });
        const unverified = {
          ...named,
          'insecure-skip-tls-verify': true,
          'certificate-authority-data': undefined,
        };
        await connected({ cluster: unverified }, async (connection) => {
          expect(await request(connection)).to.include({ serverName: 'api.example' });
        });
      });

      it('reaches a server at an IPv6 address', async function () {
        await server.open('::1').catch(() => this.skip());
        const unverified = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': undefined };
        await connected({ cluster: unverified }, async (connection) => {
          expect(server.url).to.contain('//[::1]:');
          expect(await request(connection)).to.have.property('method', 'GET');
        });
      });

      for (const through of ['no proxy', 'a proxy'])
        it(`uses a client certificate that replaced another in its file, through ${through}`, async () => {
          await server.open();
          await using proxy = await startProxy();
          const [first, second] = [clientCertificate(), clientCertificate()];
          const user = {
            'client-certificate': await file('cert', first.cert),
            'client-key': await file('key', first.key),
          };
          const cluster = through === 'a proxy' ? { 'proxy-url': proxy.url } : {};
          let demanded = first;
          accepts = ({ certificate }) => certificate === demanded.known;
          await connected({ user, cluster }, async (connection) => {
            await request(connection);
            await Promise.all([file('cert', second.cert), file('key', second.key)]);
            demanded = second;
            // The connection of calls is older than the certificate: one call may be refused.
            await request(connection).catch(() => undefined);
            expect(await request(connection)).to.include({ certificate: second.known });
          });
        });

      it('runs an exec plugin again after the server refused its credential', async () => {
        await server.open();
        const plugin = await file(
          'plugin.sh',
          '#!/bin/sh\ncd "$(dirname "$0")"\necho run >> runs\nprintf \'{"status":{"token":"%s"}}\' "$(wc -l < runs | tr -d " ")"\n',
        );
        await chmod(plugin, 0o700);
        const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin };
        let demanded = 'Bearer 1';
        accepts = ({ headers }) => headers.authorization === demanded;
        await connected({ user: { exec } }, async (connection) => {
          await request(connection);
          demanded = 'Bearer 2';
          await request(connection).catch(() => undefined);
          expect((await request(connection))?.headers).to.include({ authorization: demanded });
        });
      });
    });
  }
});

describe('an exec plugin', () => {
  /** How a plugin, a shell script, ends: its token, or the code of the error. */
  async function outcome(
    script: string,
    credential = new ExecCredential(process.env),
    command = 'sh',
  ): Promise<unknown> {
    const plugin = { apiVersion: 'client.authentication.k8s.io/v1', command, args: ['-c', script] };
    const about = { cluster: { name: 'a', server: 'https://a.example', skipTLSVerify: false } };
    const user = { name: 'a', authProvider: { name: 'exec-plugin', config: { plugin, about } } };
    const options: RequestOptions = {};
    try {
      await credential.applyAuthentication(user as never, options);
      return (options.headers as Record<string, string>).Authorization;
    } catch (error) {
      return (error as { code?: string }).code;
    }
  }

  for (const [name, script] of Object.entries({
    hangs: 'sleep 5',
    'hangs and ignores a signal': "trap '' TERM; while :; do sleep 1; done",
    'leaves a child that hangs': 'sleep 5 & wait',
  }))
    it(`that ${name} is given up, and the log has a code of its own`, async () => {
      expect(await outcome(script, new ExecCredential(process.env, { longestRunMs: 100 }))).to.equal(
        'EXEC_PLUGIN_TIMED_OUT',
      );
    });

  it('that prints without an end is ended, with what it has started', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'plugin-'));
    const file = join(folder.path, 'child');
    expect(await outcome(`sleep 60 & echo $! > ${file}; yes`)).to.equal('EXEC_PLUGIN_FAILED');
    const child = Number(await readFile(file, 'utf8'));
    while (await isRunning(child)) await new Promise((resolve) => setImmediate(resolve));
  });

  it('that fails, or is not there, has another code than one that hangs', async () => {
    expect(await outcome('exit 1')).to.equal('EXEC_PLUGIN_FAILED');
    expect(await outcome('exit 1', undefined, '/not/there')).to.equal('EXEC_PLUGIN_NOT_FOUND');
  });

  it('receives the end of its input, so that one that asks for a password does not wait', async () => {
    expect(await outcome(`cat; ${printing('t')}`)).to.equal('Bearer t');
  });

  it('runs again after 5 min, also without an expiry: its credential may have been revoked', async () => {
    const clock = new FakeClock();
    const credential = new ExecCredential(process.env, { clock });
    expect(await outcome(printing('one'), credential)).to.equal('Bearer one');
    await clock.advance(5 * 60_000 - 1);
    expect(await outcome(printing('two'), credential)).to.equal('Bearer one');
    await clock.advance(1);
    expect(await outcome(printing('two'), credential)).to.equal('Bearer two');
  });

  it('runs once for all calls that find its credential expired at the same time', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'plugin-'));
    const file = join(folder.path, 'runs');
    const credential = new ExecCredential(process.env, { clock: new FakeClock() });
    const status = { token: 't', expirationTimestamp: '1970-01-01T00:00:00Z' };
    const script = `echo run >> ${file}; printf '${JSON.stringify({ status })}'`;
    await outcome(script, credential);
    await Promise.all(Array.from({ length: 5 }, () => outcome(script, credential)));
    expect(await readFile(file, 'utf8')).to.equal('run\nrun\n');
  });
});

/** A shell command that prints a credential. */
function printing(token: string): string {
  return `printf '{"status":{"token":"${token}"}}'`;
}

/** A process that has ended may stay as a zombie (Z) until its parent notices. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !stat.includes(') Z ');
}
