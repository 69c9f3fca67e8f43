// What shards know of each other's demand, with and without Redis.

import { expect } from 'chai';
import { SharedDemand } from '../../../src/redis/shared-demand.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';

const SHARDS = 3;
const MINUTE = 60_000;

describe('the shared demand', () => {
  let clock: FakeClock;
  let own: Map<string, Map<string, number>>;
  let shared: SharedDemand;
  /** The answer of Redis. Undefined: Redis is lost. */
  let others: unknown;
  let told: (readonly string[])[];
  let keys: Set<string | undefined>;

  beforeEach(() => {
    clock = new FakeClock();
    own = new Map([['account 1', new Map([['media', 2.5]])]]);
    others = ['{"media":4}'];
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

  function othersOf(account: string): Record<string, number> {
    return Object.fromEntries(shared.othersOf(account));
  }

  it('adds up what the other shards need for each namespace', async () => {
    others = ['{"media":4,"news":0.5}', '{"media":1}', '{}'];
    await clock.advance(5_000);
    expect(othersOf('account 1')).to.deep.equal({ media: 5, news: 0.5 });
  });

  it('counts nothing of what is not a demand, and a million calls a second at most', async () => {
    others = [
      '{"media":1e999,"news":-1,"radio":"5","":1,"a b":1,"__proto__":1,"toString":1}',
      '{"media":3}',
      'no JSON',
      '[7]',
      'null',
      '5',
      4,
      `{"long":${'1'.repeat(100_000)}}`,
    ];
    await clock.advance(5_000);
    expect(othersOf('account 1')).to.deep.equal({ media: 1_000_000, 0: 7 });
    others = 'no list';
    await clock.advance(5_000);
    expect(othersOf('account 1')).to.deep.equal({});
  });

  it('reads and writes a thousand namespaces at most, those that need most', async () => {
    const many = Array.from({ length: 1_500 }, (_, index) => [`n${index}`, index + 1] as const);
    own = new Map([['account 1', new Map(many)]]);
    others = [JSON.stringify(Object.fromEntries(many))];
    await clock.advance(5_000);
    const sent = JSON.parse(told[0]?.[1] ?? '') as Record<string, number>;
    expect([Object.keys(sent).length, Math.min(...Object.values(sent))]).to.deep.equal([1_000, 501]);
    expect(shared.othersOf('account 1').size).to.equal(1_000);
  });

  it('reads a hundred shards at most', async () => {
    others = Array.from({ length: 150 }, () => '{"media":1}');
    await clock.advance(5_000);
    expect(othersOf('account 1')).to.deep.equal({ media: 100 });
  });

  it('is exchanged every 5 s for each account', async () => {
    own.set('account 2', new Map([['news', 0.5]]));
    expect(othersOf('account 1')).to.deep.equal({});
    await clock.advance(5_000);
    expect(told).to.deep.equal([
      ['sports', '{"media":2.5}'],
      ['sports', '{"news":0.5}'],
    ]);
    expect(keys.size).to.equal(2);
    expect([othersOf('account 1'), othersOf('account 3')]).to.deep.equal([{ media: 4 }, {}]);
    await clock.advance(5_000);
    expect(told).to.have.length(4);
  });

  it('keeps the names of accounts and Secrets out of Redis', async () => {
    own = new Map([['account 1234567890', new Map([['media', 1]])]]);
    await clock.advance(5_000);
    expect([...keys].join()).to.match(/^b_edgetranscode_[0-9a-f]{16}_demands$/);
  });

  it('is valid for a minute without Redis; then each shard uses its own demand and its part', async () => {
    await clock.advance(5_000);
    others = undefined;
    await clock.advance(MINUTE);
    expect([othersOf('account 1'), shared.share]).to.deep.equal([{ media: 4 }, 1]);
    await clock.advance(1);
    expect([othersOf('account 1'), shared.share]).to.deep.equal([{}, 1 / SHARDS]);
    others = ['{"media":1}'];
    await clock.advance(5_000);
    expect([othersOf('account 1'), shared.share]).to.deep.equal([{ media: 1 }, 1]);
  });

  it('is not exchanged for an account without demand', async () => {
    await clock.advance(5_000);
    own = new Map();
    await clock.advance(10_000);
    expect(told).to.have.length(1);
    expect(othersOf('account 1')).to.deep.equal({});
  });

  it('is not exchanged once it is closed', async () => {
    shared.close();
    await clock.advance(MINUTE);
    expect([told.length, clock.timers]).to.deep.equal([0, 0]);
  });
});
