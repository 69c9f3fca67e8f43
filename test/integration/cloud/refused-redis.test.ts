/**
 * A shard whose user of Redis lacks a command that sharing needs: it spends its part of the budget, and shows
 * that it does.
 */
import { expect } from 'chai';
import { Redis } from 'ioredis';
import type { Operator } from '../../world/operator.ts';
import { startRedis } from '../../world/redis.ts';
import { useRedis } from '../../world/use-redis.ts';
import { createJob, type JobIDs } from '../support/cloud-side.ts';
import { useWorld } from '../support/use-world.ts';
import { job } from '../support/world.ts';

/** Two shards: 98 calls a minute for each part, and 196 for both. */
const CALLS_PER_MINUTE = 200;
/** Objects that need 150 calls a minute. */
const OBJECTS = 15;
const INTERVAL = '6s';
const USER = 'op';
const PASSWORD = 'another-password-of-tests';

describe('a shard whose Redis refuses what sharing needs', function () {
  this.timeout(240_000);
  const tool = useRedis();
  let operator: Operator;
  let first: JobIDs;
  const scene = useWorld({
    prepare: async (world) => {
      for (let index = 0; index < OBJECTS; index += 1) {
        const ids = await createJob(world);
        if (index === 0) first = ids;
        await world.apply(job(`job-${index}`, { ...ids, interval: INTERVAL }));
      }
    },
    operator: 'none',
  });

  scene.setUp(async () => {
    const { world } = scene;
    const { port, url } = await startRedis(world.processes, tool.program);
    const owner = new Redis(url);
    const rules = ['on', `>${PASSWORD}`, 'allkeys', 'allchannels', '+@all', '-hmset'];
    await owner.call('ACL', 'SETUSER', USER, ...rules);
    owner.disconnect();
    const args = ['--shard-count=2', `--calls-per-minute=${CALLS_PER_MINUTE}`, '--observe-with=get'];
    const env = { EDGETRANSCODE_REDIS_URL: `redis://${USER}:${PASSWORD}@127.0.0.1:${port}` };
    operator = await world.operator({ args, env });
  });

  it('reports that it shares no budget, and logs once which command is refused', async () => {
    await operator.process.printed(/Redis cannot be used/);
    expect(await operator.metric('edgetranscode_shared_budget')).to.equal(0);
  });

  it('lengthens the intervals to what its part of the budget carries, and shows them', async () => {
    const { world } = scene;
    const ratio = 'edgetranscode_interval_stretch_ratio{identity="default"}';
    const stretched = async () => ((await operator.metric(ratio)) >= 1.5 ? true : undefined);
    await world.eventually('stretched intervals', stretched, { withinMs: 150_000 });
    // A status shows the interval when it is written for another reason.
    await world.cloud.admin.stopJob(first);
    const { status } = await world.until('job-0', (shown) => shown.status.state === 'NotStarted');
    expect(status.effectiveInterval).to.match(/^(9|1[0-9])\.?\d*s$/);
    const lines = operator.log().filter(({ msg }) => String(msg).startsWith('Redis cannot be used'));
    expect(lines.map(({ why }) => why)).to.deep.equal(['it refuses hmset (NOPERM)']);
    expect(operator.process.output()).not.to.contain(PASSWORD);
  });
});
