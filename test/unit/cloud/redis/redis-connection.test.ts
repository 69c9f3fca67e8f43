// The way to Redis while nobody answers there; what a real one does is held in the contract.

import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { systemClock } from '../../../../src/base/clock.ts';
import { RedisConnection } from '../../../../src/cloud/redis/redis-connection.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

/** Nobody listens there. */
const URL = 'redis://127.0.0.1:1';

const TRIES = 20;

describe('the way to Redis', () => {
  it('leaves nothing behind of the tries that failed', async () => {
    const tried = Promise.withResolvers<AbortSignal>();
    let tries = 0;
    const sleep = (ms: number, signal?: AbortSignal) => {
      // Only the pause after a try can be given up: here it takes no time, but for the last.
      if (!signal) return systemClock.sleep(ms);
      tries += 1;
      if (tries < TRIES) return Promise.resolve();
      tried.resolve(signal);
      return systemClock.sleep(ms, signal);
    };
    const redis = new RedisConnection({
      url: URL,
      clock: { ...systemClock, sleep },
      logger: new RecordingLogger(),
    });
    const listeners = getEventListeners(await tried.promise, 'abort');
    redis.close();
    // That of the pause.
    expect(listeners).to.have.lengthOf(1);
  });
});
