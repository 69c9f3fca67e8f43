/**
 * One account, one budget: the simulated cloud counts the calls of all keys of an account through more than a
 * minute of backlog, a kill and a restart. Another account has a budget of its own.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Operator } from '../../world/operator.ts';
import { addKey, createAccount, createJob, ONE_BY_ONE } from '../support/cloud-side.ts';
import { useWorld } from '../support/use-world.ts';
import { secret, secretData } from '../support/user-side.ts';
import { is, job } from '../support/world.ts';

const CALLS_PER_MINUTE = 240;
const ARGS = [ONE_BY_ONE, `--calls-per-minute=${CALLS_PER_MINUTE}`];

/**
 * Each asks for 12 calls a minute: together more than twice the budget of one account, until they are
 * stretched.
 */
const OBJECTS = 48;

describe('the budget of an account', function () {
  this.timeout(240_000);
  const scene = useWorld({ operator: 'none' });
  let operator: Operator;
  let starts = 0;
  let accountID: string;
  let keys: string[];

  scene.setUp(async () => {
    const { world } = scene;
    await world.kubectl('create', 'namespace', 'media');
    await world.kubectl('create', 'namespace', 'news');
    const first = await createAccount(world);
    accountID = first.accountID;
    const second = await addKey(world, accountID);
    keys = [first.accessKeyID, second.accessKeyID];
    await world.apply(secret('key', secretData(first), 'media'), secret('key', secretData(second), 'news'));
    const jobs = await Promise.all(Array.from({ length: OBJECTS }, () => createJob(world, { accountID })));
    const objects = jobs.map((ids, index) =>
      job(`many-${index}`, { ...ids, credentialsRef: { name: 'key' } }, index % 2 ? 'media' : 'news'),
    );
    await world.apply(...objects);
    await start();
  });

  it('is shared by the keys of two namespaces, and is used in full', async () => {
    await delay(75_000);
    const { mostPerMinute, calls } = await counted();
    expect(mostPerMinute).to.be.at.most(CALLS_PER_MINUTE);
    // 75 s, less the start; the pace is 236 a minute.
    expect(calls).to.be.greaterThan(0.97 * 236);
    const { byKey } = await scene.world.cloud.admin.counts();
    for (const key of keys) expect(byKey[key]?.calls).to.be.greaterThan(CALLS_PER_MINUTE / 4);
  });

  it('does not limit another account', async () => {
    const { world } = scene;
    const other = await createAccount(world);
    const ids = await createJob(world, { accountID: other.accountID });
    const spec = { ...ids, credentialsRef: { name: 'other' } };
    const begin = performance.now();
    await world.apply(secret('other', secretData(other)), job('other', spec));
    await world.until('other', (each) => is(each, 'Ready', 'True'));
    expect(performance.now() - begin).to.be.lessThan(10_000);
  });

  it('is not exceeded when the operator is killed and restarted', async () => {
    operator.process.kill('SIGKILL');
    await start();
    await delay(30_000);
    expect((await counted()).mostPerMinute).to.be.at.most(CALLS_PER_MINUTE);
  });

  it('is found with one GetCallerIdentity per key and start', async () => {
    const { world } = scene;
    const oneEach = async () => {
      const { byKey } = await world.cloud.admin.counts({ service: 'sts' });
      return keys.every((key) => byKey[key]?.calls === starts) || undefined;
    };
    await world.eventually(`${starts} calls with each key`, oneEach);
    const { byOperation } = await world.cloud.admin.counts({ service: 'sts' });
    expect(Object.keys(byOperation)).to.deep.equal(['GetCallerIdentity']);
  });

  async function start(): Promise<void> {
    starts += 1;
    operator = await scene.world.operator({ args: ARGS });
  }

  async function counted(): Promise<{ mostPerMinute: number; calls: number }> {
    const { byAccount } = await scene.world.cloud.admin.counts();
    const { mostPerMinute = 0, calls = 0 } = byAccount[accountID] ?? {};
    return { mostPerMinute, calls };
  }
});
