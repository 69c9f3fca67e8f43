// The fields of the status besides its conditions, and the condition that compares with the user's
// expectation.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import { FAILURE_KINDS } from '../../../../src/job/model/failures.ts';
import { targetOf } from '../../../../src/job/model/reference.ts';
import { decide } from '../../../../src/job/status/decide.ts';
import { applyAnswer, type Facts, suspended } from '../../../../src/job/status/facts.ts';
import * as say from '../../../../src/job/status/messages.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { fails, running } from '../../kit/samples/answers.ts';
import { failure, NOW, seen, someFacts } from '../../kit/samples/some-facts.ts';
import { condition, shown } from '../../kit/shown.ts';
import { PRINTED_TEXT, TERMINAL_TEXT, terminalCharacter } from '../../kit/terminal.ts';

const TIME = '2026-01-01T00:01:00Z';
const object = aJob().build();

function decided(facts: Facts, of: EdgeTranscodeJob = object) {
  return decide(of, facts, SETTINGS, TIME);
}

const OVERDUE = 'not observed for longer than the freshness window of 3m30s';

describe('AsExpected', () => {
  const expecting = aJob().expecting('Running').build();
  const rows: readonly (readonly [when: string, facts: Partial<Facts>, gives: string])[] = [
    ['the state is the expected one', { observed: seen('1') }, 'True MatchesExpectedState'],
    ['the state differs', { observed: seen('0') }, 'False DiffersFromExpectedState'],
    [
      'there is no such job',
      { observed: seen(undefined), definitiveFailure: failure('JobNotFound') },
      'False DiffersFromExpectedState',
    ],
    ['the code is unknown', { observed: seen('7') }, 'Unknown UnknownJobState'],
    ['nothing was observed', {}, 'Unknown Progressing'],
    ['the observation is too old', { observed: seen('1'), overdue: OVERDUE }, 'Unknown ObservationOverdue'],
    ['the object is suspended', { observed: seen('1'), suspended: true }, 'Unknown Suspended'],
  ];
  for (const [when, facts, gives] of rows)
    it(`is ${gives} when ${when}`, () => {
      expect(shown(decided(someFacts(expecting, facts), expecting)).AsExpected).to.equal(gives);
    });

  it('can expect a job to be stopped', () => {
    const stopped = aJob().expecting('NotStarted').build();
    const facts = someFacts(stopped, { observed: seen('0') });
    expect(shown(decided(facts, stopped)).AsExpected).to.equal('True MatchesExpectedState');
  });

  it('is absent while nothing is expected', () => {
    expect(shown(decided(someFacts(object, { observed: seen('1') })))).to.not.have.property('AsExpected');
  });
});

describe('the status', () => {
  for (const [what, facts] of Object.entries<Partial<Facts>>({
    'a definitive failure': { definitiveFailure: failure('PermissionDenied', TERMINAL_TEXT) },
    'a transient failure': { transientFailure: failure('ServerError', TERMINAL_TEXT), servedGeneration: -1 },
    'a stored message': { observed: seen('1'), overdue: TERMINAL_TEXT },
  }))
    it(`has no character that a terminal would obey in a message that quotes ${what}`, () => {
      const { conditions } = decided(someFacts(object, facts));
      expect(JSON.stringify(conditions)).to.contain(PRINTED_TEXT);
      for (const { message } of conditions ?? []) expect(terminalCharacter(message)).to.equal(undefined);
    });

  it('has the generation at the top and in each condition, on failure too', () => {
    const third = aJob().generation(3).expecting('Running').build();
    const facts = someFacts(third, { definitiveFailure: failure('PermissionDenied'), observed: seen('1') });
    const status = decided(facts, third);
    expect(status.observedGeneration).to.equal(3);
    for (const each of status.conditions ?? []) expect(each.observedGeneration, each.type).to.equal(3);
  });

  it('keeps the transition times of unchanged conditions, and dates the changed ones', () => {
    const first = decide(
      object,
      someFacts(object, { observed: seen('1') }),
      SETTINGS,
      '2020-01-01T00:00:00Z',
    );
    const stored = aJob().storing(first).build();
    const after = decided(someFacts(stored, { observed: seen('0') }), stored);
    expect(condition(after, 'Ready').lastTransitionTime).to.equal('2020-01-01T00:00:00Z');
    expect(condition(after, 'Running').lastTransitionTime).to.equal(TIME);
  });

  it('keeps the data of the job as long as it is the same job', () => {
    const lasting: Partial<Facts>[] = [
      { observed: { ...seen('1'), found: false }, definitiveFailure: failure('JobNotFound') },
      { observed: seen('1'), overdue: OVERDUE },
      { observed: seen('1'), definitiveFailure: failure('PermissionDenied') },
      { observed: seen('1', { beforeSuspension: true }), suspended: true },
    ];
    for (const facts of lasting) expect(decided(someFacts(object, facts)).job).to.deep.equal(seen('1').job);
  });

  it('says when the job was observed, and at which target', () => {
    const status = decided(someFacts(object, { observed: seen('1') }));
    expect(status.lastObservedTime).to.equal('2026-01-01T00:00:00Z');
    expect(status.observedTarget).to.match(/^[0-9a-f]{8}-[0-9a-f]{8}$/);
  });

  it('names the reference alone until a call was sent to an endpoint', () => {
    const { endpoint: _, ...facts } = someFacts(object, {
      definitiveFailure: failure('CredentialsNotFound'),
    });
    expect(decided(facts).observedTarget).to.match(/^[0-9a-f]{8}$/);
  });

  it('has an effective interval only while it differs from the requested one', () => {
    const short = aJob().every('5s').build();
    const raised = { ...SETTINGS, minIntervalMs: 90_000 };
    expect(decide(short, someFacts(short), SETTINGS, TIME)).to.not.have.property('effectiveInterval');
    expect(decide(short, someFacts(short), raised, TIME).effectiveInterval).to.equal('1m30s');
  });

  it('names the refresh token that was served', () => {
    expect(decided(someFacts(object, { servedRequest: 'now' })).lastHandledRequestedAt).to.equal('now');
    expect(decided(someFacts(object))).to.not.have.property('lastHandledRequestedAt');
  });

  it('has no request ID, time, URL or counter in any message, whatever happened', () => {
    const kinds = FAILURE_KINDS.map((kind) => fails(kind)(NOW));
    const answers = [running({ streamInput: 'rtmp://h/a?auth_key=1' })(NOW), ...kinds];
    const expecting = aJob().expecting('Running').build();
    const at = { now: NOW, time: NOW / 1_000 };
    const known = answers.map((answer) =>
      applyAnswer(someFacts(expecting), expecting, targetOf(expecting).hash, {}, answer, at),
    );
    for (const facts of [...known, ...known.map((each) => suspended(each, expecting))])
      for (const { message } of decided(facts, expecting).conditions ?? [])
        expect(message).to.not.match(/request-|\d{4}-\d\d-\d\d|:\/\/|\d/);
  });

  it('says in plain words that a code is not known', () => {
    const status = decided(someFacts(object, { observed: seen('7') }));
    expect(condition(status, 'Running').message).to.equal(say.unknownCode('7'));
    expect(status.job?.status).to.equal('7');
  });
});
