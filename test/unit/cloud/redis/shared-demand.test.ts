// What shards know of each other's demand, with and without Redis.

import { expect } from 'chai';
import { SharedDemand } from '../../../../src/cloud/redis/shared-demand.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';

const SHARDS = 3;
const MINUTE = 60_000;

describe('the shared demand', () => {
  let clock: FakeClock;
  let own: Map<string, number>;
  let shared: SharedDemand;
  /** The answer of Redis. Undefined: Redis is lost. */
  let others: string | undefined;
  let told: (readonly string[])[];
  let keys: Set<string | undefined>;

  beforeEach(() => {
    clock = new FakeClock();
    own = new Map([['account 1', 2.5]]);
    others = '4';
    told = [];
    keys = new Set();
    const redis = {
      eval: async (_script: string, [key]: readonly string[], values: readonly string[] = []) => {
        if (others === undefined) throw new Error('Redis is away');
        told.push(values.slice(0, 2));
        keys.add(key);
        return others;
      },
    };
    shared = new SharedDemand({ redis, shards: SHARDS, shard: 'sports', own: () => own, clock });
  });
  afterEach(() => shared.close());

  it('is exchanged every 5 s for each account', async () => {
    own.set('account 2', 0.5);
    expect(shared.othersOf('account 1')).to.equal(0);
    await clock.advance(5_000);
    expect(told).to.deep.equal([
      ['sports', '2.5'],
      ['sports', '0.5'],
    ]);
    expect(keys.size).to.equal(2);
    expect([shared.othersOf('account 1'), shared.othersOf('account 3')]).to.deep.equal([4, 0]);
    await clock.advance(5_000);
    expect(told).to.have.length(4);
  });

  it('keeps the names of accounts and Secrets out of Redis', async () => {
    own = new Map([['account 1234567890', 1]]);
    await clock.advance(5_000);
    expect([...keys].join()).to.match(/^b_edgetranscode_[0-9a-f]{16}_demand$/);
  });

  it('is valid for a minute without Redis; then each shard uses its own demand and its part', async () => {
    await clock.advance(5_000);
    others = undefined;
    await clock.advance(MINUTE);
    expect([shared.othersOf('account 1'), shared.share]).to.deep.equal([4, 1]);
    await clock.advance(1);
    expect([shared.othersOf('account 1'), shared.share]).to.deep.equal([0, 1 / SHARDS]);
    others = '1';
    await clock.advance(5_000);
    expect([shared.othersOf('account 1'), shared.share]).to.deep.equal([1, 1]);
  });

  it('is not exchanged for an account without demand', async () => {
    await clock.advance(5_000);
    own = new Map();
    await clock.advance(10_000);
    expect(told).to.have.length(1);
    expect(shared.othersOf('account 1')).to.equal(0);
  });

  it('is not exchanged once it is closed', async () => {
    shared.close();
    await clock.advance(MINUTE);
    expect([told.length, clock.timers]).to.deep.equal([0, 0]);
  });
});
