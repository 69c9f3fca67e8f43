// The server answers /metrics, /livez and /readyz, and nothing else.

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, Server } from 'node:net';
import { expect } from 'chai';
import { type HttpServer, type Limits, startHttpServer } from '../../../src/http/http-server.ts';
import { answerEndpoint, type Endpoints } from '../../../src/telemetry/endpoints.ts';

describe('the HTTP server', () => {
  let server: HttpServer;
  let problem: string | undefined;
  let metrics: Endpoints['metrics'];

  beforeEach(async () => {
    problem = undefined;
    metrics = async () => ({ contentType: 'text/plain; version=0.0.4', body: Buffer.from('a 1\n') });
    server = await start();
  });
  afterEach(() => server.close());

  function start(port = 0, limits?: Limits): Promise<HttpServer> {
    return startHttpServer({
      host: '127.0.0.1',
      port,
      ...(limits && { limits }),
      answer: (target) =>
        answerEndpoint({ metrics: () => metrics(), live: () => problem, ready: () => problem }, target),
    });
  }

  async function get(
    path: string,
    init: RequestInit = {},
  ): Promise<{ status: number; type: string | null; text: string }> {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      text: await response.text(),
    };
  }

  it('does not end the process when connections cannot be accepted, as without a file descriptor', async () => {
    const { listen } = Server.prototype;
    const listening: Server[] = [];
    Server.prototype.listen = function (this: Server, ...parameters: unknown[]) {
      listening.push(this);
      return Reflect.apply(listen, this, parameters);
    };
    const other = await start().finally(() => {
      Server.prototype.listen = listen;
    });
    try {
      for (let times = 0; times < 3; times += 1) listening[0]?.emit('error', new Error('accept EMFILE'));
      expect(listening).to.have.length(1);
    } finally {
      other.close();
    }
  });

  it('serves the metrics with their content type', async () => {
    expect(await get('/metrics')).to.deep.equal({
      status: 200,
      type: 'text/plain; version=0.0.4',
      text: 'a 1\n',
    });
    expect(await get('/metrics?format=x')).to.include({ status: 200 });
  });

  for (const encoding of ['gzip', 'identity'])
    it(`serves the metrics of 5,000 objects as ${encoding} to a client that accepts that`, async () => {
      const body = Buffer.from('edgetranscode_job_state{namespace="media",name="one"} 1\n'.repeat(5_000));
      metrics = async () => ({ contentType: 'text/plain', body });
      const url = `http://127.0.0.1:${server.port}/metrics`;
      const answer = await fetch(url, { headers: { 'accept-encoding': encoding } });
      const isGzip = encoding === 'gzip';
      expect(answer.headers.get('content-encoding')).to.equal(isGzip ? 'gzip' : null);
      expect(answer.headers.get('vary')).to.equal('Accept-Encoding');
      expect(Number(answer.headers.get('content-length'))).to.be.within(1, body.length / (isGzip ? 10 : 1));
      expect(Buffer.from(await answer.arrayBuffer())).to.deep.equal(body);
    });

  for (const path of ['/livez', '/readyz'])
    it(`answers at ${path} whether all is well, or why not`, async () => {
      expect(await get(path)).to.include({ status: 200, text: 'ok\n' });
      problem = 'the first list has not arrived yet';
      expect(await get(path)).to.include({ status: 503, text: 'the first list has not arrived yet\n' });
    });

  it('answers HEAD without a body', async () => {
    expect(await get('/livez', { method: 'HEAD' })).to.include({ status: 200, text: '' });
  });

  it('never answers 304 for the metrics, which have no tag', async () => {
    expect(await get('/metrics', { headers: { 'if-none-match': '*' } })).to.include({ status: 200 });
  });

  it('answers 304 without a body to a known tag, and only in place of 200', async () => {
    server.close();
    let status = 200;
    const headers = { 'content-type': 'text/plain', etag: 'W/"a"' };
    const body = Buffer.from('x'.repeat(2_000));
    const answer = async () => ({ status, headers, body });
    server = await startHttpServer({ host: '127.0.0.1', port: 0, answer });
    const ask = () => fetch(`http://127.0.0.1:${server.port}/`, { headers: { 'if-none-match': 'W/"a"' } });
    const unchanged = await ask();
    expect([unchanged.status, await unchanged.text()]).to.deep.equal([304, '']);
    // A cache keeps the answers to different clients apart after a 304, too.
    expect(unchanged.headers.get('vary')).to.equal('Accept-Encoding');
    status = 404;
    expect((await ask()).status).to.equal(404);
  });

  it('is read in a browser by no name that a hostile site gave to the address', async () => {
    const hosts = ['localhost', 'rebound.example.com'];
    // `fetch` sends no Host but its own.
    const statusFor = (host: string) =>
      new Promise((resolve, reject) => {
        const url = `http://127.0.0.1:${server.port}/livez`;
        request(url, { headers: { host }, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .once('error', reject)
          .end();
      });
    const statuses = () => Promise.all(hosts.map(statusFor));
    expect(await statuses()).to.deep.equal([200, 200]);
    server.close();
    const answer = async () => ({ status: 200, headers: {}, body: Buffer.from('a') });
    server = await startHttpServer({ host: '127.0.0.1', port: 0, answer, isForBrowsers: true });
    expect(await statuses()).to.deep.equal([200, 403]);
  });

  it('answers 404 to any other path', async () => {
    for (const path of ['/', '/metrics/x', '/healthz']) expect(await get(path)).to.include({ status: 404 });
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect(await get('/metrics', { method })).to.include({ status: 405 });
  });

  it('answers 500 when the metrics fail, does not show the failure, and continues to serve', async () => {
    metrics = () => Promise.reject(new Error('CANARY'));
    const { status, text } = await get('/metrics');
    expect(status).to.equal(500);
    expect(text).not.to.contain('CANARY');
    expect(await get('/livez')).to.include({ status: 200 });
  });

  it('picks a free port for port 0', async () => {
    expect(server.port).to.be.greaterThan(0);
  });

  it('fails to start when the port is taken', async () => {
    const error = await start(server.port).then(
      () => undefined,
      (thrown: NodeJS.ErrnoException) => thrown.code,
    );
    expect(error).to.equal('EADDRINUSE');
  });

  it('closes immediately, even with open connections', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    await get('/livez');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    server.close();
    await closed;
    expect(await get('/livez').catch(() => 'refused')).to.equal('refused');
  });

  describe('against clients that hold it up', () => {
    const PLENTY: Limits = {
      connections: 100,
      headerBytes: 1_024,
      requestMs: 60_000,
      answerMs: 60_000,
      idleMs: 60_000,
    };
    /** More than the backlog that Node requests where none is named, 511. */
    const BURST = 600;
    const GET_METRICS = 'GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n';

    async function restart(limits: Partial<Limits> = {}): Promise<void> {
      server.close();
      server = await start(0, { ...PLENTY, ...limits });
    }

    /** Sends raw text, and returns all that comes back until the server closes the connection. */
    function untilClosed(text: string): Promise<string> {
      return new Promise((resolve) => {
        let received = '';
        const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
        socket.on('data', (chunk) => {
          received += chunk;
        });
        socket.on('error', () => undefined);
        socket.on('close', () => resolve(received));
      });
    }

    const SLOW: Readonly<Record<string, string>> = {
      'says nothing': '',
      'stops within the head': 'GET /metrics HTTP/1.1\r\nhost:',
      'announces a body that does not come': 'POST /metrics HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n',
    };
    for (const [what, text] of Object.entries(SLOW))
      it(`closes the connection of a client that ${what}`, async () => {
        await restart({ requestMs: 50 });
        expect(await untilClosed(text)).to.match(/^(HTTP\/1\.1 405 |$)/);
      });

    it('closes the connection of a client that sends its second request byte by byte', async () => {
      await restart({ requestMs: 50, idleMs: 50 });
      const { promise, resolve } = Promise.withResolvers<string>();
      let received = '';
      const socket = connect(server.port, '127.0.0.1', () => socket.write(GET_METRICS));
      socket.once('data', (first) => {
        received = String(first);
        socket.write('GET /metrics HTTP/1.1\r\nhost: a\r\nx: ');
        const bytes = setInterval(() => socket.write('x'), 5);
        socket.on('error', () => undefined);
        socket.once('close', () => {
          clearInterval(bytes);
          resolve(received);
        });
      });
      expect(await promise).to.contain('HTTP/1.1 200');
    });

    for (const header of ['transfer-encoding: chunked', 'content-length: 1000000'])
      it(`reads no body: ${header}`, async () => {
        await restart();
        const head = `GET /metrics HTTP/1.1\r\nhost: a\r\n${header}\r\n\r\n`;
        expect(await untilClosed(head)).to.match(/^HTTP\/1.1 400 /);
      });

    it('answers a request to upgrade once, and reads nothing that follows', async () => {
      await restart();
      const head = 'GET /metrics HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n';
      expect(await untilClosed(head)).to.match(/^HTTP\/1.1 200 /);
    });

    it('closes an idle connection', async () => {
      await restart({ idleMs: 50 });
      expect(await untilClosed(GET_METRICS)).to.contain('HTTP/1.1 200');
    });

    it('refuses a head that is too long', async () => {
      await restart();
      const answer = await untilClosed(`GET /metrics HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(1_024)}\r\n\r\n`);
      expect(answer).to.contain('HTTP/1.1 431');
    });

    it('closes a connection whose answer is not taken in time', async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      metrics = async () => {
        resolve();
        return new Promise(() => undefined);
      };
      await restart({ answerMs: 50 });
      const closed = untilClosed(GET_METRICS);
      await promise;
      expect(await closed).to.equal('');
    });

    it('does not answer requests that do not wait for the last answer', async () => {
      let rendered = 0;
      metrics = async () => {
        rendered += 1;
        return new Promise(() => undefined);
      };
      await restart();
      expect(await untilClosed(GET_METRICS.repeat(1_000))).to.equal('');
      expect(rendered).to.equal(1);
    });

    it('lets a burst of connections wait, of which Linux would delay a part by a second', async function () {
      if (process.platform !== 'linux') this.skip();
      await restart({ connections: BURST });
      const sockets = Array.from({ length: BURST }, () => connect(server.port, '127.0.0.1'));
      // They connect in the next ticks, and the server accepts the first of them after those.
      await new Promise(process.nextTick);
      const waiting = waitingConnections(server.port);
      for (const socket of sockets) socket.destroy();
      expect(waiting).to.equal(BURST);
    });

    it('closes the oldest connection for a new one, so that a probe is answered', async () => {
      await restart({ connections: 10 });
      const crowd = Array.from({ length: 30 }, () => untilClosed('GET /metrics HTTP/1.1\r\n'));
      let closed = 0;
      for (const each of crowd) void each.then(() => (closed += 1));
      await Promise.all(crowd.slice(0, 20));
      expect(await get('/livez')).to.include({ status: 200 });
      expect(closed).to.equal(21);
    });
  });
});

/** Connections to the port that the server has not accepted yet; the kernel shows them as unread bytes. */
function waitingConnections(port: number): number {
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const listening = `${address} 00000000:0000 0A `;
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((each) => each.includes(listening));
  return Number.parseInt(/:(\w{8}) \d\d:/.exec(line ?? '')?.[1] ?? '', 16);
}
