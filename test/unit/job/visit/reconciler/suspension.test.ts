// Suspending and resuming.

import { expect } from 'chai';
import { AnOperator } from '../../../kit/an-operator.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { fails, noSuchJob, notStarted, type Reply, running } from '../../../kit/samples/answers.ts';
import { condition, healthy, shown } from '../../../kit/shown.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const SUSPENDED = {
  state: 'Unknown',
  Ready: 'True Suspended',
  Fresh: 'Unknown Suspended',
  Running: 'Unknown Suspended',
};

describe('a suspended object', () => {
  let operator: AnOperator;
  beforeEach(() => {
    operator = new AnOperator();
  });
  afterEach(() => operator.verify());

  async function suspendedAfter(reply: Reply): Promise<void> {
    operator.cloud.always(reply);
    await operator.apply(aJob().expecting('Running'));
    await operator.clock.advance(10 * SECOND);
    operator.cloud.always(undefined);
    operator.clear();
    await operator.apply(aJob().expecting('Running').generation(2).suspended());
  }

  for (const [what, reply] of [
    ['it was running', running()],
    ['its job was missing', noSuchJob()],
    ['it was refused', fails('PermissionDenied')],
    ['it failed transiently', fails('ServerError')],
  ] as const)
    it(`is Ready, with all other conditions Unknown, when ${what}`, async () => {
      await suspendedAfter(reply);
      expect(shown(operator.status)).to.deep.equal({ ...SUSPENDED, AsExpected: 'Unknown Suspended' });
      expect(operator.status.observedGeneration).to.equal(2);
    });

  it('keeps its last data', async () => {
    await suspendedAfter(running());
    expect(operator.status.job?.status).to.equal('1');
    expect(operator.status.lastObservedTime).to.equal('2026-01-01T00:00:00Z');
  });

  it('is neither polled nor written again', async () => {
    await suspendedAfter(running());
    operator.clear();
    await operator.clock.advance(7 * 24 * HOUR);
    expect(operator.cloud.takeCalls()).to.deep.equal([]);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('is not polled when it is created suspended', async () => {
    await operator.apply(aJob().suspended());
    await operator.clock.advance(HOUR);
    expect(shown(operator.status)).to.deep.equal(SUSPENDED);
    expect(operator.cloud.takeCalls()).to.deep.equal([]);
  });

  it('is neither polled nor written after a restart', async () => {
    await suspendedAfter(running());
    await operator.restart(HOUR);
    operator.clear();
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('is written again when a poll would be due, if the write was dropped', async () => {
    operator.cluster.writing = 'held';
    await operator.apply(aJob().suspended());
    operator.cluster.dropWrites();
    operator.cluster.writing = 'at once';
    await operator.clock.advance(1.5 * MINUTE);
    expect(shown(operator.status)).to.deep.equal(SUSPENDED);
  });

  it('withdraws the call that waits for a permit', async () => {
    await operator.applyAnswered(aJob(), running());
    operator.cloud.hold();
    await operator.toNextPoll();
    await operator.apply(aJob().generation(2).suspended());
    expect(shown(operator.status)).to.deep.equal(SUSPENDED);
  });
});

describe('a resumed object', () => {
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
    await operator.clock.advance(10 * SECOND);
    await operator.apply(aJob().generation(2).suspended());
    await operator.clock.advance(HOUR);
    operator.clear();
  });
  afterEach(() => operator.verify());

  const resumed = aJob().generation(3);

  it('is polled at once', async () => {
    await operator.applyAnswered(resumed, notStarted());
    expect(operator.cloud.takeCalls().map(({ question }) => question.priority)).to.deep.equal(['urgent']);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('NotStarted')]);
    expect(operator.cluster.takeEvents()).to.deep.equal(['stream1 Normal JobStopped']);
  });

  it('is not fresh by an earlier observation when its calls fail', async () => {
    await operator.applyAnswered(resumed, fails('ConnectionFailed'));
    expect(shown(operator.status)).to.deep.equal({
      state: 'Unknown',
      Ready: 'False ConnectionFailed',
      Fresh: 'Unknown Progressing',
      Running: 'Unknown Progressing',
      Reconciling: 'True ProgressingWithRetry',
    });
    expect(operator.status.job?.status, 'the last data').to.equal('1');
  });

  it('is overdue when the window has passed since then, though no call gets a permit', async () => {
    operator.cloud.hold();
    await operator.apply(resumed);
    await operator.clock.advance(3 * MINUTE + 30 * SECOND - 1);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    await operator.clock.advance(1);
    expect(condition(operator.status, 'Fresh')).to.include({ status: 'False', reason: 'ObservationOverdue' });
  });

  it('is polled at once when it was resumed while no operator ran', async () => {
    await operator.stop();
    operator.cluster.apply(resumed);
    operator.cloud.plan(fails('ConnectionFailed'), running());
    await operator.restart(MINUTE);
    expect(shown(operator.status)).to.include({
      Ready: 'False ConnectionFailed',
      Fresh: 'Unknown Progressing',
    });
    await operator.clock.advance(2 * SECOND);
    expect(shown(operator.status)).to.deep.equal(healthy('Running'));
  });

  it('continues without a write when the operator restarts before an answer', async () => {
    await operator.applyAnswered(resumed, fails('ConnectionFailed'));
    operator.clear();
    operator.cloud.plan(fails('ConnectionFailed'), running());
    await operator.restart(SECOND);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    await operator.clock.advance(2 * SECOND);
    expect(shown(operator.status)).to.deep.equal(healthy('Running'));
  });

  it('says so when its spec is invalid now', async () => {
    await operator.apply(aJob().generation(3).invalid('spec.interval is not a duration'));
    expect(shown(operator.status)).to.include({
      Ready: 'False InvalidReference',
      Fresh: 'Unknown Progressing',
    });
  });

  it('is polled at most every 5 s, however often it is suspended and resumed', async () => {
    let generation = 3;
    for (let turn = 0; turn < 100; turn += 1) {
      const call = operator.cloud.hold();
      await operator.apply(aJob().generation(generation));
      call.send();
      await operator.apply(
        aJob()
          .generation(generation + 1)
          .suspended(),
      );
      call.answer(running());
      await operator.clock.advance(200);
      generation += 2;
      operator.cloud.unplan();
    }
    expect(operator.cloud.takeCalls().length).to.be.within(4, 5);
  });
});
