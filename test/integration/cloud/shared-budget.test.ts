/**
 * Three shards that spend one account's budget through a real Redis: while Redis answers, is dead, is back,
 * and hangs. The simulated cloud counts the calls.
 */
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { SHARD_LABEL } from '../../../src/api/edge-transcode-job.ts';
import type { Operator } from '../../world/operator.ts';
import { type RedisServer, startRedis } from '../../world/redis.ts';
import { useRedis } from '../../world/use-redis.ts';
import { createJob, mostWithin, now } from '../support/cloud-side.ts';
import { LEASE, leaseOf } from '../support/terms.ts';
import { useWorld } from '../support/use-world.ts';
import { job } from '../support/world.ts';

/** Each shard gets bursts of two. */
const CALLS_PER_MINUTE = 1_200;
/**
 * Objects of each shard, at 12 polls a minute each. Each shard alone needs less than the 1,176 calls a minute
 * that the budget allows; together they need 1,440, so that intervals become 6.5 s.
 */
const OBJECTS = { sports: 75, news: 37, rest: 8 } as const;
const INTERVAL = '5s';
type Shard = keyof typeof OBJECTS;
const SHARDS = Object.keys(OBJECTS) as Shard[];

const MINUTE_MS = 60_000;
/** A check runs every second and waits a second for its answer; twice that on a busy machine. */
const NOTICED_MS = 5_000;

describe('a budget that three shards share', function () {
  this.timeout(150_000);
  const tool = useRedis();
  const operators = new Map<Shard, Operator>();
  let redis: RedisServer;
  const scene = useWorld({
    prepare: async (world) => {
      const objects: object[] = [];
      for (const shard of SHARDS)
        for (let index = 0; index < OBJECTS[shard]; index += 1) {
          const spec = { ...(await createJob(world)), interval: INTERVAL };
          const manifest = job(`${shard}-${index}`, spec) as { metadata: object };
          const labels = { [SHARD_LABEL]: shard };
          objects.push({ ...manifest, metadata: { ...manifest.metadata, labels } });
        }
      await world.apply(...objects);
    },
    operator: 'none',
  });

  scene.setUp(async () => {
    redis = await startRedis(scene.world.processes, tool.program);
    for (const shard of SHARDS) await start(shard);
  });

  it('is reported as shared by a metric', () => untilShared(1));

  it('lengthens the intervals of all shards when the objects of all together need more', async () => {
    for (const [shard, operator] of operators) {
      const ratio = `edgetranscode_interval_stretch_ratio{identity="default",shard="${shard}"}`;
      // The first shards may have stretched by their demand alone, and change once a minute.
      const isSo = async () => (await operator.metric(ratio)) > 1.2;
      await operator.process.ready(isSo, MINUTE_MS + 30_000);
    }
  });

  it('is spent to at least nine tenths, also when a shard is killed, and never exceeded', async () => {
    const { world } = scene;
    // Each continues with its part for a moment after the others have started.
    await passed(6_000);
    const since = await now(world);
    operators.get('news')?.process.kill('SIGKILL');
    await start('news');
    await passed(MINUTE_MS);
    const { calls } = await world.cloud.admin.calls({ since });
    expect(calls.length).to.be.at.least(0.9 * CALLS_PER_MINUTE);
    expect(await mostInAMinute()).to.be.at.most(CALLS_PER_MINUTE);
  });

  it('is split evenly while Redis is dead, and is shared again afterwards', async () => {
    redis.process.kill('SIGKILL');
    await untilShared(0, NOTICED_MS);
    await called();
    for (const operator of operators.values())
      expect(operator.log().map(({ msg }) => msg)).to.include(
        'Redis cannot be used; this process spends its part of each budget',
      );
    redis = await startRedis(scene.world.processes, tool.program, redis.port);
    await untilShared(1);
    await called();
  });

  it('is split evenly while Redis hangs, and is shared again once it answers', async () => {
    redis.process.kill('SIGSTOP');
    await untilShared(0, NOTICED_MS);
    await called();
    redis.process.kill('SIGCONT');
    await untilShared(1);
    expect(await mostInAMinute()).to.be.at.most(CALLS_PER_MINUTE);
  });

  it('needs no connection to Redis from a standby', async () => {
    const { world } = scene;
    await using client = new Client(redis.url);
    const before = await client.connections();
    await world.apply(leaseOf('another'));
    const args = ['--leader-elect', `--shard-count=${SHARDS.length}`];
    const candidate = await world.operator({ args, env: { EDGETRANSCODE_REDIS_URL: redis.url } });
    expect(await client.connections()).to.equal(before);
    await world.kubectl('patch', 'lease', LEASE, '--type=merge', '--patch={"spec":{"holderIdentity":""}}');
    await candidate.process.printed(/took the lead/);
    const connected = async () => ((await client.connections()) === before + 2 ? true : undefined);
    await world.eventually('two connections of the leader', connected);
    await candidate.process.stop();
    expect(await client.connections()).to.equal(before);
  });

  it('is logged without the password and without an error', async () => {
    for (const operator of operators.values()) {
      const messages = operator.log().map(({ msg }) => msg);
      expect(messages).to.include('the budgets are shared through Redis');
      expect(operator.log().filter(({ level }) => level === 'error')).to.deep.equal([]);
      const password = new URL(redis.url).password;
      expect(operator.process.output()).not.to.contain(password);
      expect(await operator.metrics()).not.to.contain(password);
    }
  });

  async function start(shard: Shard): Promise<void> {
    const options = [`--shard=${shard}`, `--shard-count=${SHARDS.length}`];
    const args = [...options, `--calls-per-minute=${CALLS_PER_MINUTE}`, '--observe-with=get'];
    const env = { EDGETRANSCODE_REDIS_URL: redis.url };
    operators.set(shard, await scene.world.operator({ name: shard, args, env }));
  }

  async function untilShared(value: 0 | 1, withinMs = 20_000): Promise<void> {
    const reported = async () => {
      for (const [shard, operator] of operators)
        if (!(await operator.metrics()).includes(`edgetranscode_shared_budget{shard="${shard}"} ${value}`))
          return undefined;
      return true;
    };
    await scene.world.eventually(`shared_budget ${value} of all`, reported, { withinMs });
  }

  /** Waits until every shard has made calls. */
  async function called(): Promise<void> {
    for (const [shard, operator] of operators) {
      const series = `edgetranscode_api_requests_total{operation="GetEdgeTranscodeJob",code="OK",shard="${shard}"}`;
      const before = await operator.metric(series);
      await operator.process.ready(async () => (await operator.metric(series)) >= before + 2);
    }
  }

  async function mostInAMinute(): Promise<number> {
    return mostWithin(MINUTE_MS, (await scene.world.cloud.admin.calls()).calls);
  }
});

/** Reads the list of clients from Redis. */
class Client implements AsyncDisposable {
  readonly #redis: Redis;

  constructor(url: string) {
    this.#redis = new Redis(url);
  }

  async connections(): Promise<number> {
    return String(await this.#redis.client('LIST'))
      .trimEnd()
      .split('\n').length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
  }
}

/** What is counted here is counted over time. */
function passed(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
