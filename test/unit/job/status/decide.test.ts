// The status as a function of object and facts. The table follows the table of conditions in
// docs/reference.md.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import { FAILURE_KINDS, type FailureKind } from '../../../../src/job/model/failures.ts';
import { policyOf } from '../../../../src/job/model/policies.ts';
import { decide } from '../../../../src/job/status/decide.ts';
import type { Facts } from '../../../../src/job/status/facts.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { failure, seen, someFacts } from '../../kit/samples/some-facts.ts';
import { condition, healthy, type Shown, shown } from '../../kit/shown.ts';

const TIME = '2026-01-01T00:01:00Z';
const object = aJob().build();

function decided(facts: Facts, of: EdgeTranscodeJob = object) {
  return decide(of, facts, SETTINGS, TIME);
}

const UNKNOWN = 'Unknown Progressing';
const OVERDUE = 'not observed for longer than the freshness window of 3m30s';

interface Row {
  readonly when: string;
  readonly facts: Partial<Facts>;
  readonly gives: Shown;
}

const ROWS: readonly Row[] = [
  {
    when: 'no call was made yet',
    facts: { servedGeneration: -1 },
    gives: { state: 'Unknown', Ready: UNKNOWN, Fresh: UNKNOWN, Running: UNKNOWN },
  },
  { when: 'the job is in progress', facts: { observed: seen('1') }, gives: healthy('Running') },
  { when: 'the job is not started', facts: { observed: seen('0') }, gives: healthy('NotStarted') },
  {
    when: 'the code of the job is unknown',
    facts: { observed: seen('7') },
    gives: { ...healthy('Running'), state: 'Unknown', Running: 'Unknown UnknownJobState' },
  },
  {
    when: 'the job has no code',
    facts: { observed: { ...seen('1'), job: { name: 'stream1' } } },
    gives: { ...healthy('Running'), state: 'Unknown', Running: 'Unknown UnknownJobState' },
  },
  {
    when: 'there is no such job',
    facts: { observed: seen(undefined), definitiveFailure: failure('JobNotFound') },
    gives: {
      state: 'NotFound',
      Ready: 'False JobNotFound',
      Fresh: 'True ObservationSucceeded',
      Running: 'False JobNotFound',
      Stalled: 'True JobNotFound',
    },
  },
  {
    when: 'the first call failed transiently',
    facts: { servedGeneration: -1, transientFailure: failure('ServerError'), failures: 1 },
    gives: {
      state: 'Unknown',
      Ready: 'False ServerError',
      Fresh: UNKNOWN,
      Running: UNKNOWN,
      Reconciling: 'True ProgressingWithRetry',
    },
  },
  {
    when: 'the first answer is a refusal',
    facts: { definitiveFailure: failure('PermissionDenied') },
    gives: {
      state: 'Unknown',
      Ready: 'False PermissionDenied',
      Fresh: UNKNOWN,
      Running: UNKNOWN,
      Stalled: 'True PermissionDenied',
    },
  },
  {
    when: 'a call failed transiently while the observation is fresh',
    facts: { observed: seen('1'), transientFailure: failure('ServerError'), failures: 1 },
    gives: healthy('Running'),
  },
  {
    when: 'a refusal comes while the observation is fresh',
    facts: { observed: seen('1'), definitiveFailure: failure('AuthenticationFailed') },
    gives: {
      ...healthy('Running'),
      Ready: 'False AuthenticationFailed',
      Stalled: 'True AuthenticationFailed',
    },
  },
  {
    when: 'the observation is too old',
    facts: { observed: seen('1'), overdue: OVERDUE, transientFailure: failure('ServerError'), failures: 9 },
    gives: {
      state: 'Unknown',
      Ready: 'False ObservationOverdue',
      Fresh: 'False ObservationOverdue',
      Running: 'Unknown ObservationOverdue',
    },
  },
  {
    when: 'the observation is too old because of a refusal',
    facts: { observed: seen('1'), overdue: OVERDUE, definitiveFailure: failure('CredentialsNotFound') },
    gives: {
      state: 'Unknown',
      Ready: 'False CredentialsNotFound',
      Fresh: 'False ObservationOverdue',
      Running: 'Unknown ObservationOverdue',
      Stalled: 'True CredentialsNotFound',
    },
  },
  {
    when: 'the job was missing and the observation is too old',
    facts: { observed: seen(undefined), overdue: OVERDUE, definitiveFailure: failure('JobNotFound') },
    gives: {
      state: 'Unknown',
      Ready: 'False JobNotFound',
      Fresh: 'False ObservationOverdue',
      Running: 'Unknown ObservationOverdue',
      Stalled: 'True JobNotFound',
    },
  },
  {
    when: 'a refusal is followed by a transient failure',
    facts: {
      observed: seen('1'),
      definitiveFailure: failure('PermissionDenied'),
      transientFailure: failure('Throttled'),
    },
    gives: { ...healthy('Running'), Ready: 'False PermissionDenied', Stalled: 'True PermissionDenied' },
  },
  {
    when: 'a new generation had only failed calls so far',
    facts: { observed: seen('1'), servedGeneration: 0, transientFailure: failure('Throttled'), failures: 1 },
    gives: { ...healthy('Running'), Reconciling: 'True ProgressingWithRetry' },
  },
  {
    when: 'a new generation had no call yet',
    facts: { observed: seen('1'), servedGeneration: 0 },
    gives: healthy('Running'),
  },
  {
    when: 'the user suspended it',
    facts: { observed: seen('1', { beforeSuspension: true }), suspended: true },
    gives: {
      state: 'Unknown',
      Ready: 'True Suspended',
      Fresh: 'Unknown Suspended',
      Running: 'Unknown Suspended',
    },
  },
  {
    when: 'the user resumed it, and no call was made yet',
    facts: { observed: seen('1', { beforeSuspension: true }) },
    gives: { state: 'Unknown', Ready: UNKNOWN, Fresh: UNKNOWN, Running: UNKNOWN },
  },
  {
    when: 'the user resumed it, and all calls have failed',
    facts: {
      observed: seen('1', { beforeSuspension: true }),
      servedGeneration: 0,
      transientFailure: failure('ConnectionFailed'),
      failures: 1,
    },
    gives: {
      state: 'Unknown',
      Ready: 'False ConnectionFailed',
      Fresh: UNKNOWN,
      Running: UNKNOWN,
      Reconciling: 'True ProgressingWithRetry',
    },
  },
];

describe('the status, when', () => {
  for (const { when, facts, gives } of ROWS)
    it(`${when}, is ${gives.state}, Ready ${gives.Ready}`, () => {
      expect(shown(decided(someFacts(object, facts)))).to.deep.equal(gives);
    });
});

describe('each failure', () => {
  for (const kind of FAILURE_KINDS) {
    const { definitive } = policyOf(kind);
    it(`${kind} ${definitive ? 'turns' : 'does not turn'} Ready False while the observation is fresh`, () => {
      const facts = someFacts(object, { observed: seen('1'), failures: 1, ...held(kind) });
      const { Ready, Stalled } = shown(decided(facts));
      expect(Ready).to.equal(definitive ? `False ${kind}` : 'True ObservationSucceeded');
      expect(Stalled).to.equal(definitive ? `True ${kind}` : undefined);
    });

    it(`${kind} is shown at once by an object that was never observed, with its message`, () => {
      const ready = condition(decided(someFacts(object, { failures: 1, ...held(kind) })), 'Ready');
      expect(ready).to.include({ status: 'False', reason: kind, message: `it failed with ${kind}` });
    });
  }

  function held(kind: FailureKind): Partial<Facts> {
    return policyOf(kind).definitive
      ? { definitiveFailure: failure(kind) }
      : { transientFailure: failure(kind) };
  }
});
