/**
 * A subject for each test, with a cloud as at the start; nothing is left listening or waiting afterwards.
 */
import { FakeClock } from '../unit/kit/fake-clock.ts';
import { RecordingLogger } from '../unit/kit/recording-logger.ts';
import { type Simulator, startSimulator } from '../world/live-simulator/simulator.ts';
import { type Closable, FakeSecrets, type ReaderParts, Subject } from './cloud-subject.ts';

export type NewReader = (cloud: Simulator, parts: ReaderParts) => Closable;

/** To be called in a `describe`. @returns what makes the subject of the running test */
export function withSubject(newReader: NewReader): (callsPerMinute?: number) => Subject {
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
  return (callsPerMinute = 6_000) => {
    const parts = {
      secrets: new FakeSecrets(),
      clock: new FakeClock(),
      logger: new RecordingLogger(),
      callsPerMinute,
    };
    const reader = newReader(cloud, parts);
    readers.push(reader);
    return new Subject({ reader, cloud, ...parts });
  };
}
