// The kubeconfig on the wire: what calls, watches and reads of the Lease send to a server, also after
// credentials have changed.

import { once } from 'node:events';
import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../../../simulator/http/certificate.ts';
import { systemClock } from '../../../../src/base/clock.ts';
import { connectKube, connectLease, type KubeConnection } from '../../../../src/kube/connect.ts';
import type { LeaseClient } from '../../../../src/kube/election/lease-client.ts';
import { settled } from '../../kit/fakes/fake-clock.ts';
import { json, LoopbackApiServer, type Received } from './loopback-api-server.ts';
import { startProxy } from './loopback-proxy.ts';

/** The certificate of a client, with the name by which the server knows it. */
function clientCertificate(): { readonly cert: string; readonly key: string; readonly known: string } {
  const { cert, key } = selfSignedCertificate() as { cert: string; key: string };
  return { cert, key, known: cert.replaceAll(/-----.*-----|\n/g, '') };
}

/** A time between two renewals that is longer than the usual 3.3 s. */
const LONG_PAUSE_MS = 30_000;

interface Connections extends KubeConnection {
  readonly leases: LeaseClient;
}

const LEASE = {
  namespace: 'system',
  name: 'one',
  userAgent: 'operator/1',
  deadlineMs: 5_000,
  durationMs: 15_000,
  clock: systemClock,
};

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
    use: (connection: Connections) => Promise<void>,
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
    const source = { path, environment: process.env };
    await use({ ...connectKube(source, 'operator/1'), leases: connectLease(source, LEASE) });
  }

  function trusted(): object {
    if (!server.isOpen) return {};
    return JSON.parse(server.kubeconfig).clusters[0].cluster;
  }

  /** An exec plugin whose token is the number of its run. */
  async function plugin(): Promise<object> {
    const command = await file(
      'plugin.sh',
      '#!/bin/sh\ncd "$(dirname "$0")"\necho run >> runs\nprintf \'{"status":{"token":"%s"}}\' "$(wc -l < runs | tr -d " ")"\n',
    );
    await chmod(command, 0o700);
    return { apiVersion: 'client.authentication.k8s.io/v1', command };
  }

  async function call({ client }: Connections): Promise<Received | undefined> {
    await client.get('media/a');
    return server.received.at(-1);
  }

  /** Watches until the server ends the watch. */
  async function watch({ watch: client }: Connections): Promise<Received | undefined> {
    const query = { resourceVersion: '1', timeoutSeconds: 1 };
    for await (const _ of client.events('/watched', query, AbortSignal.timeout(5_000)));
    return server.received.at(-1);
  }

  async function readLease({ leases }: Connections): Promise<Received | undefined> {
    await leases.read();
    return server.received.at(-1);
  }

  const WAYS = { calls: call, watches: watch, 'the Lease': readLease };

  it('shares HTTP/2 among calls, and keeps one HTTP/1.1 connection for the Lease between renewals', async () => {
    await server.open();
    await connected({}, async (connection) => {
      expect(await call(connection)).to.include({ httpVersion: '2.0' });
      const before = server.connections;
      mock.timers.enable({ apis: ['setTimeout'] });
      using _ = { [Symbol.dispose]: () => mock.timers.reset() };
      for (let reads = 0; reads < 3; reads += 1) {
        expect(await readLease(connection)).to.include({ httpVersion: '1.1' });
        await settled();
        mock.timers.tick(LONG_PAUSE_MS);
        await settled();
      }
      expect(server.connections - before).to.equal(1);
    });
  });

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
        let demanded = 'Bearer 1';
        accepts = ({ headers }) => headers.authorization === demanded;
        await connected({ user: { exec: await plugin() } }, async (connection) => {
          await request(connection);
          demanded = 'Bearer 2';
          await request(connection).catch(() => undefined);
          expect((await request(connection))?.headers).to.include({ authorization: demanded });
        });
      });

      it('uses the next client certificate of an exec plugin when the last one has expired', async () => {
        await server.open();
        const printed = join(folder.path, 'printed');
        const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'cat', args: [printed] };
        await connected({ user: { exec } }, async (connection) => {
          for (const { cert, key, known } of [clientCertificate(), clientCertificate()]) {
            const certificate = { clientCertificateData: cert, clientKeyData: key };
            const status = { ...certificate, expirationTimestamp: '2020-01-01T00:00:00Z' };
            await writeFile(printed, JSON.stringify({ status }));
            expect(await request(connection)).to.include({ certificate: known });
          }
        });
      });

      it('keeps a new credential of an exec plugin when the refusal of the old one comes late', async () => {
        await server.open();
        const old: Http2ServerResponse[] = [];
        server.respond = (response, { headers }) => {
          if (headers.authorization === 'Bearer 1') old.push(response);
          else json(response, 200, {});
        };
        await connected({ user: { exec: await plugin() } }, async (connection) => {
          const ends = [request(connection), request(connection)].map((end) => end.catch(() => undefined));
          while (old.length < 2) await new Promise((resolve) => setImmediate(resolve));
          for (const response of old) {
            json(response, 401, {});
            await Promise.race(ends);
            expect((await request(connection))?.headers).to.include({ authorization: 'Bearer 2' });
          }
          await Promise.all(ends);
          expect((await request(connection))?.headers).to.include({ authorization: 'Bearer 2' });
        });
      });
    });
  }
});
