/**
 * SIGTERM at unusual moments: whatever the operator does or waits for, it exits with 0 within 5 s.
 * process.test.ts and leadership.test.ts show what it leaves behind in ordinary states.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import type { Operator } from '../../world/operator.ts';
import { LEASE, leaseOf } from '../support/terms.ts';
import { useWorld } from '../support/use-world.ts';
import { secret } from '../support/user-side.ts';
import { is, JOB_ID, job } from '../support/world.ts';

describe('SIGTERM ends the operator with 0 within 5 s', function () {
  this.timeout(60_000);
  const scene = useWorld({ operator: 'none' });
  let operator: Operator | undefined;

  afterEach(async () => {
    const { world } = scene;
    world.controlPlane.resumeApiServer();
    await operator?.process.stop();
    operator = undefined;
    await world.kubectl('delete', 'lease', '--ignore-not-found', LEASE);
    await world.kubectl('delete', 'edgetranscodejobs', '--all');
  });

  it('while another operator leads, and leaves its Lease unchanged', async () => {
    const { world } = scene;
    await world.apply(leaseOf('another'));
    const candidate = await start({ args: ['--leader-elect'] });
    expect(await candidate.metric('edgetranscode_leading')).to.equal(0);
    await stops(candidate);
    expect(candidate.log().map(({ msg }) => msg)).not.to.include('released the lead');
    expect(await world.kubectl('get', 'lease', LEASE, '-o=jsonpath={.spec.holderIdentity}')).to.equal(
      'another',
    );
  });

  it('while the leader is unknown and it is not ready', async () => {
    scene.world.controlPlane.pauseApiServer();
    const unsettled = await start({ args: ['--leader-elect'], untilReady: false });
    expect(await unsettled.isReady()).to.equal(false);
    await stops(unsettled);
  });

  it('while it leads and the API server is gone', async () => {
    const { world } = scene;
    const leader = await start({ args: ['--leader-elect'] });
    await leader.process.printed(/took the lead/);
    await world.controlPlane.stopApiServer();
    try {
      await leader.process.printed(/ECONNREFUSED/);
      await stops(leader);
    } finally {
      await world.controlPlane.startApiServer();
    }
  });

  it('while STS hangs', async () => {
    const { world } = scene;
    const { accessKey, rrsa } = world.cloud;
    await using sts = await startSilence();
    await world.apply(secret('role', { ...accessKey, roleARN: rrsa.roleARN }));
    await world.apply(job('role', { jobID: JOB_ID, credentialsRef: { name: 'role' } }));
    const waiting = await start({ args: [`--sts-endpoint=http://127.0.0.1:${sts.port}`] });
    await sts.heard;
    await stops(waiting);
  });

  it('while Redis hangs', async () => {
    const { world } = scene;
    await using redis = await startSilence();
    await world.apply(job('shared', { jobID: JOB_ID }));
    const waiting = await start({
      args: [`--redis-url=redis://127.0.0.1:${redis.port}`, '--shard-count=2'],
    });
    await redis.heard;
    await world.until('shared', (each) => is(each, 'Ready', 'True'));
    await stops(waiting);
  });

  it('although SIGTERM comes again and again', async () => {
    const { world } = scene;
    const leader = await start({ args: ['--leader-elect'] });
    await leader.process.printed(/took the lead/);
    world.controlPlane.pauseApiServer();
    leader.process.kill('SIGTERM');
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) {
      leader.process.kill(signal);
    }
    await stops(leader);
  });

  /** Expects an orderly stop, not one at the end of the grace period. */
  async function stops(running: Operator): Promise<void> {
    expect(await running.process.stop(5_000)).to.deep.equal({ code: 0, signal: null });
    expect(running.log().at(-1)).to.include({ level: 'info', msg: 'stopped' });
  }

  /** Operators of this file are ended with the test that started them. */
  async function start(options: Parameters<typeof scene.world.operator>[0] = {}): Promise<Operator> {
    operator = await scene.world.operator(options);
    return operator;
  }
});

interface Silence extends AsyncDisposable {
  readonly port: number;
  /** Resolves at the first request. */
  readonly heard: Promise<unknown>;
}

/** Takes connections, and answers nothing. */
async function startSilence(): Promise<Silence> {
  const sockets = new Set<Socket>();
  const { promise: heard, resolve } = Promise.withResolvers<unknown>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('data', resolve);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    heard,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
