/**
 * Several processes' worth of spenders of one budget, through a real Redis and in real time: Redis spaces the
 * permits.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../../src/base/clock.ts';
import { Budget } from '../../../src/cloud/budget/budget.ts';
import { pacing } from '../../../src/ratelimit/call-rate.ts';
import { RedisConnection } from '../../../src/redis/redis-connection.ts';
import { addCallers, type Caller } from '../../unit/kit/callers.ts';
import { RecordingLogger } from '../../unit/kit/fakes/recording-logger.ts';
import { Processes } from '../../world/processes/processes.ts';
import { type RedisServer, startRedis } from '../../world/redis.ts';
import { useRedis } from '../../world/use-redis.ts';

export const SHARDS = 3;
const CALLS_PER_MINUTE = 1_200;
const { minTimeMs } = pacing(CALLS_PER_MINUTE);
const NS_PER_MS = 1e6;
/** A process that has just joined takes no more than its part for 5 s. */
export const SETTLED_MS = 5_000;
/** Trouble is noticed within this: a probe goes every second, and waits a second for its answer. */
export const NOTICED_MS = 3_000;

/** One process, with callers that come again at once after each call. */
export class Spender {
  readonly logger = new RecordingLogger();
  readonly redis: RedisConnection;
  readonly budget: Budget<Caller>;
  readonly times: number[] = [];

  constructor(url: string, account: string) {
    this.redis = new RedisConnection({ url, clock: systemClock, logger: this.logger });
    const sharing = { redis: this.redis, shards: SHARDS };
    this.budget = new Budget({ callsPerMinute: CALLS_PER_MINUTE, clock: systemClock, sharing }, account);
  }

  /** What was logged of the connection: levels, each with the reason if it has one. */
  get logged(): string[] {
    return this.logger.lines.map(({ level, fields }) => `${level} ${fields.why ?? ''}`.trim());
  }

  want(callers: number): void {
    addCallers(this.budget, systemClock, this.times, callers, { isEndless: true });
  }

  close(): void {
    this.budget.close();
    this.redis.close();
  }
}

/** The spenders of the tests of one `describe`. */
export class Spenders {
  redis!: RedisServer;
  readonly spenders: Spender[] = [];
  /** Account of the first three spenders; another one for each test. */
  account = '';
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 });
  #processes!: Processes;
  #program!: string;

  async start(processes: Processes, program: string): Promise<void> {
    this.#processes = processes;
    this.#program = program;
    this.redis = await startRedis(processes, program);
  }

  /** Starts a killed Redis again, empty. */
  async restartRedis(): Promise<void> {
    this.redis = await startRedis(this.#processes, this.#program, this.redis.port);
  }

  /** Begins a test with a new account. */
  begin(account: string): void {
    this.account = account;
    this.#loopDelay.reset();
    this.#loopDelay.enable();
  }

  /** Adds a spender, which is closed after the test. */
  spender(account: string, url = this.redis.url): Spender {
    const spender = new Spender(url, account);
    this.spenders.push(spender);
    return spender;
  }

  close(): void {
    for (const spender of this.spenders.splice(0)) spender.close();
  }

  /** Resolves when all spenders are connected. */
  shared(): Promise<void> {
    return until(() => this.spenders.every(({ redis }) => redis.isUp), 8_000);
  }

  async callsIn(milliseconds: number, of: readonly Spender[] = this.spenders): Promise<number> {
    const from = systemClock.now();
    await delay(milliseconds);
    const to = systemClock.now();
    const times = of.flatMap((spender) => spender.times);
    return (times.filter((time) => time >= from && time < to).length * milliseconds) / (to - from);
  }

  /**
   * No window has more calls than the call rate allows, plus the permits that may begin late, and those that
   * waited while this process had no processor.
   */
  expectNeverAbove(): void {
    const waited = full(this.#loopDelay.max / NS_PER_MS);
    const times = this.spenders.flatMap((spender) => spender.times).sort((one, other) => one - other);
    for (const seconds of [1, 2, 5, 10]) {
      let first = 0;
      for (const [last, time] of times.entries()) {
        while ((times[first] as number) <= time - seconds * 1_000) first += 1;
        expect(last - first + 1, `calls in ${seconds} s`).to.be.at.most(most(seconds * 1_000) + waited);
      }
    }
  }
}

/** Adds hooks to a `describe`: each test has three spenders of a new account. */
export function useSpenders(): Spenders {
  const scene = new Spenders();
  let directory: string | undefined;
  let processes: Processes | undefined;
  let accounts = 0;
  const redis = useRedis();
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'redis-'));
    processes = new Processes(directory);
    await scene.start(processes, redis.program);
  });
  after(async () => {
    await processes?.stop();
    if (directory) await rm(directory, { recursive: true, force: true });
  });
  beforeEach(() => {
    accounts += 1;
    scene.begin(`account ${accounts}`);
    for (let index = 0; index < SHARDS; index += 1) scene.spender(scene.account);
  });
  afterEach(() => scene.close());
  return scene;
}

/** Number of calls at the full call rate. */
export function full(milliseconds: number): number {
  return milliseconds / minTimeMs;
}

/** `full`, plus the permits that may begin late: the reserve of the budget, which is twice 1% of it. */
export function most(milliseconds: number): number {
  return full(milliseconds) + 2 * (CALLS_PER_MINUTE / 100) + 1;
}

export async function until(isSo: () => boolean, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs} ms`);
    await delay(20);
  }
}
