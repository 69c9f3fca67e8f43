// Facts restored from the status that an earlier process wrote.

import { expect } from 'chai';
import type { EdgeTranscodeJobStatus } from '../../../../src/api/edge-transcode-job.ts';
import { unixSeconds } from '../../../../src/base/clock.ts';
import { referenceHash, referenceOf } from '../../../../src/job/model/reference.ts';
import { type StreamUrlMode, TOO_LONG } from '../../../../src/job/model/stream-url.ts';
import { firstPoll, nextPoll } from '../../../../src/job/schedule/poll-schedule.ts';
import { decide } from '../../../../src/job/status/decide.ts';
import {
  type Facts,
  isNewRequest,
  isPending,
  markOverdue,
  resumed,
  suspended,
} from '../../../../src/job/status/facts.ts';
import { fingerprintOf } from '../../../../src/job/status/fingerprint.ts';
import { restoreFacts } from '../../../../src/job/status/restore.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aJob, type JobBuilder } from '../../kit/samples/a-job.ts';
import { details } from '../../kit/samples/answers.ts';
import { failure, NOW, seen, someFacts } from '../../kit/samples/some-facts.ts';
import { shown } from '../../kit/shown.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const OVERDUE = 'not observed for longer than the freshness window of 3m30s';

/** Stores the status that a process writes at NOW for these facts. */
function left(builder: JobBuilder, facts: Partial<Facts>): EdgeTranscodeJobStatus {
  const object = builder.build();
  return decide(object, someFacts(object, facts), SETTINGS, '2026-01-01T00:00:00Z');
}

/** Restores the facts in a process that starts `after` ms later. */
function restored(builder: JobBuilder, status: EdgeTranscodeJobStatus, after = MINUTE): Facts {
  return restoreFacts(builder.storing(status).build(), NOW + after, NOW + after, SETTINGS);
}

interface Kept {
  readonly what: string;
  readonly job?: JobBuilder;
  readonly facts: Partial<Facts>;
}

const KEPT: readonly Kept[] = [
  { what: 'a running job', facts: { observed: seen('1') } },
  { what: 'a job that is not started', facts: { observed: seen('0') } },
  { what: 'a job with an unknown code', facts: { observed: seen('7') } },
  {
    what: 'a job that differs from the expected state',
    job: aJob().expecting('Running'),
    facts: { observed: seen('0') },
  },
  {
    what: 'a missing job that was never found',
    facts: { observed: seen(undefined), definitiveFailure: failure('JobNotFound') },
  },
  {
    what: 'a missing job that was found before',
    facts: { observed: { ...seen('1'), found: false }, definitiveFailure: failure('JobNotFound') },
  },
  { what: 'a refusal, never observed', facts: { definitiveFailure: failure('PermissionDenied') } },
  { what: 'a refusal', facts: { observed: seen('1'), definitiveFailure: failure('OperationDenied') } },
  {
    what: 'bad credentials',
    facts: { observed: seen('1'), definitiveFailure: failure('AuthenticationFailed') },
  },
  { what: 'a wrong reference', facts: { definitiveFailure: failure('InvalidReference') } },
  { what: 'an overdue observation', facts: { observed: seen('1'), overdue: OVERDUE } },
  {
    what: 'an overdue observation of a missing job',
    facts: { observed: seen(undefined), overdue: OVERDUE, definitiveFailure: failure('JobNotFound') },
  },
  {
    what: 'an overdue observation with a refusal',
    job: aJob().expecting('NotStarted'),
    facts: { observed: seen('1'), overdue: OVERDUE, definitiveFailure: failure('CredentialsNotFound') },
  },
  {
    what: 'a suspension',
    job: aJob().suspended(),
    facts: { observed: seen('1', { beforeSuspension: true }), suspended: true },
  },
  {
    what: 'a suspension before the first observation',
    job: aJob().suspended(),
    facts: { suspended: true },
  },
  {
    what: 'a served request and a raised interval',
    job: aJob().every('1s').requested('now'),
    facts: { observed: seen('1'), servedRequest: 'now' },
  },
];

describe('a restart writes nothing, as it restores', () => {
  for (const { what, job = aJob(), facts } of KEPT)
    it(what, () => {
      const status = left(job, facts);
      const object = job.storing(status).build();
      const known = markOverdue(restored(job, status), object, SETTINGS, NOW + MINUTE);
      const again = decide(object, known, SETTINGS, '2026-01-01T00:01:00Z');
      expect(again).to.deep.equal(status);
      expect(fingerprintOf(again)).to.equal(fingerprintOf(status));
    });

  it('a suspension, also when the object is suspended again', () => {
    const job = aJob().suspended();
    const status = left(job, { observed: seen('1', { beforeSuspension: true }), suspended: true });
    const object = job.storing(status).build();
    expect(decide(object, suspended(restored(job, status), object), SETTINGS, 'later')).to.deep.equal(status);
  });
});

describe('a restart polls at once', () => {
  const asks = (job: JobBuilder, status: EdgeTranscodeJobStatus) =>
    isNewRequest(job.storing(status).build(), restored(job, status));

  it('an object that was never visited', () => {
    for (const status of [{ observedGeneration: -1 }, {}]) {
      expect(asks(aJob(), status)).to.equal(true);
      expect(isPending(aJob().build(), restored(aJob(), status))).to.equal(true);
    }
  });

  it('an object whose spec changed meanwhile', () => {
    expect(asks(aJob().generation(2), left(aJob(), { observed: seen('1') }))).to.equal(true);
  });

  it('an object whose refresh was requested meanwhile', () => {
    expect(asks(aJob().requested('now'), left(aJob(), { observed: seen('1') }))).to.equal(true);
  });

  it('an object whose generation had only failed calls so far', () => {
    const facts = {
      observed: seen('1'),
      servedGeneration: 0,
      transientFailure: failure('ServerError'),
      failures: 2,
    };
    const status = left(aJob(), facts);
    expect(status.observedGeneration).to.equal(1);
    expect(asks(aJob(), status)).to.equal(true);
  });

  it('an object whose every call had failed', () => {
    const facts = { servedGeneration: -1, transientFailure: failure('ServerError'), failures: 2 };
    expect(asks(aJob(), left(aJob(), facts))).to.equal(true);
  });

  it('an object that was resumed meanwhile', () => {
    const off = aJob().suspended();
    const status = left(off, { observed: seen('1', { beforeSuspension: true }), suspended: true });
    expect(asks(aJob().generation(2), status)).to.equal(true);
  });

  it('no object whose requests were served', () => {
    for (const { job = aJob(), facts } of KEPT.filter(({ facts: { suspended: off } }) => !off))
      expect(asks(job, left(job, facts))).to.equal(false);
  });
});

describe('after a restart', () => {
  const job = aJob();
  const reference = referenceHash(referenceOf(job.build()));
  const status = left(job, { observed: seen('1') });

  it('the facts are those of the process before it, without its calls and failures in passing', () => {
    const before = someFacts(job.build(), { observed: seen('1') });
    const nextPollAt = firstPoll(reference, MINUTE, NOW + MINUTE);
    expect(restored(job, status)).to.deep.equal({ ...before, countFrom: NOW + MINUTE, nextPollAt });
  });

  it('polls fall at the same instants as before it', () => {
    for (let after = 0; after < 3 * MINUTE; after += 7_919) {
      const { nextPollAt = 0 } = restored(job, status, after);
      expect((nextPollAt - nextPoll(reference, MINUTE, NOW)) % MINUTE).to.equal(0);
      expect(nextPollAt - (NOW + after)).to.be.within(0, MINUTE);
    }
  });

  it('an observation older than heartbeats and the interval explain makes a poll due now', () => {
    const now = NOW + 16 * MINUTE;
    for (const after of [15 * MINUTE, 16 * MINUTE])
      expect(restored(job, status, after).nextPollAt).to.equal(firstPoll(reference, MINUTE, NOW + after));
    expect(restored(job, status, 16 * MINUTE + 1).nextPollAt).to.equal(now + 1);
    expect(
      isNewRequest(job.storing(status).build(), restored(job, status, HOUR)),
      'due without a pending request',
    ).to.equal(false);
  });

  it('age counts from the start', () => {
    const after = 18 * MINUTE + 30_000;
    expect(restored(job, status, after).countFrom).to.equal(NOW + after);
  });

  it('age counts from the observation when that is older than heartbeats and window', () => {
    const object = job.storing(status).build();
    const facts = restored(job, status, 18 * MINUTE + 30_001);
    expect(markOverdue(facts, object, SETTINGS, NOW + 18 * MINUTE + 30_001).overdue).to.contain('3m30s');
  });

  it('age counts from the observation for a changed spec as well', () => {
    const changed = aJob().generation(2).storing(status).build();
    const facts = restored(aJob().generation(2), status, HOUR);
    expect(markOverdue(facts, changed, SETTINGS, NOW + HOUR)).to.have.property('overdue');
  });

  it('slow polls stay slow', () => {
    const refused = left(job, { observed: seen('1'), definitiveFailure: failure('PermissionDenied') });
    const next = firstPoll(reference, 5 * MINUTE, NOW + MINUTE);
    expect(restored(job, refused).nextPollAt).to.equal(next);
  });

  it('a missing job is confirmed until two minutes after the first answer', () => {
    const missing = left(job, { observed: seen(undefined), definitiveFailure: failure('JobNotFound') });
    for (const [after, since] of [
      [0, NOW],
      [2 * MINUTE - 1, NOW],
      [2 * MINUTE, undefined],
      // The wall clock was set back.
      [-1, undefined],
    ] as const)
      expect(restored(job, missing, after).definitiveSince, `${after}`).to.equal(since);
    expect(restored(job, missing, 5 * MINUTE)).to.not.have.property('definitiveSince');
  });

  it('an object that was resumed meanwhile has not been observed since', () => {
    const off = aJob().suspended();
    const stored = left(off, { observed: seen('1', { beforeSuspension: true }), suspended: true });
    const facts = resumed(restored(aJob().generation(2), stored), NOW + MINUTE);
    expect(facts.observed?.beforeSuspension).to.equal(true);
    expect(shown(decide(aJob().generation(2).build(), facts, SETTINGS, 'now'))).to.include({
      state: 'Unknown',
      Fresh: 'Unknown Progressing',
    });
  });

  for (const [kind, withinMs] of [
    ['CredentialsNotFound', 30_000],
    ['AuthenticationFailed', 20_000],
  ] as const)
    it(`${kind} is tried again within ${withinMs / 1_000} s, however long the interval`, () => {
      const rare = aJob().every('24h');
      const { nextPollAt = 0 } = restored(rare, left(rare, { definitiveFailure: failure(kind) }));
      expect(nextPollAt - NOW - MINUTE).to.be.within(0, withinMs);
    });

  it('a stored time in the future counts as now', () => {
    const ahead = left(job, { observed: seen('1', { time: unixSeconds(new Date(NOW + HOUR)) }) });
    const facts = restored(job, ahead);
    expect(facts.observed?.at).to.equal(NOW + MINUTE);
  });

  it('ages are computed by the wall clock that stored them, and counted by the clock that never steps', () => {
    const facts = restoreFacts(job.storing(status).build(), 5_000, NOW + 2 * MINUTE, SETTINGS);
    expect(facts.observed?.at).to.equal(5_000 - 2 * MINUTE);
  });

  it("stored data of another target is kept as that target's data until an answer arrives", () => {
    const elsewhere = aJob().generation(2).inRegion('cn-beijing');
    const facts = restored(elsewhere, status);
    expect(facts.referenceHash).to.equal(reference);
    expect(facts.observed?.job).to.deep.equal(details('1'));
    expect(isPending(elsewhere.build(), facts)).to.equal(true);
  });

  it('another target is polled at once, even if the generation was served', () => {
    const elsewhere = aJob().inRegion('cn-beijing').storing(status).build();
    expect(isNewRequest(elsewhere, restored(aJob().inRegion('cn-beijing'), status))).to.equal(true);
  });
});

describe('a stored status that no operator wrote', () => {
  const someCondition = {
    type: 'Ready',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  } as const;
  const odd: Readonly<Record<string, EdgeTranscodeJobStatus>> = {
    'is empty': {},
    'has an invalid target': { ...left(aJob(), { observed: seen('1') }), observedTarget: 'x-y-z' },
    'has no conditions': {
      observedGeneration: 1,
      state: 'Running',
      lastObservedTime: '2026-01-01T00:00:00Z',
    },
    'has an invalid time': { ...left(aJob(), { observed: seen('1') }), lastObservedTime: 'yesterday' },
    'has a reason that names no failure': {
      ...left(aJob(), {}),
      conditions: [{ ...someCondition, status: 'False', reason: 'JobRunning' }],
    },
  };
  it('shows no more than it says: a target and a time, but no job and no conditions', () => {
    const { job: _job, conditions: _conditions, ...rest } = left(aJob(), { observed: seen('1') });
    const facts = restored(aJob(), rest);
    expect(facts.observed).to.deep.equal({ found: true, at: NOW, time: NOW / 1_000 });
    expect(shown(decide(aJob().build(), facts, SETTINGS, 'now'))).to.include({
      state: 'Unknown',
      Running: 'Unknown UnknownJobState',
    });
  });

  for (const [what, status] of Object.entries(odd))
    it(`is not believed and the object is polled at once, when it ${what}`, () => {
      const facts = restored(aJob(), status);
      expect(isNewRequest(aJob().storing(status).build(), facts)).to.equal(true);
      expect(facts.nextPollAt).to.be.finite;
      expect(shown(decide(aJob().build(), facts, SETTINGS, 'now'))).to.include({
        state: 'Unknown',
        Ready: 'Unknown Progressing',
      });
    });
});

describe('stream URLs stored by an operator with other options', () => {
  function restoredInput(streamInput: string, streamUrls: StreamUrlMode): string | undefined {
    const job = aJob().build();
    const answered = restoreFacts(job, NOW, NOW, SETTINGS);
    const stored = decide(job, answered, SETTINGS, '2026-01-01T00:00:00Z');
    const leaky = {
      ...stored,
      observedTarget: `${answered.referenceHash}-00000000`,
      lastObservedTime: '2026-01-01T00:00:00Z',
      job: { status: '1', streamInput },
    };
    const facts = restoreFacts({ ...job, status: leaky }, NOW, NOW, { ...SETTINGS, streamUrls });
    return facts.observed?.job?.streamInput;
  }

  it('are redacted from the first status on', () => {
    const stored = 'rtmp://push.example.com/app/a?auth_key=1-0-0-secret';
    expect(restoredInput(stored, 'redact')).to.equal('rtmp://push.example.com/app/a?auth_key=REDACTED');
    expect(restoredInput(stored, 'short')).to.equal('rtmp://push.example.com/app');
    expect(restoredInput(stored, 'omit')).to.equal(undefined);
  });

  it('are left out from the first status on when they are too long', () => {
    expect(restoredInput(`rtmp://h/${'a/'.repeat(2_000)}`, 'full')).to.equal(TOO_LONG);
    expect(restoredInput(TOO_LONG, 'redact')).to.equal(TOO_LONG);
  });
});
