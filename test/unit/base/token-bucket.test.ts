// A burst, then a steady rate.

import { expect } from 'chai';
import { TokenBucket } from '../../../src/base/token-bucket.ts';
import { FakeClock } from '../kit/fakes/fake-clock.ts';

describe('a token bucket', () => {
  it('allows its burst immediately, then nothing', () => {
    const bucket = new TokenBucket(new FakeClock(), { burst: 3, perSecond: 1 });
    expect(taken(bucket, 5)).to.equal(3);
  });

  it('allows its rate after the burst', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, { burst: 3, perSecond: 2 });
    taken(bucket, 3);
    await clock.advance(499);
    expect(bucket.take()).to.equal(false);
    await clock.advance(1);
    expect(taken(bucket, 2)).to.equal(1);
  });

  it('keeps the fraction of a token saved between two attempts', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, { burst: 1, perSecond: 1 });
    taken(bucket, 1);
    for (let tries = 0; tries < 3; tries += 1) {
      await clock.advance(250);
      expect(bucket.take()).to.equal(false);
    }
    await clock.advance(250);
    expect(bucket.take()).to.equal(true);
  });

  it('saves no more than its burst, however long it is idle', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, { burst: 3, perSecond: 1 });
    await clock.advance(3_600_000);
    expect(taken(bucket, 10)).to.equal(3);
  });

  it('gives no token until tokens that it owes are back, and says when', async () => {
    const clock = new FakeClock();
    const bucket = new TokenBucket(clock, { burst: 3, perSecond: 2 });
    bucket.spend(5);
    expect(bucket.msUntilToken).to.equal(1_500);
    await clock.advance(1_499);
    expect(bucket.take()).to.equal(false);
    await clock.advance(1);
    expect(bucket.msUntilToken).to.equal(0);
    expect(taken(bucket, 3)).to.equal(1);
  });
});

function taken(bucket: TokenBucket, tries: number): number {
  return Array.from({ length: tries }, () => bucket.take()).filter(Boolean).length;
}
