/**
 * One budget spent by several processes through a real Redis: never more than the budget, and all of it if
 * one process needs it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/base/clock.ts';
import { sharedNameOf } from '../../src/redis/redis-connection.ts';
import { SharedDemand } from '../../src/redis/shared-demand.ts';
import { full, most, SETTLED_MS, SHARDS, type Spender, until, useSpenders } from './spenders.ts';

describe('a budget shared through Redis', function () {
  this.timeout(60_000);
  const scene = useSpenders();
  let stack: DisposableStack;
  beforeEach(() => {
    stack = new DisposableStack();
  });
  afterEach(() => stack.dispose());

  it('is used up by one process if the others need nothing', async () => {
    await scene.shared();
    scene.spenders[0]?.want(40);
    await delay(SETTLED_MS);
    expect(await scene.callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
  });

  it('is used up, and not exceeded, by processes that all need it, restarts included', async () => {
    await scene.shared();
    for (const [index, spender] of scene.spenders.entries()) spender.want(10 * (index + 1));
    await delay(SETTLED_MS);
    expect(await scene.callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
    for (const { times } of scene.spenders) expect(times.length).to.be.above(0);
    // As after a kill: the process that follows asks Redis for what it takes.
    for (const killed of scene.spenders.slice(0, SHARDS)) {
      killed.close();
      scene.spender(scene.account).want(20);
      await delay(700);
    }
    scene.expectNeverAbove();
  });

  it('is separate from the budget of another account', async () => {
    const other = scene.spender('another account');
    await scene.shared();
    for (const spender of scene.spenders) spender.want(20);
    const from = systemClock.now();
    const callsOf = (spenders: readonly Spender[]) => spenders.flatMap(({ times }) => times).length;
    // One budget never allows that many, whatever the load of the machine.
    const isMoreThanOneBudget = () => callsOf(scene.spenders) > most(systemClock.now() - from);
    await until(isMoreThanOneBudget, 30_000);
    for (const spenders of [scene.spenders.slice(0, SHARDS), [other]])
      expect(callsOf(spenders)).to.be.within(1, most(systemClock.now() - from));
  });

  it('leaves no key in Redis for ever', async () => {
    await scene.shared();
    for (const spender of scene.spenders) spender.want(5);
    await until(() => scene.spenders.every(({ times }) => times.length > 5), SETTLED_MS);
    const client = new Redis(scene.redis.url);
    const keys = await client.keys('*');
    const lasting = [];
    for (const key of keys) if ((await client.pttl(key)) === -1) lasting.push(key);
    client.disconnect();
    expect(keys.some((key) => key.endsWith('_settings'))).to.equal(true);
    // bottleneck creates these when a permit begins, and deletes them with it.
    expect(lasting.filter((key) => !/_job_(weights|expirations|clients)$/.test(key))).to.deep.equal([]);
  });

  it('counts the demand of other processes as long as they repeat it', async () => {
    await scene.shared();
    const demands = ['', 'sports', 'news'].map((shard, index) => demandOf(index, shard, index + 0.25));
    const client = clientOfRedis();
    const key = `b_${sharedNameOf(scene.account)}_demands`;
    const fields = {
      // A process that has not repeated its demand for more than a minute.
      gone: `${Date.now() - 61_000} {"media":1000}`,
      long: `${Date.now()} {"media":1000,"${'x'.repeat(100_000)}":1}`,
      odd: '{"media":1000}',
    };
    await client.hset(key, fields);
    const known = () => demands.map((demand) => demand.othersOf(scene.account).get('media')).join();
    await until(() => known() === '3.5,2.5,1.5', 12_000);
    expect(await client.hkeys(key)).to.have.members(['', 'sports', 'news']);
    expect(await client.pttl(key)).to.be.within(1, 60_000);
  });

  it('forgets the demand of more processes than there can be', async () => {
    await scene.shared();
    demandOf(0, 'sports', 1);
    const client = clientOfRedis();
    const key = `b_${sharedNameOf(scene.account)}_demands`;
    const made = Array.from({ length: 200 }, (_, index) => [`made-up-${index}`, `${Date.now()} {"media":1}`]);
    await client.hset(key, Object.fromEntries(made));
    let left: string[] = [];
    for (let looks = 0; left.join() !== 'sports' && looks < 100; looks += 1) {
      await delay(100);
      left = await client.hkeys(key);
    }
    expect(left).to.deep.equal(['sports']);
  });

  function demandOf(spender: number, shard: string, media: number): SharedDemand {
    const { redis } = scene.spenders[spender] as Spender;
    const own = () => new Map([[scene.account, new Map([['media', media]])]]);
    const demand = new SharedDemand({ redis, shards: SHARDS, shard, own, clock: systemClock });
    stack.defer(() => demand.close());
    return demand;
  }

  function clientOfRedis(): Redis {
    const client = new Redis(scene.redis.url);
    stack.defer(() => client.disconnect());
    return client;
  }
});
