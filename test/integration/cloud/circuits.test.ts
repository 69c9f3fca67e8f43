/**
 * A revoked key that many objects use, and an endpoint that hangs beside one that answers: few calls, true
 * statuses, and observations again soon after the repair. The simulated cloud counts the calls.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { DEFAULT_KEY } from '../../../simulator/seed.ts';
import type { Call } from '../../../simulator/world/cloud-world.ts';
import { createJob, now, ONE_BY_ONE } from '../support/cloud-side.ts';
import { createCloudJobs, storeReferences } from '../support/many/references.ts';
import { useWorld } from '../support/use-world.ts';
import { secret, secretData } from '../support/user-side.ts';
import { is, job } from '../support/world.ts';

const OBJECTS = 400;
/** Asks for 40 calls a second, of the 98 that the budget gives. */
const INTERVAL = '10s';
const SECOND = 1_000;

describe('a revoked key that hundreds of objects use', () => {
  const scene = useWorld({
    prepare: async (world) => {
      await createCloudJobs(world, OBJECTS);
      await storeReferences(world, OBJECTS, INTERVAL);
    },
    operator: () => ({ args: [ONE_BY_ONE, '--calls-per-minute=6000'] }),
  });
  let revokedAt: number;
  let repairTime: number;
  let whileRevoked: readonly Call[];
  let afterwards: readonly Call[];

  /** How many objects have the condition Ready with this reason. */
  async function count(reason: string): Promise<number> {
    const objects = await scene.world.list();
    const ready = objects.flatMap(
      ({ status }) => status.conditions?.find(({ type }) => type === 'Ready') ?? [],
    );
    return ready.filter((condition) => condition.reason === reason).length;
  }

  async function setKey(active: boolean): Promise<number> {
    const { admin } = scene.world.cloud;
    await admin.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active });
    return await now(scene.world);
  }

  async function all(reason: string): Promise<void> {
    const look = async () => ((await count(reason)) === OBJECTS ? true : undefined);
    await scene.world.eventually(`all objects ${reason}`, look, {
      withinMs: 60 * SECOND,
      everyMs: SECOND / 2,
    });
  }

  scene.setUp(async () => {
    const { admin } = scene.world.cloud;
    await all('ObservationSucceeded');
    revokedAt = await setKey(false);
    await all('AuthenticationFailed');
    // Probes come at 5 and 15 s at the latest: until the third, the circuit has had time to grow its
    // intervals.
    await scene.world.eventually(
      'several probes',
      async () => {
        const { calls } = await admin.calls({ since: revokedAt });
        return calls.length > 0 && spanOf(calls) > 18 * SECOND ? true : undefined;
      },
      { withinMs: 90 * SECOND },
    );
    whileRevoked = (await admin.calls({ since: revokedAt })).calls;
    repairTime = Date.now();
    const callsBeforeRepair = await setKey(true);
    await all('ObservationSucceeded');
    afterwards = (await admin.calls({ since: callsBeforeRepair })).calls;
  });

  it('costs few calls: those in flight, and then probes at growing intervals', () => {
    expect(new Set(whileRevoked.map(({ code }) => code))).to.deep.equal(
      new Set(['InvalidAccessKeyId.Inactive']),
    );
    const times = whileRevoked.map(({ time }) => time);
    const probes = times.filter((time) => time > (times[0] as number) + SECOND);
    expect(probes.length).to.be.within(1, 6);
    const gaps = probes.slice(1).map((time, index) => time - (probes[index] as number));
    expect(Math.min(...gaps)).to.be.at.least(2.5 * SECOND);
  });

  it('is used again within 30 s of being restored, with hardly more than one call per object', () => {
    const good = afterwards.filter(({ code }) => code === 'OK');
    // The first call about each: of equal keys a Map keeps the last.
    const observed = new Map(good.map(({ jobID, time }) => [jobID, time] as const).reverse());
    expect(observed.size).to.equal(OBJECTS);
    const times = [...observed.values()];
    const first = Math.min(...times);
    expect(first - repairTime).to.be.below(30 * SECOND);
    // The budget goes to waiting objects first: when all are observed, hardly any was polled twice.
    const last = Math.max(...times);
    expect(afterwards.filter(({ time }) => time <= last).length).to.be.at.most(1.1 * OBJECTS);
  });
});

describe('an endpoint that hangs', () => {
  const STUCK = 150;
  const FINE = 10;
  let server: Server;
  let opened: number;
  let atOnce: number;
  const sockets = new Set<Socket>();
  const scene = useWorld({ operator: 'none' });

  scene.setUp(async () => {
    const { world } = scene;
    [opened, atOnce] = [0, 0];
    server = createServer((socket) => {
      sockets.add(socket);
      opened += 1;
      atOnce = Math.max(atOnce, sockets.size);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const ids = await createJob(world);
    const stuck = { ...ids, interval: '5s', credentialsRef: { name: 'stuck' } };
    const names = Array.from({ length: STUCK }, (_, index) => `stuck-${index}`);
    // Each asks about a job of its own, or they would share one call.
    const objects = names.map((name, index) => job(name, { ...stuck, jobID: `${ids.jobID}-${index}` }));
    await world.apply(
      secret('stuck', { ...secretData({ accountID: '', ...DEFAULT_KEY }), endpoint }),
      ...objects,
    );
    for (let index = 0; index < FINE; index += 1)
      await world.apply(job(`fine-${index}`, { ...(await createJob(world)), interval: '5s' }));
    await world.operator({
      args: [ONE_BY_ONE, '--calls-per-minute=6000', '--allowed-endpoints=*', '--insecure-endpoint'],
    });
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    server?.close();
  });

  it('does not delay other endpoints of the same account', async () => {
    const { world } = scene;
    for (let index = 0; index < FINE; index += 1)
      await world.until(`fine-${index}`, (each) => is(each, 'Ready', 'True'));
    const since = await now(world);
    const calls = await world.eventually('three polls of each', async () => {
      const { calls } = await world.cloud.admin.calls({ since });
      return calls.length >= 3 * FINE ? calls : undefined;
    });
    // Polls are 5 s apart: three of each take 10 to 15 s.
    expect(spanOf(calls)).to.be.below(17 * SECOND);
  });

  it('is reported, and gets few connections at first and hardly any later', async () => {
    const { world } = scene;
    for (const name of ['stuck-0', `stuck-${STUCK - 1}`])
      await world.until(
        name,
        (each) => each.status.conditions?.some(({ reason }) => reason === 'ConnectionFailed') ?? false,
        {
          withinMs: 60 * SECOND,
        },
      );
    // 96; and while the first to fail are still being closed, those that take their places before the fifth
    // failure closes the way.
    expect(atOnce).to.be.within(1, 96 + 5);
    // The first 96, those that took the places of the first to fail, and probes; without circuit it would be
    // 30 a second.
    expect(opened).to.be.below(250);
  });
});

function spanOf(calls: readonly Call[]): number {
  return (calls.at(-1)?.time ?? 0) - (calls[0]?.time ?? 0);
}
