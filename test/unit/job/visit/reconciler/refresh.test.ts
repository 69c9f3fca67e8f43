// A refresh requested by annotation: answered by a call sent after it, and by nothing else.

import { expect } from 'chai';
import { AnOperator } from '../../../kit/an-operator.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { fails, notStarted, running } from '../../../kit/samples/answers.ts';
import { healthy, shown } from '../../../kit/shown.ts';

const SECOND = 1_000;

describe('a requested refresh', () => {
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
    await operator.clock.advance(10 * SECOND);
    operator.clear();
  });
  afterEach(() => operator.verify());

  const handled = () => operator.status.lastHandledRequestedAt;

  it('is called for at once, ahead of others, and answered in the status', async () => {
    await operator.applyAnswered(aJob().requested('a'), notStarted());
    expect(operator.cloud.takeCalls().map(({ question }) => question.priority)).to.deep.equal(['urgent']);
    expect(handled()).to.equal('a');
    expect(shown(operator.status)).to.deep.equal(healthy('NotStarted'));
    expect(operator.cluster.takeEvents()).to.include('stream1 Normal RefreshHandled');
  });

  it('is called for once, though its annotation stays', async () => {
    await operator.applyAnswered(aJob().requested('a'), running());
    operator.clear();
    await operator.clock.advance(30 * SECOND);
    expect(operator.cloud.takeCalls()).to.deep.equal([]);
  });

  it('is answered by a definitive failure as well', async () => {
    await operator.applyAnswered(aJob().requested('a'), fails('PermissionDenied'));
    expect(handled()).to.equal('a');
  });

  it('is not answered by a transient failure, which it shows, but by the retry', async () => {
    await operator.applyAnswered(aJob().requested('a'), fails('ServerError'));
    expect(handled()).to.equal(undefined);
    expect(shown(operator.status)).to.deep.equal({
      ...healthy('Running'),
      Reconciling: 'True ProgressingWithRetry',
    });
    operator.cloud.plan(running());
    await operator.clock.advance(2 * SECOND);
    expect(handled()).to.equal('a');
    expect(shown(operator.status)).to.deep.equal(healthy('Running'));
  });

  it('is not answered by a call that was sent before it', async () => {
    const call = operator.cloud.hold();
    await operator.toNextPoll();
    call.send();
    await operator.clock.advance(SECOND);
    await operator.apply(aJob().requested('a'));
    const next = operator.cloud.hold();
    call.answer(notStarted());
    await operator.clock.advance(0);
    expect(shown(operator.status), 'what that call found').to.deep.equal(healthy('NotStarted'));
    expect(handled()).to.equal(undefined);
    next.send();
    next.answer(running());
    await operator.clock.advance(0);
    expect(handled()).to.equal('a');
  });

  it('is called for at once after a scheduled poll', async () => {
    operator.cloud.plan(running());
    await operator.toNextPoll();
    operator.clear();
    await operator.applyAnswered(aJob().requested('a'), running());
    expect(handled()).to.equal('a');
  });

  it('that follows another one is answered by its own call, 5 s later', async () => {
    await operator.applyAnswered(aJob().requested('a'), running());
    await operator.apply(aJob().requested('b'));
    expect(handled()).to.equal('a');
    operator.cloud.plan(running());
    await operator.clock.advance(4_999);
    expect(handled()).to.equal('a');
    await operator.clock.advance(1);
    expect(handled()).to.equal('b');
  });

  it('repeated without end causes one call every 5 s', async () => {
    operator.cloud.always(running());
    for (let token = 0; token < 600; token += 1) {
      await operator.apply(aJob().requested(`token ${token}`));
      await operator.clock.advance(100);
    }
    expect(operator.cloud.takeCalls().length).to.be.within(12, 13);
  });

  it('that arrives while the retries of another one back off is called for at once', async () => {
    operator.cloud.always(fails('ServerError'));
    await operator.apply(aJob().requested('a'));
    await operator.clock.advance(40 * SECOND);
    const last = operator.facts().lastCallAt ?? 0;
    await operator.clock.advance(Math.max(0, last + 5 * SECOND - operator.clock.now()));
    operator.clear();
    await operator.apply(aJob().requested('b'));
    expect(operator.cloud.takeCalls().map(({ question }) => question.priority)).to.deep.equal(['urgent']);
  });

  it('that is removed before its call causes no call, and is dropped', async () => {
    await operator.applyAnswered(aJob().requested('a'), fails('ServerError'));
    operator.clear();
    await operator.apply(aJob());
    expect(operator.cloud.takeCalls()).to.deep.equal([]);
    expect(shown(operator.status)).to.deep.equal(healthy('Running'));
  });

  it('whose annotation is removed after its answer causes no call and no write', async () => {
    await operator.applyAnswered(aJob().requested('a'), running());
    operator.clear();
    await operator.apply(aJob());
    expect(operator.cloud.takeCalls()).to.deep.equal([]);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('of a suspended object is answered at once, without a call', async () => {
    await operator.apply(aJob().generation(2).suspended().requested('a'));
    expect(handled()).to.equal('a');
    expect(operator.cloud.takeCalls()).to.deep.equal([]);
  });

  it('that was pending when the operator stopped is answered by the next one', async () => {
    operator.cloud.hold();
    await operator.apply(aJob().requested('a'));
    operator.cloud.plan(running());
    await operator.restart(SECOND);
    expect(handled()).to.equal('a');
  });

  it('that was answered is not called for again after a restart', async () => {
    await operator.applyAnswered(aJob().requested('a'), running());
    operator.clear();
    await operator.restart(SECOND);
    await operator.clock.advance(10 * SECOND);
    expect(operator.cloud.takeCalls()).to.deep.equal([]);
  });
});
