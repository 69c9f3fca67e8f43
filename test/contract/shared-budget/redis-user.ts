/**
 * A user of Redis whose rights a test decides.
 */
import { Redis } from 'ioredis';
import type { Spender, Spenders } from './spenders.ts';

const USER = 'op';
const PASSWORD = 'another-password';

export class RedisUser {
  readonly #scene: Spenders;
  /** A client that may do all. */
  owner!: Redis;

  constructor(scene: Spenders) {
    this.#scene = scene;
  }

  /** Replaces the user by one with these rights, as `ACL SETUSER` takes them. */
  async allow(...rules: string[]): Promise<void> {
    await this.owner.call('ACL', 'SETUSER', USER, 'reset', 'on', `>${PASSWORD}`, ...rules);
  }

  /** Replaces the user: it may do all but what the rules say. */
  allowAllBut(...rules: string[]): Promise<void> {
    return this.allow('allkeys', 'allchannels', '+@all', ...rules);
  }

  /** Adds a spender that connects as this user. @param database such as `/1` */
  spender(database = ''): Spender {
    const { port } = this.#scene.redis;
    return this.#scene.spender('an account', `redis://${USER}:${PASSWORD}@127.0.0.1:${port}${database}`);
  }
}

/** Adds hooks to a `describe`: its tests have a user of the Redis of their spenders. */
export function useRedisUser(scene: Spenders): RedisUser {
  const user = new RedisUser(scene);
  beforeEach(() => {
    user.owner = new Redis(scene.redis.url);
  });
  afterEach(() => user.owner.disconnect());
  return user;
}
