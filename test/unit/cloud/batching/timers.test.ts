// The timer of a batch window: each question makes the window longer, and none may set a timer for it.

import { expect } from 'chai';
import type { Timer } from '../../../../src/base/clock.ts';
import { Batches } from '../../../../src/cloud/batching/batches.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { ask } from '../../kit/questions.ts';
import { aPlan } from '../../kit/samples/a-plan.ts';
import { ScriptedRequests } from './scripted-requests.ts';

class CountingClock extends FakeClock {
  /** Timers that were set so far. */
  set = 0;

  override after(ms: number, callback: () => void): Timer {
    this.set += 1;
    return super.after(ms, callback);
  }
}

const QUESTIONS = 100;

describe('the timer of a batch window', () => {
  let clock: CountingClock;
  let requests: ScriptedRequests;
  let withdrawn: AbortController;

  /** Asks one question each millisecond. */
  beforeEach(async () => {
    clock = new CountingClock();
    requests = new ScriptedRequests();
    withdrawn = new AbortController();
    const batches = new Batches({ requests, expectsMore: () => false, clock, logger: new RecordingLogger() });
    batches.apply(aPlan('all'));
    for (let each = 0; each < QUESTIONS; each += 1) {
      const reference = { credential: { namespace: 'media' }, clusterID: 'c', jobID: `job-${each}` };
      void ask(batches, { reference, priority: 'scheduled', deadline: 0, signal: withdrawn.signal });
      await clock.advance(1);
    }
  });

  it('is not set for each question, and wakes the batch when the window ends', async () => {
    expect(clock.set).to.be.below(QUESTIONS / 10);
    await clock.advance(48);
    expect(requests.queue, '49 ms after the last question').to.deep.equal([]);
    await clock.advance(1);
    expect(requests.queue, '50 ms after it').to.deep.equal(['list 1 scheduled']);
  });

  it('is cancelled when the questions are withdrawn', () => {
    expect(clock.timers).to.equal(1);
    withdrawn.abort();
    expect(clock.timers).to.equal(0);
  });
});
