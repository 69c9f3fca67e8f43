/**
 * One budget spent by several processes while Redis cannot be reached, or not be trusted: in parts, and
 * together again when Redis is back.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer as createProxy, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { expect } from 'chai';
import { selfSignedCertificate } from '../../../simulator/http/certificate.ts';
import { redisUrl } from '../../world/redis.ts';
import { full, most, NOTICED_MS, SETTLED_MS, SHARDS, until, useSpenders } from './spenders.ts';

describe('a budget shared through a Redis that is lost', function () {
  this.timeout(60_000);
  const scene = useSpenders();

  it('is spent in parts while Redis is gone, and whole again when an empty Redis is back', async () => {
    await scene.shared();
    for (const spender of scene.spenders) spender.want(20);
    await delay(SETTLED_MS);
    scene.redis.process.kill('SIGKILL');
    await until(() => scene.spenders.every(({ redis }) => !redis.isUp), NOTICED_MS);
    expect(await scene.callsIn(4_000)).to.be.within(0.8 * full(4_000), most(4_000) + SHARDS);
    await scene.restartRedis();
    await scene.shared();
    await delay(SETTLED_MS);
    expect(await scene.callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
    scene.expectNeverAbove();
    for (const { logger } of scene.spenders)
      expect(JSON.stringify(logger.lines)).not.to.contain('a-password');
  });

  it('is logged once as lost while each connection is cut as soon as it is usable', async () => {
    const connections = new Set<Socket>();
    const proxy = createProxy((client) => {
      const server = connect(scene.redis.port, '127.0.0.1');
      client.pipe(server).pipe(client);
      for (const socket of [client, server]) socket.on('error', () => undefined);
      connections.add(client);
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const cut = scene.spender('account', redisUrl(port));
    for (let times = 0; times < 3; times += 1) {
      await until(() => cut.redis.isUp, NOTICED_MS);
      for (const connection of connections) connection.end();
      connections.clear();
      await until(() => !cut.redis.isUp, NOTICED_MS);
    }
    proxy.close();
    expect(cut.logger.lines.map(({ level }) => level)).to.deep.equal(['info', 'warn']);
  });

  it('is spent in parts when the certificate is not trusted, or the password is wrong or missing, and the log says which', async () => {
    // Encrypted, so that the certificate fails.
    const server = createServer(selfSignedCertificate()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const untrusted = scene.spender('account', `rediss://:a-password@127.0.0.1:${port}`);
    const refused = scene.spender('account', `redis://:a-password@127.0.0.1:${scene.redis.port}`);
    const missing = scene.spender('account', `redis://127.0.0.1:${scene.redis.port}`);
    await until(
      () => [untrusted, refused, missing].every(({ logger }) => logger.lines.length > 0),
      NOTICED_MS,
    );
    // Long enough for a second attempt.
    await delay(1_000);
    server.close();
    expect(untrusted.logger.lines.map(({ fields }) => fields.why)).to.deep.equal([
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ]);
    expect(refused.logger.lines.map(({ fields }) => fields.why)).to.deep.equal(['WRONGPASS']);
    expect(missing.logger.lines.map(({ fields }) => fields.why)).to.deep.equal(['NOAUTH']);
  });
});
