// One watch on the wire: its request, its events, and every way in which it can end.

import { once } from 'node:events';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Http2ServerResponse as Response } from 'node:http2';
import { type AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../../../simulator/http/certificate.ts';
import { apiFailure } from '../../../../src/kube/client/api-error.ts';
import { PooledKubeConfig } from '../../../../src/kube/client/kube-config.ts';
import { type RawEvent, WatchClient, type WatchLimits } from '../../../../src/kube/client/watch-client.ts';
import { heapInUse, MEASURING_MS } from '../../kit/heap.ts';
import { json, LoopbackApiServer } from './loopback-api-server.ts';

const PATH = '/apis/edgetranscode.live/v1alpha1/edgetranscodejobs';
const ONE = { type: 'ADDED', object: { metadata: { name: 'one' } } };
const TWO = { type: 'MODIFIED', object: { metadata: { name: 'zwei – 二' } } };

describe('the client of a watch', () => {
  let server: LoopbackApiServer;
  let stop: AbortController;
  beforeEach(async () => {
    server = new LoopbackApiServer();
    await server.open();
    stop = new AbortController();
  });
  afterEach(() => server.close());

  function watchClient(limits: Partial<WatchLimits> = {}, kubeconfig = server.kubeconfig): WatchClient {
    const config = new PooledKubeConfig();
    config.loadFromString(kubeconfig);
    return new WatchClient(config, 'operator/1 (pod)', limits);
  }

  function eventsOf(client: WatchClient) {
    return client.events(PATH, { resourceVersion: '10', timeoutSeconds: 300 }, stop.signal);
  }

  function watch(limits: Partial<WatchLimits> = {}, kubeconfig = server.kubeconfig) {
    return eventsOf(watchClient(limits, kubeconfig));
  }

  /** All events of a watch, and how it ended. */
  async function outcome(events = watch()): Promise<unknown[]> {
    const all: unknown[] = [];
    try {
      for await (const event of events) all.push(event);
      return [...all, 'ended'];
    } catch (error) {
      return [...all, apiFailure(error)];
    }
  }

  function sends(...parts: (string | Buffer)[]): (response: Response) => Promise<void> {
    return async (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      for (const part of parts) {
        response.write(part);
        await new Promise((resolve) => setImmediate(resolve));
      }
      response.end();
    };
  }

  async function untilClosed(): Promise<void> {
    while (server.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
  }

  it('requests events after a version, bookmarks and a duration, and sends its user agent', async () => {
    server.respond = sends();
    await outcome();
    const [received] = server.received;
    const { pathname, searchParams } = new URL(received?.url ?? '', server.url);
    expect(pathname).to.equal(PATH);
    expect(Object.fromEntries(searchParams)).to.deep.equal({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '10',
      timeoutSeconds: '300',
    });
    expect(received?.headers).to.include({
      'user-agent': 'operator/1 (pod)',
      authorization: 'Bearer token-1',
    });
  });

  it('yields each event, however the bytes are split into chunks', async () => {
    const bytes = Buffer.from(`${JSON.stringify(ONE)}\n${JSON.stringify(TWO)}\n`);
    for (const size of [1, 7, 64, bytes.length]) {
      const count = Math.ceil(bytes.length / size);
      const parts = Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
      server.respond = sends(...parts);
      expect(await outcome(), `parts of ${size}`).to.deep.equal([ONE, TWO, 'ended']);
    }
  });

  it('yields an event when it comes, not when the next one comes', async () => {
    server.respond = (response) => void response.writeHead(200).write(`${JSON.stringify(ONE)}\n`);
    const events = watch();
    expect(await events.next()).to.deep.equal({ done: false, value: ONE });
    await events.return();
    await untilClosed();
  });

  it('drops a line that the end cuts: its event comes again when the watch resumes', async () => {
    server.respond = sends(`${JSON.stringify(ONE)}\n`, JSON.stringify(TWO).slice(0, 20));
    expect(await outcome()).to.deep.equal([ONE, 'ended']);
  });

  it('drops a line that a broken connection cuts, and throws the error of the connection', async () => {
    server.respond = (response) => {
      response.writeHead(200).write(`${JSON.stringify(ONE)}\n${JSON.stringify(TWO).slice(0, 20)}`);
      setImmediate(() => server.breakConnections());
    };
    expect(await outcome()).to.deep.equal([ONE, { reason: 'ECONNRESET' }]);
  });

  for (const line of ['{"type":"ADD', '<html>', 'null', '7', ''])
    it(`throws for the line ${JSON.stringify(line)}`, async () => {
      server.respond = sends(`${JSON.stringify(ONE)}\n${line}\n${JSON.stringify(TWO)}\n`);
      expect(await outcome()).to.deep.equal([ONE, { reason: 'UnreadableError' }]);
    });

  it('reads the largest object that etcd holds', async () => {
    const large = { type: 'ADDED', object: { text: 'x'.repeat(1.5 * 1_024 * 1_024) } };
    server.respond = sends(`${JSON.stringify(large)}\n`);
    expect(await outcome()).to.deep.equal([large, 'ended']);
  });

  it('keeps none of many large events in a row', async function () {
    this.timeout(MEASURING_MS);
    const line = (number: number) =>
      `${JSON.stringify({ type: 'MODIFIED', object: `${number}`.repeat(250_000) })}\n`;
    server.respond = sends(...Array.from({ length: 30 }, (_, index) => line(1_000 + index)));
    const before = await heapInUse();
    let count = 0;
    for await (const { object } of watch()) {
      expect(object).to.have.lengthOf(1_000_000);
      count += 1;
      if (count === 20) expect((await heapInUse()) - before).to.be.below(8_000_000);
    }
    expect(count).to.equal(30);
  });

  it('reads few long lines at a time, of all its watches together, and each to its end', async function () {
    this.timeout(MEASURING_MS);
    const watches = 24;
    const half = 'x'.repeat(1_000_000);
    const ends: (() => void)[] = [];
    server.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`{"type":"ADDED","object":{"text":"${half}`);
      ends.push(() => response.end('"}}\n'));
    };
    const client = watchClient();
    const before = await heapInUse();
    const outcomes = Array.from({ length: watches }, () => outcome(eventsOf(client)));
    while (ends.length < watches) await new Promise((resolve) => setImmediate(resolve));
    const held = [];
    for (let sample = 0; sample < 3; sample += 1) held.push((await heapInUse()) - before);
    for (const end of ends) end();
    for (const all of await Promise.all(outcomes))
      expect(all).to.deep.equal([{ type: 'ADDED', object: { text: half } }, 'ended']);
    expect(Math.max(...held)).to.be.within(half.length, (watches / 2) * half.length);
  });

  it('reads long lines although others were cut in the middle', async () => {
    const large = { type: 'ADDED', object: { text: 'x'.repeat(500_000) } };
    const line = JSON.stringify(large);
    const client = watchClient();
    server.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(line, () => response.socket.destroy());
    };
    for (let cut = 0; cut < 20; cut += 1)
      expect(await outcome(eventsOf(client))).to.deep.equal([{ reason: 'ECONNRESET' }]);
    server.respond = sends(line, '\n');
    expect(await outcome(eventsOf(client))).to.deep.equal([large, 'ended']);
  });

  it('keeps no line of watches that are silent since, whose events were taken', async function () {
    this.timeout(MEASURING_MS);
    const watches = 24;
    const text = 'x'.repeat(1_000_000);
    server.respond = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${JSON.stringify({ type: 'ADDED', object: { text } })}\n`);
    };
    const client = watchClient();
    const before = await heapInUse();
    const all = Array.from({ length: watches }, () => eventsOf(client));
    for (const events of all) expect(await textOf(events.next())).to.have.lengthOf(text.length);
    const ends = all.map((events) => events.next().catch(() => undefined));
    expect((await heapInUse()) - before).to.be.below((watches / 4) * text.length);
    stop.abort();
    await Promise.all(ends);
  });

  /** Takes the object out of the event, as a reader does that waits for the next one. */
  async function textOf(event: Promise<IteratorResult<RawEvent, void>>): Promise<string | undefined> {
    const { value } = await event;
    if (!value) return undefined;
    const { text } = value.object as { text?: string };
    value.object = undefined;
    return text;
  }

  it('does not buffer an endless line', async () => {
    let sent = 0;
    const part = 'x'.repeat(64 * 1_024);
    server.respond = (response) => {
      const more = () => {
        sent += part.length;
        if (response.writable) response.write(part, more);
      };
      response.writeHead(200);
      more();
    };
    expect(await outcome()).to.deep.equal([{ reason: 'UnreadableError' }]);
    expect(sent).to.be.below(16 * 1_024 * 1_024);
    await untilClosed();
  });

  it('throws the refusal of the API server with the requested delay', async () => {
    server.respond = (response) =>
      json(response, 429, { kind: 'Status', reason: 'TooManyRequests' }, { 'retry-after': '7' });
    expect(await outcome()).to.deep.equal([{ status: 429, reason: 'TooManyRequests', retryAfterMs: 7_000 }]);
  });

  it('reads no more of a refusal than the size of a Status', async () => {
    server.respond = (response) => {
      response.writeHead(503);
      const more = () => response.writable && response.write('x'.repeat(64 * 1_024), more);
      more();
    };
    expect(await outcome()).to.deep.equal([{ status: 503, reason: 'HTTP 503' }]);
    await untilClosed();
  });

  it('ends without an error when nothing has come for long', async () => {
    server.respond = (response) => void response.writeHead(200).write(`${JSON.stringify(ONE)}\n`);
    expect(await outcome(watch({ idleMs: 20 }))).to.deep.equal([ONE, 'ended']);
    await untilClosed();
  });

  it('has the calls connect again when nothing has come for long, and not when it ends or is cut', async () => {
    const config = new PooledKubeConfig();
    config.loadFromString(server.kubeconfig);
    let dropped = 0;
    config.dropConnections = () => {
      dropped += 1;
    };
    const client = (limits = {}) => new WatchClient(config, 'operator/1 (pod)', limits);
    server.respond = sends(`${JSON.stringify(ONE)}\n`);
    await outcome(eventsOf(client()));
    server.respond = (response) =>
      void response.writeHead(200).write(`${JSON.stringify(ONE)}\n`, () => response.socket.destroy());
    await outcome(eventsOf(client()));
    expect(dropped).to.equal(0);
    server.respond = (response) => void response.writeHead(200).write(`${JSON.stringify(ONE)}\n`);
    await outcome(eventsOf(client({ idleMs: 20 })));
    expect(dropped).to.equal(1);
  });

  it('waits 80 s for a byte by default: bookmarks come about once a minute', async () => {
    const { setTimeout: original } = Socket.prototype;
    const waits: number[] = [];
    Socket.prototype.setTimeout = function (ms, onTimeout) {
      waits.push(ms);
      return original.call(this, ms, onTimeout);
    };
    try {
      server.respond = sends();
      await outcome();
    } finally {
      Socket.prototype.setTimeout = original;
    }
    expect(waits).to.include(80_000);
  });

  it('throws when no answer comes', async () => {
    server.respond = () => undefined;
    expect(await outcome(watch({ answerMs: 20 }))).to.deep.equal([{ reason: 'ETIMEDOUT' }]);
    await untilClosed();
  });

  it('throws when the answer changes to another protocol', async () => {
    server.respond = (response) => {
      response.writeHead(101, { connection: 'Upgrade', upgrade: 'h2c' });
      response.end();
    };
    expect(await outcome(watch({ answerMs: 1_000 }))).to.deep.equal([{ reason: 'ECONNRESET' }]);
    await untilClosed();
  });

  it('throws the status of a refusal that stops in the middle', async () => {
    server.respond = (response) => void response.writeHead(503).write('{"kind":');
    const failure = { status: 503, reason: 'HTTP 503' };
    expect(await outcome(watch({ answerMs: 100 }))).to.deep.equal([failure]);
    await untilClosed();
  });

  it('throws when no server listens', async () => {
    const events = watch();
    server.close();
    expect(await outcome(events)).to.deep.equal([{ reason: 'ECONNREFUSED' }]);
  });

  it('ends immediately when it is aborted, whatever it waits for', async () => {
    server.respond = (response) => {
      response.writeHead(200).write('{');
      setImmediate(() => stop.abort());
    };
    expect(await outcome()).to.have.length(1);
    await untilClosed();
    server.respond = () => undefined;
    expect(await outcome()).to.have.length(1);
  });

  it('has a connection of its own, which ends with it', async () => {
    server.respond = sends(`${JSON.stringify(ONE)}\n`);
    for (let watches = 1; watches <= 5; watches += 1) {
      await outcome();
      expect(server.connections).to.equal(watches);
    }
    await untilClosed();
  });

  it('trusts a certificate authority that has replaced another in its file', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'watch-client-'));
    const file = join(folder.path, 'ca.crt');
    const kubeconfig = JSON.parse(server.kubeconfig);
    const [{ cluster }] = kubeconfig.clusters;
    kubeconfig.clusters[0].cluster = { server: cluster.server, 'certificate-authority': file };
    const config = new PooledKubeConfig();
    config.loadFromString(JSON.stringify(kubeconfig));
    const client = new WatchClient(config, 'operator/1');
    const query = { resourceVersion: '10', timeoutSeconds: 300 };
    server.respond = sends();
    await writeFile(file, selfSignedCertificate().cert);
    expect(await outcome(client.events(PATH, query, stop.signal))).not.to.deep.equal(['ended']);
    await writeFile(file, Buffer.from(cluster['certificate-authority-data'], 'base64'));
    expect(await outcome(client.events(PATH, query, stop.signal))).to.deep.equal(['ended']);
  });

  it('uses plain HTTP where the kubeconfig says so, as with kubectl proxy', async () => {
    const plain = await plainServer(`${JSON.stringify(ONE)}\n`);
    try {
      const { port } = plain.address() as AddressInfo;
      const kubeconfig = JSON.parse(server.kubeconfig);
      // The library requires this without TLS.
      kubeconfig.clusters[0].cluster = {
        server: `http://127.0.0.1:${port}/`,
        'insecure-skip-tls-verify': true,
      };
      expect(await outcome(watch({}, JSON.stringify(kubeconfig)))).to.deep.equal([ONE, 'ended']);
    } finally {
      plain.close();
    }
  });
});

async function plainServer(body: string): Promise<Server> {
  const server = createServer((request, response) => {
    expect(request.url).to.match(/^\/apis\//);
    response.end(body);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}
