// Each call of the API server on the wire, on one connection.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Http2ServerResponse } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { apiFailure } from '../../../../src/kube/client/api-error.ts';
import {
  MOST_ANSWER_BYTES,
  MOST_REFUSAL_BYTES,
  TooLargeError,
} from '../../../../src/kube/client/bounded-body.ts';
import { KubeClient, MOST_SECRET_BYTES } from '../../../../src/kube/client/kube-client.ts';
import { PooledKubeConfig } from '../../../../src/kube/client/kube-config.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { json, LoopbackApiServer, type Received } from './loopback-api-server.ts';

function answerPacked(response: Http2ServerResponse, text: string): void {
  response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(text));
}

const COLLECTION = '/apis/edgetranscode.live/v1alpha1';
const DEADLINE_MS = 20_000;

describe('the client of the API server', () => {
  let server: LoopbackApiServer;
  let config: PooledKubeConfig;
  let clock: FakeClock;
  let client: KubeClient;
  beforeEach(async () => {
    server = new LoopbackApiServer();
    await server.open();
    config = new PooledKubeConfig();
    config.loadFromString(server.kubeconfig);
    clock = new FakeClock();
    client = new KubeClient(config, 'operator/1 (pod)', clock);
  });
  afterEach(() => {
    config.dropConnections();
    server.close();
  });

  function last(): Received {
    return server.received.at(-1) as Received;
  }

  it('lists all namespaces in pages, and continues with a token', async () => {
    const body = { items: [{ a: 1 }], metadata: { resourceVersion: '10', continue: 'token' } };
    server.respond = (response) => json(response, 200, body);
    expect(await client.list(undefined, {}, 500)).to.deep.equal({
      items: body.items,
      resourceVersion: '10',
      next: 'token',
      bytes: JSON.stringify(body).length,
    });
    expect(last()).to.include({ method: 'GET', url: `${COLLECTION}/edgetranscodejobs?limit=500` });
    server.respond = (response) =>
      json(response, 200, { items: [], metadata: { resourceVersion: '10', continue: '' } });
    expect(await client.list('token', {}, 500)).to.deep.include({ items: [], resourceVersion: '10' });
    expect(await client.list('token', {}, 500)).not.to.have.property('next');
    expect(last().url).to.match(/continue=token/);
  });

  it('lists one namespace', async () => {
    const metadata = { resourceVersion: '10' };
    server.respond = (response) => json(response, 200, { items: [], metadata });
    await client.list('token', { namespace: 'media' }, 500);
    expect(last().url).to.equal(`${COLLECTION}/namespaces/media/edgetranscodejobs?continue=token&limit=500`);
  });

  it('lists the objects that a label selects', async () => {
    const metadata = { resourceVersion: '10' };
    server.respond = (response) => json(response, 200, { items: [], metadata });
    await client.list(undefined, { labelSelector: 'shard=a' }, 500);
    expect(last().url).to.equal(`${COLLECTION}/edgetranscodejobs?labelSelector=shard%3Da&limit=500`);
    await client.list('token', { namespace: 'media', labelSelector: '!shard' }, 500);
    expect(new URL(String(last().url), 'http://x').searchParams.get('labelSelector')).to.equal('!shard');
    expect(last().url).to.contain('/namespaces/media/');
  });

  it('reads one object', async () => {
    server.respond = (response) => json(response, 200, { kind: 'EdgeTranscodeJob' });
    expect(await client.get('media/a')).to.deep.equal({ kind: 'EdgeTranscodeJob' });
    expect(last()).to.include({ method: 'GET', url: `${COLLECTION}/namespaces/media/edgetranscodejobs/a` });
  });

  it('patches a status by JSON Patch, as its own field manager', async () => {
    server.respond = (response) => json(response, 200, { patched: true });
    const body = [{ op: 'test', path: '/metadata/uid', value: 'u' }] as const;
    const answer = await client.patchStatus('media/a', body);
    expect(answer).to.deep.include({ data: { patched: true }, bytes: '{"patched":true}'.length });
    const { method, url, headers, body: sent } = last();
    expect(method).to.equal('PATCH');
    expect(url).to.match(
      /\/namespaces\/media\/edgetranscodejobs\/a\/status\?fieldManager=edge-transcode-job-operator$/,
    );
    expect(headers['content-type']).to.match(/^application\/json-patch\+json/);
    expect(JSON.parse(sent)).to.deep.equal(body);
  });

  it('reads the data of one Secret, as it is stored', async () => {
    server.respond = (response) => json(response, 200, { kind: 'Secret', data: { accessKeyID: 'TFRBSQ==' } });
    expect(await client.secretData('media', 'account')).to.deep.equal({ accessKeyID: 'TFRBSQ==' });
    expect(last()).to.include({ method: 'GET', url: '/api/v1/namespaces/media/secrets/account' });
    server.respond = (response) => json(response, 200, { kind: 'Secret' });
    expect(await client.secretData('media', 'account')).to.deep.equal({});
  });

  it('creates an event in the namespace of its object', async () => {
    server.respond = (response) => json(response, 201, {});
    await client.createEvent('media', { metadata: { name: 'a.1' }, reason: 'JobFound' } as never);
    expect(last()).to.include({ method: 'POST', url: '/apis/events.k8s.io/v1/namespaces/media/events' });
    expect(JSON.parse(last().body)).to.deep.include({ reason: 'JobFound' });
  });

  it('sends its user agent with each call', async () => {
    await client.get('media/a');
    expect(last().headers).to.include({ 'user-agent': 'operator/1 (pod)', authorization: 'Bearer token-1' });
  });

  it('uses one connection for many calls, one after another and in parallel', async () => {
    for (let calls = 0; calls < 10; calls += 1) await client.get('media/a');
    await client.secretData('media', 'account');
    await Promise.all(Array.from({ length: 16 }, () => client.patchStatus('media/a', [])));
    expect(server.received).to.have.length(27);
    expect(server.connections).to.equal(1);
  });

  it('keeps its connection when a call is refused', async () => {
    server.respond = (response) => json(response, 404, { reason: 'NotFound' });
    for (let calls = 0; calls < 5; calls += 1)
      expect(await client.get('media/a').catch(apiFailure)).to.deep.equal({
        status: 404,
        reason: 'NotFound',
      });
    expect(server.connections).to.equal(1);
  });

  it('makes a new connection after one broke', async () => {
    await client.get('media/a');
    server.respond = () => server.breakConnections();
    expect(await client.get('media/a').catch(apiFailure)).not.to.have.property('status');
    server.respond = (response) => json(response, 200, { kind: 'EdgeTranscodeJob' });
    expect(await client.get('media/a')).to.include({ kind: 'EdgeTranscodeJob' });
    expect(server.connections).to.equal(2);
  });

  it('makes a new connection after 401: the client certificate may have been replaced', async () => {
    server.respond = (response) => json(response, 401, { reason: 'Unauthorized' });
    await client.get('media/a').catch(apiFailure);
    await client.get('media/a').catch(apiFailure);
    expect(server.connections).to.equal(2);
  });

  it('reports the delay that the API server requests', async () => {
    server.respond = (response) => json(response, 429, { reason: 'TooManyRequests' }, { 'retry-after': '2' });
    expect(await client.get('media/a').catch(apiFailure)).to.deep.equal({
      status: 429,
      reason: 'TooManyRequests',
      retryAfterMs: 2_000,
    });
  });

  it('rejects an answer that is not a list', async () => {
    for (const body of [{}, null, 'x', []]) {
      server.respond = (response) => json(response, 200, body);
      expect(await client.list(undefined, {}, 500).catch(apiFailure), JSON.stringify(body)).to.have.property(
        'reason',
      );
    }
  });

  it('reads the largest object that etcd holds, twice over', async () => {
    const large = { text: 'ü'.repeat(MOST_ANSWER_BYTES / 2 - 10) };
    server.respond = (response) => json(response, 200, large);
    expect(await client.get('media/a')).to.deep.equal(large);
  });

  it('reads a page that is compressed, and counts its bytes after decompression', async () => {
    const body = { items: [{ text: 'x'.repeat(10_000) }], metadata: { resourceVersion: '10' } };
    server.respond = (response, { headers }) => {
      expect(headers['accept-encoding']).to.equal('gzip');
      answerPacked(response, JSON.stringify(body));
    };
    const page = await client.list(undefined, {}, 500);
    expect(page).to.deep.include({ items: body.items, bytes: JSON.stringify(body).length });
  });

  it('stops decompressing at its bound, and keeps its connection', async () => {
    server.respond = (response) => answerPacked(response, ' '.repeat(2 * MOST_ANSWER_BYTES));
    for (let calls = 0; calls < 3; calls += 1)
      expect(await client.list(undefined, {}, 500).catch((error) => error)).to.be.instanceOf(TooLargeError);
    expect(server.connections).to.equal(1);
  });

  it('reports an answer that only claims to be compressed, and makes the next call', async () => {
    server.respond = (response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('not compressed');
    expect(await client.get('media/a').catch(apiFailure)).to.deep.equal({ reason: 'Z_DATA_ERROR' });
    server.respond = (response) => json(response, 200, { kind: 'EdgeTranscodeJob' });
    expect(await client.get('media/a')).to.include({ kind: 'EdgeTranscodeJob' });
  });

  it('reports the status of a refusal whose body cannot be read', async () => {
    for (const [status, body] of [
      [403, 'not compressed'],
      [503, gzipSync('{"reason":"ServiceUnavailable"}').subarray(0, 20)],
    ] as const) {
      server.respond = (response) => response.writeHead(status, { 'content-encoding': 'gzip' }).end(body);
      const failure = { status, reason: `HTTP ${status}` };
      expect(await client.get('media/a').catch(apiFailure)).to.deep.equal(failure);
    }
  });

  it('reports the status of a refusal that stops in the middle, and makes a new connection', async () => {
    {
      const onHead = () => void clock.advance(DEADLINE_MS);
      subscribe('undici:request:headers', onHead);
      using _ = { [Symbol.dispose]: () => unsubscribe('undici:request:headers', onHead) };
      server.respond = (response) => void response.writeHead(429).write('{');
      const failure = { status: 429, reason: 'HTTP 429' };
      expect(await client.get('media/a').catch(apiFailure)).to.deep.equal(failure);
    }
    server.respond = (response) => json(response, 200, {});
    await client.get('media/a');
    expect(server.connections).to.equal(2);
  });

  it('sends each call below the path of the server', async () => {
    config.clusters = config.clusters.map((each) => ({ ...each, server: `${server.url}/k8s/clusters/c-1/` }));
    await client.get('media/a');
    expect(last().url).to.equal(`/k8s/clusters/c-1${COLLECTION}/namespaces/media/edgetranscodejobs/a`);
  });

  it('does not read an answer without an end, and keeps its connection', async () => {
    const sent = answersWithoutEnd(200);
    for (let calls = 1; calls <= 3; calls += 1)
      expect(await client.list(undefined, {}, 500).catch((error) => error)).to.be.instanceOf(TooLargeError);
    expect(sent()).to.be.below(3 * 2 * MOST_ANSWER_BYTES);
    expect(server.connections).to.equal(1);
  });

  it('reads no more of a Secret than its bound, however many it reads, and keeps the connection', async () => {
    const reads = 20;
    const sent = answersWithoutEnd(200);
    for (let read = 0; read < reads; read += 1)
      expect(await client.secretData('media', 'a').catch((error) => error)).to.be.instanceOf(TooLargeError);
    // Some is on its way when the reading stops; a Secret may have 1 MiB.
    expect(sent() / reads).to.be.below(MOST_SECRET_BYTES + 512 * 1_024);
    expect(server.connections).to.equal(1);
  });

  it('reads a Secret whose values are as long as they may be', async () => {
    const value = Buffer.from('x'.repeat(8_192)).toString('base64');
    const data = { accessKeyID: value, accessKeySecret: value, securityToken: value };
    server.respond = (response) => json(response, 200, { kind: 'Secret', data });
    expect(await client.secretData('media', 'a')).to.deep.equal(data);
  });

  it('reads no more of a refusal than its bound, and reports its status', async () => {
    const sent = answersWithoutEnd(422);
    expect(await client.get('media/a').catch(apiFailure)).to.deep.equal({ status: 422, reason: 'HTTP 422' });
    expect(sent()).to.be.below(MOST_REFUSAL_BYTES + 2 * 1_024 * 1_024);
  });

  /** Makes the server send until the call is cancelled. @returns the bytes that it has sent */
  function answersWithoutEnd(status: number): () => number {
    let bytes = 0;
    const part = 'x'.repeat(64 * 1_024);
    server.respond = (response) => {
      const more = () => {
        if (!response.stream.writable) return;
        bytes += part.length;
        response.write(part, more);
      };
      response.writeHead(status, { 'content-type': 'application/json' });
      more();
    };
    return () => bytes;
  }

  it('gives each call a deadline of 20 s', async () => {
    server.respond = async (response) => {
      await clock.advance(DEADLINE_MS - 1);
      json(response, 200, {});
    };
    await client.get('media/a');
    server.respond = () => void clock.advance(DEADLINE_MS);
    expect(await client.get('media/a').catch(apiFailure)).to.deep.equal({ reason: 'TimeoutError' });
  });

  it('makes a new connection after a call without an answer: the old one may be dead', async () => {
    server.respond = () => void clock.advance(DEADLINE_MS);
    await client.get('media/a').catch(apiFailure);
    server.respond = (response) => json(response, 200, {});
    await client.get('media/a');
    expect(server.connections).to.equal(2);
  });

  it('leaves no timer of a call that has ended, which would wake the process later', async () => {
    await client.get('media/a');
    server.respond = (response) => json(response, 500, {});
    await client.get('media/a').catch(apiFailure);
    expect(clock.timers).to.equal(0);
  });

  it('sets no timers of the connection beside the deadline, which would wake the process', async () => {
    const timeouts: unknown[] = [];
    const onRequest = (message: unknown) => {
      const { headersTimeout, bodyTimeout } = (message as { request: Record<string, unknown> }).request;
      timeouts.push(headersTimeout, bodyTimeout);
    };
    subscribe('undici:request:create', onRequest);
    await client.get('media/a');
    unsubscribe('undici:request:create', onRequest);
    expect(timeouts).to.deep.equal([0, 0]);
  });
});
