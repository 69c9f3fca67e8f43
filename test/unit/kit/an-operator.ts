/**
 * Runs the domain on a fake cluster, a scripted cloud and a clock that the test steps. A restart keeps
 * cluster, cloud and clock, and drops everything that the operator knew.
 */
import { expect } from 'chai';
import type { HeldStatus } from '../../../src/api/edge-transcode-job.ts';
import { type ObjectKey, objectKey } from '../../../src/base/object-key.ts';
import type { JobSettings } from '../../../src/job/schedule/settings.ts';
import type { Facts } from '../../../src/job/status/facts.ts';
import type { FactsStore } from '../../../src/job/visit/facts-store.ts';
import type { Publisher } from '../../../src/job/visit/publisher.ts';
import { type DomainAtWork, startDomain } from './domain.ts';
import { FakeClock, settled } from './fakes/fake-clock.ts';
import { FakeCluster } from './fakes/fake-cluster.ts';
import { RecordingLogger } from './fakes/recording-logger.ts';
import { ScriptedCloud } from './fakes/scripted-cloud.ts';
import type { JobBuilder } from './samples/a-job.ts';
import type { Reply } from './samples/answers.ts';

export const SETTINGS: JobSettings = {
  intervalMs: 60_000,
  minIntervalMs: 5_000,
  freshness: 3,
  intervalScale: 1,
  streamUrls: 'redact',
};

export class AnOperator {
  readonly clock = new FakeClock();
  readonly cluster = new FakeCluster();
  readonly cloud = new ScriptedCloud(this.clock);
  readonly logger = new RecordingLogger();
  readonly lags: number[] = [];
  /** The hash that decides the common poll instants of every cluster; undefined: the plan batches none. */
  batchHash: string | undefined;
  readonly #settings: JobSettings;
  #process: DomainAtWork;

  constructor(settings: Partial<JobSettings> = {}) {
    this.#settings = { ...SETTINGS, ...settings };
    this.#process = this.#start();
  }

  get factsStore(): FactsStore {
    return this.#process.factsStore;
  }

  get publisher(): Publisher {
    return this.#process.publisher;
  }

  /** Applies the object as `kubectl apply` does, and waits until its effects have settled. */
  async apply(builder: JobBuilder): Promise<ObjectKey> {
    const key = this.cluster.apply(builder);
    await settled();
    return key;
  }

  async delete(key: ObjectKey): Promise<void> {
    this.cluster.delete(key);
    await settled();
  }

  /** Ends the process, lets `awayMs` pass, and starts another one, which sees every object as new. */
  async restart(awayMs = 0): Promise<void> {
    await this.stop();
    await this.clock.advance(awayMs);
    this.#process = this.#start();
    await settled();
  }

  async stop(): Promise<void> {
    const { stop, publisher, ended } = this.#process;
    stop.abort();
    publisher.stop();
    await ended;
  }

  /** Stops the operator, and checks that planned calls were made and no error was logged; for `afterEach`. */
  async verify(): Promise<void> {
    this.#process.stop.abort();
    this.publisher.stop();
    this.cloud.verify();
    expect(
      this.logger.lines.filter(({ level }) => level === 'error'),
      'errors in the log',
    ).to.deep.equal([]);
  }

  get status(): HeldStatus {
    return this.cluster.status(STREAM1);
  }

  facts(key: ObjectKey = STREAM1): Facts {
    const object = this.cluster.get(key);
    if (!object) throw new Error(`there is no object ${key}`);
    return this.factsStore.get(object);
  }

  /** Lets time pass until the next poll is due, and waits until its effects have settled. */
  async toNextPoll(key: ObjectKey = STREAM1): Promise<void> {
    await this.clock.advance((this.facts(key).nextPollAt ?? Number.NaN) - this.clock.now());
  }

  /** Runs the next poll with this answer. */
  async poll(reply: Reply, key: ObjectKey = STREAM1): Promise<void> {
    this.cloud.plan(reply);
    await this.toNextPoll(key);
  }

  /** Applies the object, and answers the call that this causes at once. */
  async applyAnswered(builder: JobBuilder, reply: Reply): Promise<ObjectKey> {
    this.cloud.plan(reply);
    return this.apply(builder);
  }

  /** Drops what was recorded so far, for tests of later effects. */
  clear(): void {
    this.cluster.takeWrites();
    this.cluster.takeEvents();
    this.cloud.takeCalls();
  }

  #start(): DomainAtWork {
    const { clock, cluster, cloud, logger } = this;
    const settingsOf = () => this.#settings;
    return startDomain({
      clock,
      cluster,
      cloud,
      logger,
      settingsOf,
      batchHashOf: () => this.batchHash,
      onPollLag: (lag) => this.lags.push(lag),
    });
  }
}

export const STREAM1 = objectKey('media', 'stream1');
