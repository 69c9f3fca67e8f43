// When a failing object is polled again.

import { expect } from 'chai';
import type { FailureKind } from '../../../../../src/job/model/failures.ts';
import { AnOperator } from '../../../kit/an-operator.ts';
import { aJob } from '../../../kit/samples/a-job.ts';
import { fails, noSuchJob, running } from '../../../kit/samples/answers.ts';
import { condition, shown } from '../../../kit/shown.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('a failing object', () => {
  let operator: AnOperator;
  beforeEach(() => {
    operator = new AnOperator();
  });
  afterEach(() => operator.verify());

  /** Counts the calls within `ms` from now, each answered with the standing reply. */
  async function callsWithin(ms: number): Promise<number> {
    operator.clear();
    await operator.clock.advance(ms);
    return operator.cloud.takeCalls().length;
  }

  const transient: readonly FailureKind[] = [
    'Throttled',
    'ServerError',
    'ConnectionFailed',
    'UnexpectedResponse',
    'ClockSkewed',
  ];
  for (const kind of transient)
    it(`that was observed is polled for ${kind} as often as a healthy one, and at the same instants`, async () => {
      await operator.applyAnswered(aJob(), running());
      const { nextPollAt = 0 } = operator.facts();
      operator.cloud.always(fails(kind));
      expect(await callsWithin(HOUR)).to.equal(60);
      expect(((operator.facts().nextPollAt ?? 0) - nextPollAt) % MINUTE).to.equal(0);
    });

  it('gets the priority of retries, and its own again when it recovers', async () => {
    await operator.applyAnswered(aJob(), running());
    for (const reply of [fails('ServerError'), fails('ServerError'), running(), running()])
      await operator.poll(reply);
    expect(operator.cloud.takeCalls().map(({ question }) => question.priority)).to.deep.equal([
      'urgent',
      'scheduled',
      'retry',
      'retry',
      'scheduled',
    ]);
  });

  it('that was never observed is retried soon, then at growing delays, in the end like a healthy one', async () => {
    operator.cloud.always(fails('ServerError'));
    await operator.apply(aJob());
    await operator.clock.advance(2 * SECOND);
    expect(operator.cloud.calls.length, 'within 2 s').to.equal(2);
    expect(await callsWithin(5 * MINUTE), 'log2(60 / 2) more than the 5 of a healthy one').to.be.at.most(11);
    expect(await callsWithin(HOUR)).to.equal(60);
  });

  it('that was never observed shows its first failure at once, and writes it once', async () => {
    operator.cloud.always(fails('ConnectionFailed'));
    await operator.apply(aJob());
    await operator.clock.advance(HOUR);
    expect(operator.cluster.takeWrites().map(shown)).to.deep.equal([
      {
        state: 'Unknown',
        Ready: 'False ConnectionFailed',
        Fresh: 'Unknown Progressing',
        Running: 'Unknown Progressing',
        Reconciling: 'True ProgressingWithRetry',
      },
    ]);
  });

  it('does not write each attempt when an outage alternates between two failures', async () => {
    await operator.applyAnswered(aJob(), fails('ServerError'));
    for (let turn = 0; turn < 5; turn += 1) {
      await operator.poll(fails('ConnectionFailed'));
      await operator.poll(fails('ServerError'));
    }
    expect(operator.cluster.takeWrites()).to.have.length(1);
    await operator.poll(fails('ConnectionFailed'));
    await operator.poll(fails('ConnectionFailed'));
    expect(shown(operator.status).Ready, 'what has come to stay').to.equal('False ConnectionFailed');
  });

  it('with a rare interval gets a state soon after a short failure at its creation', async () => {
    await operator.applyAnswered(aJob().every('24h'), fails('ConnectionFailed'));
    operator.cloud.plan(running());
    await operator.clock.advance(2 * SECOND);
    expect(shown(operator.status).state).to.equal('Running');
  });

  it('is not polled before the time that the failure names', async () => {
    const retryAt = operator.clock.now() + 90 * SECOND;
    await operator.applyAnswered(aJob(), fails('Throttled', { retryAt }));
    await operator.clock.advance(89 * SECOND);
    expect(operator.cloud.takeCalls()).to.have.length(1);
    operator.cloud.plan(running());
    await operator.clock.advance(SECOND);
  });

  it('that was refused without a call is polled at the named time, not an interval later', async () => {
    await operator.applyAnswered(aJob().every('1h'), running());
    const { nextPollAt = 0 } = operator.facts();
    await operator.clock.advance(nextPollAt - operator.clock.now() - 1);
    operator.clear();
    operator.cloud.plan(fails('ConnectionFailed', { retryAt: nextPollAt + 20 * SECOND }));
    await operator.clock.advance(20 * SECOND);
    expect(operator.cloud.takeCalls()).to.have.length(1);
    operator.cloud.plan(running());
    await operator.clock.advance(2);
    expect(operator.cloud.takeCalls()).to.have.length(1);
  });

  const slow: readonly (readonly [kind: FailureKind, interval: string, everyMs: number])[] = [
    ['OperationDenied', '60s', 5 * MINUTE],
    ['PermissionDenied', '60s', 5 * MINUTE],
    ['PermissionDenied', '1h', HOUR],
    ['InvalidReference', '60s', HOUR],
  ];
  for (const [kind, interval, everyMs] of slow)
    it(`for ${kind} is polled every ${everyMs / MINUTE} min at an interval of ${interval}`, async () => {
      operator.cloud.always(fails(kind));
      await operator.apply(aJob().every(interval));
      expect(await callsWithin(DAY)).to.be.within(DAY / everyMs - 1, DAY / everyMs);
    });

  for (const kind of ['OperationDenied', 'PermissionDenied', 'JobNotFound'] as const)
    it(`for ${kind} is observed again within 7.5 min of the repair`, async () => {
      // The wait for the next poll depends on the name of the target.
      for (const id of Array.from({ length: 20 }, (_, index) => `job-${index}`)) {
        const reply = kind === 'JobNotFound' ? noSuchJob() : fails(kind);
        const one = new AnOperator();
        one.cloud.always(reply);
        await one.apply(aJob().about(id));
        // Polls of a missing job slow down after 2 min.
        if (kind === 'JobNotFound') await one.clock.advance(2.5 * MINUTE);
        one.cloud.always(running());
        await one.clock.advance(7.5 * MINUTE);
        expect(shown(one.status).state, id).to.equal('Running');
        await one.verify();
      }
    });

  it('whose job is missing is polled every 5 min after 2 min, and keeps that pace after a restart', async () => {
    operator.cloud.always(noSuchJob());
    await operator.apply(aJob());
    expect(await callsWithin(3 * MINUTE), 'every 20 s for 2 min').to.be.within(6, 8);
    expect(await callsWithin(HOUR)).to.be.within(11, 12);
    await operator.restart();
    expect(await callsWithin(HOUR)).to.be.within(11, 12);
  });

  it('is observed again within 30 s of a single wrong "no such job", and is then as before', async () => {
    await operator.applyAnswered(aJob().every('10s'), running());
    await operator.poll(noSuchJob());
    operator.cloud.always(running());
    await operator.clock.advance(30 * SECOND);
    expect(shown(operator.status)).to.include({ state: 'Running', Ready: 'True ObservationSucceeded' });
  });

  for (const interval of ['10s', '60s', '24h'])
    it(`finds a job that is created just after its object, at an interval of ${interval}`, async () => {
      await operator.applyAnswered(aJob().every(interval), noSuchJob());
      operator.cloud.always(running());
      await operator.clock.advance(30 * SECOND);
      expect(shown(operator.status).state).to.equal('Running');
    });

  it('whose job was just missed is polled again soon also after a restart', async () => {
    await operator.applyAnswered(aJob(), noSuchJob());
    operator.cloud.always(running());
    await operator.restart(5 * SECOND);
    await operator.clock.advance(30 * SECOND);
    expect(shown(operator.status).state).to.equal('Running');
  });

  it('is confirmed no faster than --min-interval and the budget allow', async () => {
    const slow = new AnOperator({ minIntervalMs: 5 * MINUTE, intervalScale: 2 });
    slow.cloud.always(noSuchJob());
    await slow.apply(aJob());
    slow.clear();
    await slow.clock.advance(5 * MINUTE - SECOND);
    expect(slow.cloud.takeCalls()).to.deep.equal([]);
    await slow.verify();
  });

  it('that was refused is polled at once when it changes', async () => {
    await operator.applyAnswered(aJob(), fails('InvalidReference'));
    await operator.clock.advance(10 * SECOND);
    await operator.applyAnswered(aJob().generation(2).inRegion('cn-beijing'), running());
    expect(shown(operator.status)).to.include({ Ready: 'True ObservationSucceeded' });
    expect(shown(operator.status)).to.not.have.property('Stalled');
  });

  for (const [kind, withinMs] of [
    ['CredentialsNotFound', 30 * SECOND],
    ['AuthenticationFailed', 20 * SECOND],
  ] as const) {
    it(`for ${kind} is polled again within ${withinMs / SECOND} s, at any interval`, async () => {
      await operator.applyAnswered(aJob().every('24h'), fails(kind));
      operator.cloud.plan(running());
      await operator.clock.advance(withinMs);
      expect(shown(operator.status).state).to.equal('Running');
    });

    it(`for ${kind} is polled again when the credential says`, async () => {
      const retryAt = operator.clock.now() + 7 * SECOND;
      await operator.applyAnswered(aJob(), fails(kind, { retryAt }));
      operator.cloud.plan(running());
      await operator.clock.advance(7 * SECOND);
      expect(shown(operator.status).state).to.equal('Running');
    });

    it(`for ${kind} does not spin when the credential names a time in the past`, async () => {
      const retryAt = operator.clock.now() - SECOND;
      operator.cloud.always(fails(kind, { retryAt }));
      await operator.apply(aJob());
      expect(await callsWithin(MINUTE)).to.be.at.most(MINUTE / withinMs + 1);
    });
  }

  it('keeps its data while its Secret is missing, and shows it as fresh afterwards', async () => {
    await operator.applyAnswered(aJob().withSecret('account'), running());
    await operator.poll(fails('CredentialsNotFound', { destination: 'nowhere' }));
    expect(shown(operator.status)).to.include({
      state: 'Running',
      Ready: 'False CredentialsNotFound',
      Fresh: 'True ObservationSucceeded',
    });
    expect(operator.status.job?.name).to.equal('stream1');
  });

  it('starts over when its Secret names another endpoint', async () => {
    await operator.applyAnswered(aJob().withSecret('account'), running());
    const destination = { endpoint: 'https://other.example', regionID: 'cn-shanghai' };
    await operator.poll(fails('ServerError', { destination }));
    expect(shown(operator.status)).to.include({ Ready: 'False ServerError', Fresh: 'Unknown Progressing' });
    expect(operator.status).to.not.have.property('job');
  });

  it('for a definitive reason stays so through transient failures', async () => {
    await operator.applyAnswered(aJob(), noSuchJob());
    operator.clear();
    for (let poll = 0; poll < 3; poll += 1) await operator.poll(fails('ServerError'));
    expect(operator.cluster.takeWrites()).to.deep.equal([]);
    expect(condition(operator.status, 'Ready').reason).to.equal('JobNotFound');
  });

  it('whose job was missing is found again by a poll', async () => {
    await operator.applyAnswered(aJob(), noSuchJob());
    operator.cloud.always(running());
    await operator.clock.advance(7.5 * MINUTE);
    expect(shown(operator.status).state).to.equal('Running');
  });
});
