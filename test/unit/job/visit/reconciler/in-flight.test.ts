// What happens to an answer whose object changed while the call was under way.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../../src/api/edge-transcode-job.ts';
import { objectKey } from '../../../../../src/base/object-key.ts';
import type { Answer, Question } from '../../../../../src/job/model/cloud-port.ts';
import { AnOperator, STREAM1 } from '../../../kit/an-operator.ts';
import { heapInUse, MEASURING_MS } from '../../../kit/heap.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { fails, notStarted, running } from '../../../kit/samples/answers.ts';
import { shown } from '../../../kit/shown.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('while a call is under way', () => {
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
    await operator.clock.advance(10 * SECOND);
    operator.clear();
  });
  afterEach(() => operator.verify());

  /** Starts a call, which can then no longer be withdrawn. */
  async function sent() {
    const call = operator.cloud.hold();
    await operator.toNextPoll();
    return call.send();
  }

  it('a deleted object is dropped, and the answer with it', async () => {
    const call = await sent();
    await operator.delete(STREAM1);
    call.answer(notStarted());
    await operator.clock.advance(0);
    expect(operator.factsStore.size).to.equal(0);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('a recreated object does not take the answer for the old one', async () => {
    const call = await sent();
    await operator.delete(STREAM1);
    await operator.apply(aJob().uid('another'));
    operator.cloud.plan(fails('ServerError'));
    call.answer(notStarted());
    await operator.clock.advance(0);
    expect(shown(operator.status)).to.include({ state: 'Unknown', Ready: 'False ServerError' });
  });

  it('a recreated object shows no refresh that was requested of the old one', async () => {
    const forRefresh = operator.cloud.hold();
    const key = await operator.apply(aJob().named('other').requested('a'));
    forRefresh.send();
    await operator.delete(key);
    await operator.apply(aJob().named('other').uid('another'));
    const scheduled = await sent();
    scheduled.answer(notStarted());
    await operator.clock.advance(0);
    expect(operator.cluster.get(key)?.status).to.include({ state: 'NotStarted' });
    expect(operator.cluster.get(key)?.status.lastHandledRequestedAt).to.equal(undefined);
  });

  it('an object that means another job now drops the answer, and calls again at once', async () => {
    const call = await sent();
    await operator.apply(aJob().generation(2).inRegion('cn-beijing'));
    operator.cloud.plan(fails('ServerError'));
    call.answer(notStarted());
    await operator.clock.advance(0);
    expect(operator.cloud.takeCalls().map(({ question }) => question.priority)).to.deep.equal([
      'scheduled',
      'urgent',
    ]);
    expect(shown(operator.status)).to.include({ state: 'Unknown', Ready: 'False ServerError' });
  });

  it('an object that is suspended drops the answer, and no call follows', async () => {
    const call = await sent();
    await operator.apply(aJob().generation(2).suspended());
    call.answer(notStarted());
    await operator.clock.advance(HOUR);
    expect(shown(operator.status)).to.include({ Ready: 'True Suspended' });
    expect(operator.cloud.takeCalls()).to.have.length(1);
  });

  it('an object that only expects something else now takes the answer, without another call', async () => {
    const call = await sent();
    await operator.apply(aJob().generation(2).expecting('Running'));
    call.answer(notStarted());
    await operator.clock.advance(10 * SECOND);
    expect(shown(operator.status).AsExpected).to.equal('False DiffersFromExpectedState');
    expect(operator.status.observedGeneration).to.equal(2);
    expect(operator.cloud.takeCalls()).to.have.length(1);
  });

  it('a changed object does not wait for the permit that its old version waits for', async () => {
    operator.cloud.hold();
    await operator.toNextPoll();
    await operator.applyAnswered(aJob().generation(2).every('30s'), notStarted());
    expect(operator.status.observedGeneration).to.equal(2);
    expect(operator.cloud.takeCalls().map(({ question }) => question.priority)).to.deep.equal([
      'scheduled',
      'urgent',
    ]);
  });

  it('nothing is held of the version that the call was made for, once it was answered', async () => {
    operator.cluster.writing = 'held';
    const before = await created('written');
    operator.cluster.finishWrites();
    await heapInUse();
    expect(before.deref()).to.equal(undefined);
  }).timeout(MEASURING_MS);

  for (const [bug, observe] of [
    ['call threw', () => thrown()],
    ['answer could not be applied', (question: Question) => queueMicrotask(() => question.answered(NO_JOB))],
  ] as const)
    it(`nothing is held of a deleted object whose ${bug}, which is a bug`, async () => {
      operator.cloud.observe = observe;
      const deleted = await created('deleted');
      expect(operator.logger.lines.splice(0).filter(({ level }) => level === 'error')).to.have.length(1);
      await operator.delete(objectKey('media', 'deleted'));
      await heapInUse();
      expect(deleted.deref()).to.equal(undefined);
    }).timeout(MEASURING_MS);

  async function created(name: string): Promise<WeakRef<EdgeTranscodeJob>> {
    operator.cloud.always(running());
    const key = await operator.apply(aJob().named(name));
    return new WeakRef(operator.cluster.get(key) as EdgeTranscodeJob);
  }

  it('no answer is applied once the operator stops', async () => {
    operator.cloud.hold();
    await operator.toNextPoll();
    await operator.stop();
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    expect(operator.clock.timers).to.equal(0);
  });
});

/** An answer that breaks the port's contract: it was observed, and has no job. */
const NO_JOB = { kind: 'observed', sentAt: 0 } as unknown as Answer;

function thrown(): never {
  throw new Error('a bug');
}
