// The server answers /metrics, /livez and /readyz, and nothing else.

import { connect } from 'node:net';
import { expect } from 'chai';
import {
  type HttpServer,
  type HttpServerOptions,
  startHttpServer,
} from '../../../src/telemetry/http-server.ts';

describe('the HTTP server', () => {
  let server: HttpServer;
  let problem: string | undefined;
  let metrics: HttpServerOptions['metrics'];

  beforeEach(async () => {
    problem = undefined;
    metrics = async () => ({ contentType: 'text/plain; version=0.0.4', text: 'a 1\n' });
    server = await start();
  });
  afterEach(() => server.close());

  function start(port = 0): Promise<HttpServer> {
    return startHttpServer({
      host: '127.0.0.1',
      port,
      metrics: () => metrics(),
      live: () => problem,
      ready: () => problem,
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

  it('serves the metrics with their content type', async () => {
    expect(await get('/metrics')).to.deep.equal({
      status: 200,
      type: 'text/plain; version=0.0.4',
      text: 'a 1\n',
    });
    expect(await get('/metrics?format=x')).to.include({ status: 200 });
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
});
