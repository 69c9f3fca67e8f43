// Permits that several processes share, with a simulated Redis. The contract tests cover a real Redis.

import type Bottleneck from 'bottleneck';
import { expect } from 'chai';
import type { RedisFollower } from '../../../src/redis/redis-connection.ts';
import { SharedLimiter } from '../../../src/redis/shared-limiter.ts';
import { SteppedTime } from '../ratelimit/stepped-time.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** Answers of bottleneck's scripts while no other process takes permits. */
const ANSWERS: Readonly<Record<string, unknown>> = { submit: [0, 0, 1], register: [1, 0, ''] };

describe('a shared limiter', () => {
  let time: SteppedTime;
  let limiter: SharedLimiter;
  let follower: RedisFollower;
  let refusals: string[];
  let overruled: number[][];
  let storedMinTime: string;
  beforeEach(() => {
    refusals = [];
    overruled = [];
    storedMinTime = `${2 * SECOND}`;
    time = new SteppedTime();
    limiter = new SharedLimiter({
      redis: {
        follow: (one) => follow(one),
        eval: async () => storedMinTime,
        time: () => 0,
        overruled: (...minTimes) => void overruled.push(minTimes),
        refused: (error: unknown) => void refusals.push((error as Error).message),
      },
      shards: 2,
      account: 'alone a',
      minTimeMs: 2 * SECOND,
      clock: time,
    });
  });
  afterEach(() => {
    limiter.close();
    time.restore();
  });

  function follow(one: RedisFollower): () => void {
    follower = one;
    return () => undefined;
  }

  it('reports an account whose limiter is refused three times in a row, and not one that is refused twice', async () => {
    const once = aConnection({ refuses: 'update_settings', times: 2 });
    const end = new AbortController();
    follower(once.played, end.signal);
    await time.pass(3 * SECOND, 100);
    expect([limiter.share, refusals]).to.deep.equal([1, []]);
    end.abort();
    const { played } = aConnection({ refuses: 'update_settings', times: 4 });
    follower(played, new AbortController().signal);
    await time.pass(2_500, 100);
    expect([limiter.share, refusals]).to.deep.equal([1 / 2, ['OOM']]);
    await time.pass(3 * SECOND, 100);
    expect(limiter.share).to.equal(1);
  });

  it('reports each minute that another process has set another rate', async () => {
    follower(aConnection({ refuses: '', times: 0 }).played, new AbortController().signal);
    await time.pass(3 * MINUTE, SECOND);
    expect(overruled).to.deep.equal([]);
    storedMinTime = '20.408163265306122';
    await time.pass(2 * MINUTE, SECOND);
    expect(overruled).to.deep.equal([
      [20.408163265306122, 2 * SECOND],
      [20.408163265306122, 2 * SECOND],
    ]);
  });

  it('leaves no limiter behind after joining has failed', async () => {
    const { played, left } = aConnection({ refuses: 'update_settings', times: 2 });
    follower(played, new AbortController().signal);
    await time.pass(3 * SECOND, 100);
    expect(limiter.share).to.equal(1);
    expect(left()).to.equal(2);
  });
});

/**
 * A connection on which a script is refused a number of times, and the number of limiters that have left it.
 */
function aConnection({ refuses, times }: { readonly refuses: string; readonly times: number }) {
  let [refused, left] = [0, 0];
  const script = (name: string) => (onAnswer: (error: Error | null, answer?: unknown) => void) => {
    if (name === refuses && refused < times) {
      refused += 1;
      onAnswer(new Error('OOM'));
    } else onAnswer(null, ANSWERS[name] ?? []);
  };
  const played = {
    datastore: 'ioredis',
    ready: Promise.resolve({}),
    __addLimiter__: async () => undefined,
    __removeLimiter__: () => {
      left += 1;
    },
    __scriptArgs__: (_name: string, _id: string, _args: unknown, onAnswer: unknown) => [onAnswer],
    __scriptFn__: script,
  };
  return { played: played as unknown as Bottleneck.IORedisConnection, left: () => left };
}
