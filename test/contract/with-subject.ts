/**
 * Creates a subject for each test, with a cloud as at the start. Nothing listens or waits after the test.
 */

import { DEFAULT_KEY } from '../../simulator/seed.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import type { ObserveWith } from '../../src/job/schedule/list-cost.ts';
import { FakeClock } from '../unit/kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../unit/kit/fakes/recording-logger.ts';
import { type Closable, FakeSecrets, type ReaderParts, Subject } from './cloud-subject.ts';

export type NewSubject = (callsPerMinute?: number, own?: ReaderParts['own']) => Subject;

export type NewReader = (cloud: Simulator, parts: ReaderParts) => Closable;

/**
 * Adds hooks to a `describe`.
 *
 * @returns what makes the subject of the running test
 */
export function withSubject(newReader: NewReader, observeWith: ObserveWith = 'get'): NewSubject {
  let cloud: Simulator;
  let readers: Closable[] = [];
  before(async () => {
    cloud = await startSimulator();
  });
  afterEach(async () => {
    for (const reader of readers) reader.close();
    readers = [];
    await cloud.reset();
  });
  after(() => cloud.close());
  return (callsPerMinute = 6_000, own = DEFAULT_KEY) => {
    const parts = {
      secrets: new FakeSecrets(),
      // The simulated cloud uses real time.
      clock: new FakeClock(Date.now()),
      logger: new RecordingLogger(),
      callsPerMinute,
      own,
      observeWith,
    };
    const reader = newReader(cloud, parts);
    readers.push(reader);
    return new Subject({ reader, cloud, ...parts });
  };
}
