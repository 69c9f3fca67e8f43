// The events of a status that replaced another: transitions only.

import { expect } from 'chai';
import type { EdgeTranscodeJobStatus } from '../../../../src/api/edge-transcode-job.ts';
import { EVENT_REASONS } from '../../../../src/job/model/kube-port.ts';
import { decide } from '../../../../src/job/status/decide.ts';
import type { Facts } from '../../../../src/job/status/facts.ts';
import { transitionEvents } from '../../../../src/job/status/transition-events.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { failure, seen, someFacts } from '../../kit/samples/some-facts.ts';

const expecting = aJob().expecting('Running').build();

function status(facts: Partial<Facts>, object = aJob().build()): EdgeTranscodeJobStatus {
  return decide(object, someFacts(object, facts), SETTINGS, '2026-01-01T00:00:00Z');
}

const unvisited: EdgeTranscodeJobStatus = { observedGeneration: -1, state: 'Unknown' };
const runs = status({ observed: seen('1') });
const stopped = status({ observed: seen('0') });
const gone = status({ observed: { ...seen('1'), found: false }, definitiveFailure: failure('JobNotFound') });
const overdue = status({ observed: seen('1'), overdue: 'too old' });
const suspended = status({ observed: seen('1', { beforeSuspension: true }), suspended: true });
const refused = status({ observed: seen('1'), definitiveFailure: failure('PermissionDenied') });

type Row = readonly [
  what: string,
  before: EdgeTranscodeJobStatus,
  after: EdgeTranscodeJobStatus,
  events: readonly string[],
];

const ROWS: readonly Row[] = [
  ['a job is found', unvisited, runs, ['Normal JobFound']],
  ['a stopped job is found', unvisited, stopped, ['Normal JobFound']],
  ['a job starts', stopped, runs, ['Normal JobStarted']],
  ['a job stops', runs, stopped, ['Normal JobStopped']],
  ['a job disappears', runs, gone, ['Warning JobNotFound']],
  ['a job comes back', gone, runs, ['Normal JobFound', 'Normal ObservationRecovered']],
  ['an observation is overdue', runs, overdue, ['Warning ObservationOverdue']],
  ['an outage ends', overdue, runs, ['Normal ObservationRecovered']],
  [
    'an outage ends, in which the job stopped',
    overdue,
    stopped,
    ['Normal JobStopped', 'Normal ObservationRecovered'],
  ],
  ['a refusal begins', runs, refused, ['Warning PermissionDenied']],
  ['a refusal ends', refused, runs, ['Normal ObservationRecovered']],
  [
    'one refusal follows another',
    refused,
    status({ observed: seen('1'), definitiveFailure: failure('OperationDenied') }),
    ['Warning OperationDenied'],
  ],
  [
    'the message of a refusal changes',
    refused,
    status({ observed: seen('1'), definitiveFailure: failure('PermissionDenied', 'other words') }),
    [],
  ],
  ['an object is suspended', runs, suspended, []],
  ['an object is resumed', suspended, runs, []],
  ['an object is resumed, and the job stopped meanwhile', suspended, stopped, ['Normal JobStopped']],
  ['a failing object is suspended', refused, suspended, []],
  [
    'a job that was missing, and then not polled for long, is found',
    status({
      observed: { ...seen('1'), found: false },
      definitiveFailure: failure('JobNotFound'),
      overdue: 'too old',
    }),
    runs,
    ['Normal JobFound', 'Normal ObservationRecovered'],
  ],
  [
    'another target is observed',
    { ...runs, observedTarget: '01234567-01234567' },
    stopped,
    ['Normal JobFound'],
  ],
  [
    'a job that was missing, and then could not be read, is found',
    status({ observed: { ...seen('1'), found: false }, definitiveFailure: failure('PermissionDenied') }),
    runs,
    ['Normal JobFound', 'Normal ObservationRecovered'],
  ],
  ['an unknown code appears', runs, status({ observed: seen('7') }), []],
  [
    'a first call fails transiently',
    unvisited,
    status({ transientFailure: failure('ServerError'), failures: 1 }),
    [],
  ],
  ['a refresh was handled', runs, { ...runs, lastHandledRequestedAt: 'now' }, ['Normal RefreshHandled']],
  ['a handled refresh is no longer named', { ...runs, lastHandledRequestedAt: 'now' }, runs, []],
  ['the conditions are gone', runs, { ...runs, conditions: [] }, []],
  ['the conditions of a refusal are gone', refused, { ...refused, conditions: [] }, []],
  [
    'the state differs from the expected one',
    status({ observed: seen('1') }, expecting),
    status({ observed: seen('0') }, expecting),
    ['Normal JobStopped', 'Warning StateDiffers'],
  ],
  [
    'a job is found in the expected state',
    unvisited,
    status({ observed: seen('1') }, expecting),
    ['Normal JobFound'],
  ],
  [
    'a state is expected that differs',
    stopped,
    status({ observed: seen('0') }, expecting),
    ['Warning StateDiffers'],
  ],
  [
    'the state continues to differ',
    status({ observed: seen('0') }, expecting),
    status(
      { observed: { ...seen('1'), found: false }, definitiveFailure: failure('JobNotFound') },
      expecting,
    ),
    ['Warning JobNotFound'],
  ],
];

describe('the events, when', () => {
  for (const [what, before, after, events] of ROWS)
    it(`${what}, are ${events.join(', ') || 'none'}`, () => {
      expect(transitionEvents(before, after).map(({ type, reason }) => `${type} ${reason}`)).to.deep.equal(
        events,
      );
    });
});

describe('the events', () => {
  it('are none when nothing changed, whatever the status', () => {
    for (const [, , after] of ROWS) expect(transitionEvents(after, after)).to.deep.equal([]);
  });

  for (const kind of ['CredentialsNotFound', 'AuthenticationFailed', 'OperationDenied'] as const)
    it(`warn of ${kind} with its message`, () => {
      const after = status({ observed: seen('1'), definitiveFailure: failure(kind) });
      expect(transitionEvents(runs, after)).to.deep.equal([
        { type: 'Warning', reason: kind, message: `it failed with ${kind}` },
      ]);
    });

  it('say what happened', () => {
    const messages = (before: EdgeTranscodeJobStatus, after: EdgeTranscodeJobStatus) =>
      transitionEvents(before, after).map(({ message }) => message);
    expect(messages(unvisited, runs)).to.deep.equal(['the job was found, Running']);
    expect(messages(stopped, runs)).to.deep.equal(['the job was started']);
    expect(messages(overdue, stopped)).to.deep.equal([
      'the job was stopped',
      'observed again after ObservationOverdue',
    ]);
    expect(messages(runs, { ...runs, lastHandledRequestedAt: 'now' })).to.deep.equal([
      'the requested refresh was handled',
    ]);
  });

  it('are all in the list that the documentation is checked against', () => {
    const told = ROWS.flatMap(([, before, after]) => transitionEvents(before, after));
    for (const { reason } of told) expect(EVENT_REASONS).to.include(reason);
  });

  it('never contain a stream URL', () => {
    const url = 'rtmp://h/a?auth_key=canary';
    const after = status({ observed: { ...seen('1'), job: { status: '1', streamInput: url } } });
    expect(JSON.stringify(transitionEvents(unvisited, after))).to.not.contain('rtmp');
  });
});
