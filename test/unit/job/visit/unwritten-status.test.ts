/** The memory of statuses that wait to be written: after a start those of 10,000 objects wait. */

import { expect } from 'chai';
import { FactsStore } from '../../../../src/job/visit/facts-store.ts';
import { Publisher } from '../../../../src/job/visit/publisher.ts';
import { Store } from '../../../../src/kube/informer/store.ts';
import { StatusWriter } from '../../../../src/kube/writers/status-writer.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { heapInUse, MEASURING_MS } from '../../kit/heap.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { seen, someFacts } from '../../kit/samples/some-facts.ts';

const COUNT = 10_000;

describe('a status that waits to be written', () => {
  it('takes no more than 0.5 KiB beside its object and its facts', async function () {
    this.timeout(MEASURING_MS);
    const clock = new FakeClock();
    const jobs = new Store([undefined]);
    const never = new Promise<never>(() => undefined);
    const client = { get: () => never, patchStatus: () => never };
    const logger = new RecordingLogger();
    const onWrite = () => undefined;
    const writer = new StatusWriter({ client, store: jobs, clock, logger, onWrite, mayWrite: () => true });
    const settingsOf = () => SETTINGS;
    const factsStore = new FactsStore(clock, settingsOf);
    const events = { record: () => undefined };
    const publisher = new Publisher({ jobs, factsStore, writer, events, settingsOf, clock });
    for (let index = 0; index < COUNT; index += 1) {
      const object = aJob().named(`job-${index}`).build();
      jobs.apply(object);
      factsStore.set(object, someFacts(object, { observed: seen('1') }));
      publisher.awaitAnswer(object);
    }
    const before = await heapInUse();
    for (const object of jobs.values()) publisher.publish(object);
    expect(writer.pending).to.equal(COUNT);
    expect(((await heapInUse()) - before) / COUNT).to.be.within(100, 512);
    publisher.stop();
    await settled();
  });
});
