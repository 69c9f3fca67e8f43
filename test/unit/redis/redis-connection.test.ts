// The connection while no Redis answers. The contract tests cover a real Redis.

import { getEventListeners, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { systemClock } from '../../../src/base/clock.ts';
import { RedisConnection, tlsOf } from '../../../src/redis/redis-connection.ts';
import { settled } from '../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../kit/fakes/recording-logger.ts';

/** No server listens on this port. */
const URL = 'redis://127.0.0.1:1';

const TRIES = 20;

describe('the connection to Redis', () => {
  it('leaves no listener behind after attempts that failed', async () => {
    const tried = Promise.withResolvers<AbortSignal>();
    let tries = 0;
    const sleep = (ms: number, signal?: AbortSignal) => {
      // Only the pause after an attempt has a signal. Each takes no time here, except the last.
      if (!signal) return systemClock.sleep(ms);
      tries += 1;
      if (tries < TRIES) return Promise.resolve();
      tried.resolve(signal);
      return systemClock.sleep(ms, signal);
    };
    const redis = new RedisConnection({
      url: URL,
      clock: { ...systemClock, sleep },
      logger: new RecordingLogger(),
    });
    const listeners = getEventListeners(await tried.promise, 'abort');
    redis.close();
    // The listener of the pause.
    expect(listeners).to.have.lengthOf(1);
  });

  for (const [host, isNamed] of [
    ['localhost', true],
    ['127.0.0.1', false],
  ] as const)
    it(`${isNamed ? 'names' : 'does not name'} the host ${host} when it begins TLS`, async () => {
      const server = createServer();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const url = `rediss://:word@${host}:${port}`;
      const redis = new RedisConnection({ url, clock: systemClock, logger: new RecordingLogger() });
      const [socket] = (await once(server, 'connection')) as [Socket];
      const [hello] = (await once(
        socket.on('error', () => undefined),
        'data',
      )) as [Buffer];
      redis.close();
      socket.destroy();
      server.close();
      // The name is in the first message, which nothing encrypts.
      expect(hello.includes('localhost')).to.equal(isNamed);
    });

  it('names a host as TLS does: without the dot at the end, and no address', () => {
    const nameOf = (host: string) => tlsOf(`rediss://:word@${host}:6380/2`).tls?.servername;
    expect(nameOf('redis.example.'), 'without a search of domains').to.equal('redis.example');
    expect(['[::1]', '127.0.0.1', '127.0.0.1.'].map(nameOf)).to.deep.equal([undefined, undefined, undefined]);
  });

  it('makes no connection when it is closed while its client is loading', async () => {
    const accepted: Socket[] = [];
    const server = createServer((socket) => accepted.push(socket.on('error', () => undefined)));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const url = `redis://127.0.0.1:${port}`;
    const redis = new RedisConnection({ url, clock: systemClock, logger: new RecordingLogger() });
    redis.close();
    await import('ioredis');
    await settled();
    // The server accepts connections in their order.
    const later = connect(port, '127.0.0.1');
    await Promise.all([once(later, 'connect'), once(server, 'connection')]);
    await settled();
    const count = accepted.length;
    for (const socket of [later, ...accepted]) socket.destroy();
    server.close();
    expect(count).to.equal(1);
  });
});
