// One object, visit by visit, with the real domain between a fake cluster and a scripted cloud.

import { expect } from 'chai';
import { AnOperator, STREAM1 } from '../../../kit/an-operator.ts';
import { aJob, CLUSTER_ID, JOB_ID } from '../../../kit/samples/a-job.ts';
import { fails, noSuchJob, notStarted, running } from '../../../kit/samples/answers.ts';
import { condition, healthy, shown } from '../../../kit/shown.ts';
import { PRINTED_TEXT, TERMINAL_TEXT, terminalCharacter } from '../../../kit/terminal.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('a reference', () => {
  let operator: AnOperator;
  beforeEach(() => {
    operator = new AnOperator();
  });
  afterEach(() => operator.verify());

  it('is created, observed, stopped, missing, and found again', async () => {
    const job = aJob().expecting('Running');
    await operator.applyAnswered(job, running());
    expect(shown(operator.status)).to.deep.equal({
      ...healthy('Running'),
      AsExpected: 'True MatchesExpectedState',
    });

    await operator.poll(notStarted({ lastStopAt: '2026-01-01T00:00:30Z' }));
    expect(shown(operator.status)).to.deep.equal({
      ...healthy('NotStarted'),
      AsExpected: 'False DiffersFromExpectedState',
    });
    expect(condition(operator.status, 'Ready').lastTransitionTime).to.equal('2026-01-01T00:00:00Z');

    await operator.poll(noSuchJob());
    expect(shown(operator.status)).to.deep.equal({
      state: 'NotFound',
      Ready: 'False JobNotFound',
      Fresh: 'True ObservationSucceeded',
      Running: 'False JobNotFound',
      AsExpected: 'False DiffersFromExpectedState',
      Stalled: 'True JobNotFound',
    });
    expect(operator.status.job?.lastStopAt, 'the last data').to.equal('2026-01-01T00:00:30Z');

    await operator.poll(running());
    expect(shown(operator.status)).to.deep.equal({
      ...healthy('Running'),
      AsExpected: 'True MatchesExpectedState',
    });
    expect(operator.cluster.takeEvents()).to.deep.equal([
      'stream1 Normal JobFound',
      'stream1 Normal JobStopped',
      'stream1 Warning StateDiffers',
      'stream1 Warning JobNotFound',
      'stream1 Normal JobFound',
      'stream1 Normal ObservationRecovered',
    ]);
  });

  it('is polled by the reference that the user wrote, ahead of others when it is new', async () => {
    await operator.applyAnswered(aJob().withSecret('account').inRegion('cn-beijing'), running());
    const [call] = operator.cloud.takeCalls();
    expect(call?.question.reference).to.deep.equal({
      credential: { namespace: 'media', name: 'account' },
      clusterID: CLUSTER_ID,
      jobID: JOB_ID,
      regionID: 'cn-beijing',
    });
    expect(call?.question).to.include({ priority: 'urgent', deadline: operator.clock.now() });
  });

  it('is polled once per interval, with the deadline of the instant that was due', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.poll(running());
    operator.clear();
    operator.cloud.always(running());
    await operator.clock.advance(HOUR);
    const calls = operator.cloud.takeCalls();
    expect(calls).to.have.length(60);
    for (const { at, question } of calls)
      expect(question).to.include({ priority: 'scheduled', deadline: at });
    expect(new Set(calls.map(({ at }) => at % MINUTE)).size, 'phases').to.equal(1);
  });

  it('is polled at its instants even when answers are slow', async () => {
    await operator.applyAnswered(aJob().every('5s'), running());
    await operator.poll(running());
    operator.clear();
    const began = operator.clock.now();
    for (let poll = 1; poll <= 3; poll += 1) {
      const call = operator.cloud.hold();
      await operator.clock.advance(began + poll * 5 * SECOND - operator.clock.now());
      call.send();
      await operator.clock.advance(4 * SECOND);
      call.answer(running());
    }
    await operator.clock.advance(0);
    expect(operator.cloud.takeCalls().map(({ at }) => at - began)).to.deep.equal([5_000, 10_000, 15_000]);
  });

  it('reports how late its polls begin', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.poll(running());
    const call = operator.cloud.hold();
    await operator.toNextPoll();
    await operator.clock.advance(3 * SECOND);
    call.answer(running());
    await operator.clock.advance(0);
    expect(operator.lags).to.deep.equal([0, 0, 3]);
  });

  it('is not visited because of its own status write', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.clock.advance(30 * SECOND);
    expect(operator.cloud.takeCalls()).to.have.length(1);
  });

  it('is not polled when its spec is invalid, and says why', async () => {
    await operator.apply(aJob().invalid('spec.jobID is missing'));
    expect(shown(operator.status)).to.include({
      Ready: 'False InvalidReference',
      Stalled: 'True InvalidReference',
    });
    expect(condition(operator.status, 'Ready').message).to.equal('spec.jobID is missing');
    operator.clear();
    await operator.clock.advance(24 * HOUR);
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
  });

  it('is polled once its spec is valid', async () => {
    await operator.apply(aJob().invalid('spec.interval is not a duration'));
    await operator.clock.advance(MINUTE);
    await operator.applyAnswered(aJob().generation(2), running());
    expect(shown(operator.status)).to.deep.equal(healthy('Running'));
  });

  it('shows its stream URLs redacted', async () => {
    const streamInput = 'rtmp://user:secret@h/app?auth_key=secret';
    await operator.applyAnswered(aJob(), running({ streamInput, streamOutput: 'rtmp://h/app' }));
    expect(operator.status.job).to.include({
      streamInput: 'rtmp://REDACTED@h/app?auth_key=REDACTED',
      streamOutput: 'rtmp://h/app',
    });
    expect(JSON.stringify(operator.logger.lines)).to.not.contain('rtmp');
  });

  it('shows no character that a terminal would obey, whichever field of the cloud holds it', async () => {
    const text = TERMINAL_TEXT;
    const job = { name: text, status: text, templateID: text, templateName: text, type: text, jobID: text };
    await operator.applyAnswered(
      aJob(),
      running({ ...job, streamInput: text, streamOutput: `rtmp://h/${text}` }),
    );
    const { conditions, ...status } = operator.status;
    expect(status.job).to.include({
      name: PRINTED_TEXT,
      status: PRINTED_TEXT,
      streamOutput: 'rtmp://h/REDACTED',
    });
    expect(terminalCharacter(Object.values(status.job ?? {}).join(''))).to.equal(undefined);
    for (const { message } of conditions ?? []) expect(terminalCharacter(message)).to.equal(undefined);
  });

  it('redacts an answer once for all objects that name the job', async () => {
    operator.cloud.always(running());
    await operator.apply(aJob());
    const other = await operator.apply(aJob().named('other'));
    operator.cloud.always(running({ streamInput: 'rtmp://h/app?auth_key=secret' }));
    await operator.toNextPoll();
    const [one, another] = [operator.facts(), operator.facts(other)].map(({ observed }) => observed?.job);
    expect(one?.streamInput).to.equal('rtmp://h/app?auth_key=REDACTED');
    expect(one).to.equal(another);
  });

  it('leaves nothing behind when it is deleted', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.delete(STREAM1);
    expect(operator.factsStore.size).to.equal(0);
    await operator.clock.advance(24 * HOUR);
    expect(operator.clock.timers).to.equal(0);
  });

  it('is another object when it is recreated under the same name', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.delete(STREAM1);
    await operator.applyAnswered(aJob().uid('another'), fails('ServerError'));
    expect(shown(operator.status)).to.include({ state: 'Unknown', Ready: 'False ServerError' });
    expect(operator.status).to.not.have.property('job');
  });

  it('is another object even if its deletion was not seen', async () => {
    await operator.applyAnswered(aJob(), running());
    await operator.applyAnswered(aJob().uid('another'), fails('ServerError'));
    expect(shown(operator.status)).to.include({ state: 'Unknown', Ready: 'False ServerError' });
  });

  it('logs when a failure begins, changes and ends, with the request ID', async () => {
    await operator.applyAnswered(aJob(), running());
    for (const reply of [fails('ServerError'), fails('ServerError'), noSuchJob(), noSuchJob(), running()])
      await operator.poll(reply);
    expect(
      operator.logger.lines.map(({ level, message, fields }) => [level, message, fields.requestID]),
    ).to.deep.equal([
      ['warn', 'observation failed', 'request-8'],
      ['warn', 'observation failed', 'request-8'],
      ['info', 'observation recovered', 'request-7'],
    ]);
  });
});

describe('a changed spec', () => {
  let operator: AnOperator;
  beforeEach(async () => {
    operator = new AnOperator();
    await operator.applyAnswered(aJob(), running());
    operator.clear();
  });
  afterEach(() => operator.verify());

  it('is polled at once with urgent priority', async () => {
    await operator.clock.advance(10 * SECOND);
    await operator.applyAnswered(aJob().generation(2).every('30s'), running());
    const [call] = operator.cloud.takeCalls();
    expect(call?.question.priority).to.equal('urgent');
    expect(operator.status.observedGeneration).to.equal(2);
  });

  it('is not answered by the old status while it waits for 5 s', async () => {
    await operator.clock.advance(SECOND);
    await operator.apply(aJob().generation(2).inRegion('cn-beijing'));
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    operator.cloud.plan(notStarted());
    await operator.clock.advance(4 * SECOND);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([healthy('NotStarted')]);
  });

  it('to another target starts at Fresh=Unknown when its call fails', async () => {
    await operator.clock.advance(10 * SECOND);
    await operator.applyAnswered(aJob().generation(2).inRegion('cn-beijing'), fails('ServerError'));
    expect(shown(operator.status)).to.deep.equal({
      state: 'Unknown',
      Ready: 'False ServerError',
      Fresh: 'Unknown Progressing',
      Running: 'Unknown Progressing',
      Reconciling: 'True ProgressingWithRetry',
    });
    expect(operator.status).to.not.have.property('job');
    expect(operator.status).to.not.have.property('lastObservedTime');
  });

  it('to the same target stays Ready when its call fails, and says that it is retried', async () => {
    await operator.clock.advance(10 * SECOND);
    await operator.applyAnswered(aJob().generation(2).every('30s'), fails('ServerError'));
    expect(shown(operator.status)).to.deep.equal({
      ...healthy('Running'),
      Reconciling: 'True ProgressingWithRetry',
    });
    await operator.poll(running());
    expect(shown(operator.status)).to.deep.equal(healthy('Running'));
  });

  it('that names a missing Secret keeps nothing of the old target', async () => {
    await operator.clock.advance(10 * SECOND);
    const missing = fails('CredentialsNotFound', { destination: 'nowhere' });
    await operator.applyAnswered(aJob().generation(2).withSecret('account'), missing);
    expect(shown(operator.status)).to.include({ Fresh: 'Unknown Progressing', state: 'Unknown' });
    expect(operator.status.observedTarget).to.match(/^[0-9a-f]{8}$/);
  });

  it('that sets a shorter interval is polled at that interval', async () => {
    await operator.clock.advance(10 * SECOND);
    await operator.applyAnswered(aJob().generation(2).every('5s'), running());
    operator.clear();
    operator.cloud.always(running());
    await operator.clock.advance(MINUTE);
    expect(operator.cloud.takeCalls()).to.have.length(12);
  });
});
