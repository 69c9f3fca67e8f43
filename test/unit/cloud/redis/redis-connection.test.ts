// The connection while no Redis answers. The contract tests cover a real Redis.

import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { systemClock } from '../../../../src/base/clock.ts';
import { RedisConnection } from '../../../../src/cloud/redis/redis-connection.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';

/** No server listens on this port. */
const URL = 'redis://127.0.0.1:1';

const TRIES = 20;

describe('the connection to Redis', () => {
  it('leaves no listener behind after attempts that failed', async () => {
    const tried = Promise.withResolvers<AbortSignal>();
    let tries = 0;
    const sleep = (ms: number, signal?: AbortSignal) => {
      // Only the pause after an attempt has a signal. Each takes no time here, except the last.
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
    // The listener of the pause.
    expect(listeners).to.have.lengthOf(1);
  });
});
