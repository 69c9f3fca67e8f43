// The start of a term, and its end: at a stop, the statuses that wait are written, for a second at most.

import { expect } from 'chai';
import type { EdgeTranscodeJobStatus } from '../../src/api/edge-transcode-job.ts';
import type { Config } from '../../src/config/options.ts';
import { readConfig } from '../../src/config/read-config.ts';
import type { KubeClient } from '../../src/kube/client/kube-client.ts';
import { Store } from '../../src/kube/informer/store.ts';
import { Leader, type LeaderParts } from '../../src/leader-term.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';
import { SETTINGS } from './kit/an-operator.ts';
import { FakeClock, settled } from './kit/fakes/fake-clock.ts';
import { RecordingLogger } from './kit/fakes/recording-logger.ts';
import { aJob } from './kit/samples/a-job.ts';

const NAMES = ['first', 'second', 'third'];
const STOPPED: EdgeTranscodeJobStatus = { observedGeneration: 1, state: 'NotStarted' };

describe('a term that is stopped while statuses wait', () => {
  let clock: FakeClock;
  let store: Store;
  let logger: RecordingLogger;
  let metrics: Metrics;
  /** Ends the writes under way. The first of a namespace is written alone. */
  let answers: (() => void)[];
  let written: number;
  let hasEnded: boolean;

  beforeEach(async () => {
    clock = new FakeClock();
    store = new Store([undefined]);
    logger = new RecordingLogger();
    metrics = new Metrics({ version: '1', perObjectLimit: 10 });
    answers = [];
    written = 0;
    hasEnded = false;
    const stop = new AbortController();
    const leader = new Leader(partsOf(), { holds: () => true, signal: new AbortController().signal });
    const running = leader.run(({ writer }, _, writing) => {
      const ended = writer.run(writing);
      for (const name of NAMES) {
        const object = aJob().named(name).build();
        store.apply(object);
        writer.write(object, { status: STOPPED, onResult: () => undefined });
      }
      return [undefined, Promise.resolve(), ended];
    }, stop.signal);
    void running.then(() => (hasEnded = true));
    await settled();
    expect(answers, 'writes under way').to.have.lengthOf(1);
    stop.abort();
    await clock.advance(500);
  });

  function partsOf(): LeaderParts {
    const { config } = readConfig([], {}) as { config: Config };
    const patchStatus = () => {
      const { promise, resolve } = Promise.withResolvers<{ data: unknown; bytes: number }>();
      answers.push(() => {
        written += 1;
        resolve({ data: undefined, bytes: 1_000 });
      });
      return promise;
    };
    return {
      config,
      settings: SETTINGS,
      own: undefined,
      client: { patchStatus } as unknown as KubeClient,
      store,
      metrics,
      instance: 'pod',
      userAgent: 'test',
      clock,
      logger,
    };
  }

  async function answer(): Promise<void> {
    for (const each of answers.splice(0)) each();
    await clock.advance(20);
  }

  it('has counted no refusal from its start, so that an alert sees the first', async () => {
    const { body } = await metrics.render();
    expect(body.toString()).to.contain('edgetranscode_status_writes_total{result="rejected"} 0\n');
  });

  it('writes those under way and those that have not begun, and ends', async () => {
    for (let round = 0; round < NAMES.length; round += 1) await answer();
    expect([written, hasEnded, logger.lines]).to.deep.equal([NAMES.length, true, []]);
  });

  it('ends after a second, and logs how many are not written', async () => {
    await clock.advance(499);
    expect(hasEnded).to.equal(false);
    await clock.advance(20);
    expect(hasEnded).to.equal(true);
    expect(logger.lines.map(({ message, fields }) => [message, fields.count])).to.deep.equal([
      ['stopped with statuses unwritten', NAMES.length],
    ]);
  });
});
