/**
 * One budget spent by several, through a real Redis: never more than it allows, all of it whoever wants it, and on without Redis.
 */

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { createServer } from 'node:tls';
import { expect } from 'chai';
import { Redis } from 'ioredis';
import { systemClock } from '../../src/base/clock.ts';
import { Budget, type Caller, pacing } from '../../src/cloud/budget.ts';
import { RedisLink } from '../../src/cloud/redis-link.ts';
import { SharedDemand } from '../../src/cloud/shared-demand.ts';
import { sharedNameOf } from '../../src/cloud/shared-name.ts';
import { RecordingLogger } from '../unit/kit/recording-logger.ts';
import { MissingToolError } from '../world/go-build.ts';
import { selfSignedCertificate } from '../world/live-simulator/certificate.ts';
import { Processes } from '../world/processes.ts';
import { type RedisServer, redisProgram, startRedis } from '../world/redis.ts';
import { skipBecause } from '../world/skip.ts';

const SHARDS = 3;
const CALLS_PER_MINUTE = 1_200;
const { minTimeMs } = pacing(CALLS_PER_MINUTE);
/** Noticed after a second without an answer, which is asked for every second. */
const NOTICED_MS = 3_000;
const SETTLED_MS = 5_000;

/** One process's part in it: as many callers as are wished for, who come again at once. */
class Spender {
  readonly logger = new RecordingLogger();
  readonly link: RedisLink;
  readonly budget: Budget;
  readonly times: number[] = [];

  constructor(url: string, account: string) {
    this.link = new RedisLink({ url, clock: systemClock, logger: this.logger });
    const sharing = { link: this.link, shards: SHARDS };
    this.budget = new Budget({ callsPerMinute: CALLS_PER_MINUTE, clock: systemClock, sharing }, account);
  }

  want(callers: number): void {
    for (let index = 0; index < callers; index += 1) this.budget.add(this.#caller());
  }

  close(): void {
    this.budget.close();
    this.link.close();
  }

  #caller(): Caller {
    const caller: Caller = {
      lane: 'due',
      deadline: 0,
      withdrawn: false,
      waitingSince: 0,
      ready: () => true,
      call: async () => {
        this.times.push(systemClock.now());
        this.budget.add(caller);
      },
      dismissed: () => undefined,
    } as Caller;
    return caller;
  }
}

describe('a budget shared through Redis', function () {
  this.timeout(60_000);
  let directory: string;
  let processes: Processes;
  let program: string;
  let redis: RedisServer;
  let spenders: Spender[];
  let accounts = 0;

  before(async function () {
    try {
      program = await redisProgram();
    } catch (error) {
      if (error instanceof MissingToolError) skipBecause(this, error.message);
      throw error;
    }
    directory = await mkdtemp(join(tmpdir(), 'redis-'));
    processes = new Processes(directory);
    redis = await startRedis(processes, program);
  });
  after(async () => {
    await processes?.stop();
    if (directory) await rm(directory, { recursive: true, force: true });
  });
  beforeEach(() => {
    accounts += 1;
    spenders = Array.from({ length: SHARDS }, () => new Spender(redis.url, `account ${accounts}`));
  });
  afterEach(() => {
    for (const spender of spenders) spender.close();
  });

  it('is spent whole by one who wants it all', async () => {
    await shared();
    spenders[0]?.want(40);
    await delay(SETTLED_MS);
    expect(await callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
  });

  it('is spent whole by all who want it, and by no more than it allows', async () => {
    await shared();
    for (const [index, spender] of spenders.entries()) spender.want(10 * (index + 1));
    await delay(SETTLED_MS);
    expect(await callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
    for (const { times } of spenders) expect(times.length).to.be.above(0);
    expectNeverAbove();
  });

  it('is spent in parts while Redis hangs, and whole again by itself', async () => {
    await shared();
    for (const spender of spenders) spender.want(20);
    await delay(SETTLED_MS);
    redis.process.kill('SIGSTOP');
    await until(() => spenders.every(({ link }) => !link.isUp), NOTICED_MS);
    const each = await Promise.all(spenders.map((spender) => callsIn(6_000, [spender])));
    redis.process.kill('SIGCONT');
    for (const calls of each)
      expect(calls).to.be.within(0.8 * (full(6_000) / SHARDS), most(6_000) / SHARDS + 1);
    await shared();
    await delay(SETTLED_MS);
    expect(await callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
    expectNeverAbove();
    for (const { logger } of spenders)
      expect(logger.lines.map(({ level, fields }) => `${level} ${fields.why ?? ''}`.trim())).to.deep.equal([
        'info',
        'warn it does not answer',
        'info',
      ]);
  });

  it('is spent in parts while Redis is gone, and whole again when one is back that remembers nothing', async () => {
    await shared();
    for (const spender of spenders) spender.want(20);
    await delay(SETTLED_MS);
    redis.process.kill('SIGKILL');
    await until(() => spenders.every(({ link }) => !link.isUp), NOTICED_MS);
    expect(await callsIn(4_000)).to.be.within(0.8 * full(4_000), most(4_000) + SHARDS);
    redis = await startRedis(processes, program, redis.port);
    await shared();
    await delay(SETTLED_MS);
    expect(await callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
    expectNeverAbove();
    for (const { logger } of spenders) expect(JSON.stringify(logger.lines)).not.to.contain('a-password');
  });

  it('is that of the account as soon as that is known, be it before the first turn or later', async () => {
    const account = `account ${accounts} by its number`;
    spenders[0]?.budget.rename(account);
    await shared();
    spenders[1]?.budget.rename(account);
    for (const spender of spenders) spender.want(20);
    await delay(SETTLED_MS);
    spenders[2]?.budget.rename(account);
    await delay(SETTLED_MS);
    expect(await callsIn(5_000)).to.be.within(0.9 * full(5_000), most(5_000));
  });

  it('is another for another account', async () => {
    const other = new Spender(redis.url, 'another account');
    spenders.push(other);
    await shared();
    for (const spender of spenders) spender.want(20);
    await delay(SETTLED_MS);
    const calls = await Promise.all([callsIn(4_000, spenders.slice(0, SHARDS)), callsIn(4_000, [other])]);
    for (const each of calls) expect(each).to.be.within(0.9 * full(4_000), most(4_000));
  });

  it('leaves nothing in Redis for ever', async () => {
    await shared();
    for (const spender of spenders) spender.want(5);
    await until(() => spenders.every(({ times }) => times.length > 5), NOTICED_MS);
    const client = new Redis(redis.url);
    const keys = await client.keys('*');
    const lasting = [];
    for (const key of keys) if ((await client.pttl(key)) === -1) lasting.push(key);
    client.disconnect();
    expect(keys.some((key) => key.endsWith('_settings'))).to.equal(true);
    // bottleneck has these while a turn begins, and deletes them with it.
    expect(lasting.filter((key) => !/_job_(weights|expirations|clients)$/.test(key))).to.deep.equal([]);
  });

  it('is known to be asked for by others as well, as long as they say so', async () => {
    await shared();
    const account = `account ${accounts}`;
    const demands = spenders.map(
      ({ link }, index) =>
        new SharedDemand({
          link,
          shards: SHARDS,
          shard: ['', 'sports', 'news'][index] as string,
          own: () => new Map([[account, index + 0.25]]),
          clock: systemClock,
        }),
    );
    // One that has said nothing for longer than a minute, and goes.
    const client = new Redis(redis.url);
    const key = `b_${sharedNameOf(account)}_demand`;
    await client.hset(key, 'gone', `1000 ${Date.now() - 61_000}`);
    const known = () => demands.map((demand) => demand.othersOf(account)).join();
    await until(() => known() === '3.5,2.5,1.5', 12_000);
    expect(await client.hkeys(key)).to.have.members(['', 'sports', 'news']);
    expect(await client.pttl(key)).to.be.within(1, 60_000);
    client.disconnect();
    for (const demand of demands) demand.close();
  });

  it('is spent in parts where the certificate is not trusted or the password wrong, and the log says which', async () => {
    // Encrypted, so that it is the certificate that fails.
    const server = createServer(selfSignedCertificate()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const untrusted = new Spender(`rediss://:a-password@127.0.0.1:${port}`, 'account');
    const refused = new Spender(`redis://:a-password@127.0.0.1:${redis.port}`, 'account');
    spenders.push(untrusted, refused);
    await until(() => [untrusted, refused].every(({ logger }) => logger.lines.length > 0), NOTICED_MS);
    // Long enough for whatever comes after the first error.
    await delay(1_000);
    server.close();
    expect(untrusted.logger.lines.map(({ fields }) => fields.why)).to.deep.equal([
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ]);
    expect(refused.logger.lines.map(({ fields }) => fields.why)).to.deep.equal(['WRONGPASS']);
  });

  /** Until all are connected. */
  function shared(): Promise<void> {
    return until(() => spenders.every(({ link }) => link.isUp), 8_000);
  }

  async function callsIn(milliseconds: number, of: readonly Spender[] = spenders): Promise<number> {
    const from = systemClock.now();
    await delay(milliseconds);
    const to = systemClock.now();
    const times = of.flatMap((spender) => spender.times);
    return (times.filter((time) => time >= from && time < to).length * milliseconds) / (to - from);
  }

  /** In no window of any length is there more than the pace, and what may begin late. */
  function expectNeverAbove(): void {
    const times = spenders.flatMap((spender) => spender.times).sort((one, other) => one - other);
    for (const seconds of [1, 2, 5, 10]) {
      let first = 0;
      for (const [last, time] of times.entries()) {
        while ((times[first] as number) <= time - seconds * 1_000) first += 1;
        expect(last - first + 1, `calls in ${seconds} s`).to.be.at.most(most(seconds * 1_000));
      }
    }
  }
});

/** What the pace gives. */
function full(milliseconds: number): number {
  return milliseconds / minTimeMs;
}

/** And what may begin late: the reserve of the budget, which is twice 1% of it. */
function most(milliseconds: number): number {
  return full(milliseconds) + 2 * (CALLS_PER_MINUTE / 100) + 1;
}

async function until(isSo: () => boolean, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs} ms`);
    await delay(20);
  }
}
