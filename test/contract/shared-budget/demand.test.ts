/**
 * What processes write to a real Redis beside permits: their demand, which counts as long as they repeat it.
 * Nothing stays for ever.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { systemClock } from '../../../src/base/clock.ts';
import { sharedNameOf } from '../../../src/redis/redis-connection.ts';
import { SharedDemand } from '../../../src/redis/shared-demand.ts';
import { SETTLED_MS, SHARDS, type Spender, until, useSpenders } from './spenders.ts';

describe('the demand on a budget shared through Redis', function () {
  this.timeout(60_000);
  const scene = useSpenders();
  let stack: DisposableStack;
  beforeEach(() => {
    stack = new DisposableStack();
  });
  afterEach(() => stack.dispose());

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
