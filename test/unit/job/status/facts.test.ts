// How answers change the facts.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import { endpointHash, referenceHash, referenceOf, targetOf } from '../../../../src/job/model/reference.ts';
import { applyAnswer, type Facts, isPending, verdictOf } from '../../../../src/job/status/facts.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import {
  DESTINATION,
  details,
  fails,
  noSuchJob,
  notStarted,
  observed,
  type Reply,
  running,
} from '../../kit/samples/answers.ts';
import { failure, NOW, seen, someFacts } from '../../kit/samples/some-facts.ts';

const object = aJob().build();
const LATER = { now: NOW + 60_000, time: NOW / 1_000 + 60 };

/** Applies the answer to a call that was sent and answered a minute later. */
function absorbed(facts: Facts, reply: Reply, of: EdgeTranscodeJob = object, requestedAt = of.requestedAt) {
  return applyAnswer(
    facts,
    of,
    targetOf(of).hash,
    requestedAt === undefined ? {} : { requestedAt },
    reply(LATER.now),
    LATER,
  );
}

describe('an observation of the job', () => {
  it('is dated when the answer arrived', () => {
    const facts = absorbed(someFacts(object), running());
    expect(facts.observed).to.deep.equal({ ...seen('1'), at: LATER.now, time: LATER.time });
  });

  it('keeps the stored details when they are equal, so that a poll that finds nothing new takes no memory', () => {
    const [stored, facts] = [seen('1').job ?? {}, someFacts(object)];
    const storing = aJob().storing({ job: stored }).build();
    expect(absorbed(facts, running(), storing).observed?.job).to.equal(stored);
    const { name: _name, ...fewer } = stored;
    for (const other of [details('0'), details('1', { lastStopAt: '2026-01-01T00:00:00Z' }), fewer])
      expect(absorbed(facts, observed(other), storing).observed?.job).to.equal(other);
  });

  it('ends every failure, and their count', () => {
    const transient = {
      transientFailure: failure('ServerError'),
      latestTransientFailure: failure('Throttled'),
    };
    const definitive = { definitiveFailure: failure('PermissionDenied'), definitiveSince: NOW };
    for (const failures of [transient, definitive, { ...transient, ...definitive }]) {
      const failing = { ...failures, observed: seen('1'), overdue: 'too old', failures: 7 };
      const facts = absorbed(someFacts(object, failing), notStarted());
      expect(facts).to.include({ failures: 0 });
      for (const gone of ['overdue', ...Object.keys(failures)]) expect(facts).to.not.have.property(gone);
    }
  });

  it('ends a failure of either kind alone', () => {
    for (const failing of [
      { transientFailure: failure('ServerError'), latestTransientFailure: failure('ServerError') },
      { definitiveFailure: failure('PermissionDenied'), definitiveSince: NOW },
    ] satisfies Partial<Facts>[]) {
      const facts = absorbed(someFacts(object, failing), running());
      for (const gone of Object.keys(failing)) expect(facts).to.not.have.property(gone);
    }
  });

  it('serves the generation, and the request that existed when the call was made', () => {
    const wishing = aJob().generation(4).requested('b').build();
    const earlier = someFacts(object);
    expect(isPending(wishing, earlier)).to.equal(true);
    expect(isPending(wishing, absorbed(earlier, running(), wishing))).to.equal(false);
    const late = absorbed(earlier, running(), wishing, 'a');
    expect(late).to.include({ servedGeneration: 4, servedRequest: 'a' });
    expect(isPending(wishing, late)).to.equal(true);
  });

  it('counts again after a suspension', () => {
    const facts = absorbed(someFacts(object, { observed: seen('1', { beforeSuspension: true }) }), running());
    expect(facts.observed).to.not.have.property('beforeSuspension');
  });
});

describe('a definitive failure', () => {
  it('is kept, and serves generation and request like an observation', () => {
    const wishing = aJob().generation(2).requested('a').build();
    const facts = absorbed(someFacts(object, { failures: 3 }), fails('PermissionDenied'), wishing);
    expect(facts.definitiveFailure).to.deep.equal(failure('PermissionDenied'));
    expect(facts).to.include({ servedGeneration: 2, servedRequest: 'a', failures: 0 });
  });

  it('replaces an earlier definitive failure, and ends transient ones', () => {
    const earlier = someFacts(object, {
      definitiveFailure: failure('JobNotFound'),
      transientFailure: failure('ServerError'),
    });
    const facts = absorbed(earlier, fails('OperationDenied'));
    expect(facts.definitiveFailure?.kind).to.equal('OperationDenied');
    expect(facts).to.not.have.property('transientFailure');
  });

  it('counts as an observation when there is no such job, and keeps the data', () => {
    const facts = absorbed(someFacts(object, { observed: seen('1'), overdue: 'too old' }), noSuchJob());
    expect(facts.observed).to.deep.equal({
      found: false,
      job: seen('1').job,
      at: LATER.now,
      time: LATER.time,
    });
    expect(facts).to.not.have.property('overdue');
  });

  it('is no observation when the job could not be looked at: age counts on, and overdue stays', () => {
    const facts = absorbed(
      someFacts(object, { observed: seen('1'), overdue: 'too old' }),
      fails('PermissionDenied'),
    );
    expect(facts.observed).to.deep.equal(seen('1'));
    expect(facts.overdue).to.equal('too old');
  });
});

describe('a definitive failure that repeats', () => {
  const first = absorbed(someFacts(object), noSuchJob());
  const again = (facts: Facts, reply: Reply, ms: number) => {
    const at = { now: LATER.now + ms, time: LATER.time + ms / 1_000 };
    return applyAnswer(facts, object, targetOf(object).hash, {}, reply(at.now), at);
  };

  it('is recent for two minutes after the first answer of its kind', () => {
    expect(verdictOf(first)).to.deep.equal({ kind: 'JobNotFound', isRecent: true });
    expect(verdictOf(again(first, noSuchJob(), 119_999))).to.deep.equal({
      kind: 'JobNotFound',
      isRecent: true,
    });
    expect(verdictOf(again(first, noSuchJob(), 120_000))).to.deep.equal({ kind: 'JobNotFound' });
  });

  it('is recent again after another kind of failure or an observation', () => {
    for (const between of [fails('OperationDenied'), running()]) {
      const facts = again(again(first, between, 200_000), noSuchJob(), 300_000);
      expect(verdictOf(facts)).to.deep.equal({ kind: 'JobNotFound', isRecent: true });
    }
  });

  it('is not recent when it was restored as old, without an observation, or when nothing is to be confirmed', () => {
    const { definitiveSince: _since, ...old } = first;
    const { observed: _observed, ...unobserved } = first;
    for (const facts of [old, again(old, noSuchJob(), 1_000), unobserved])
      expect(verdictOf(facts)).to.deep.equal({ kind: 'JobNotFound' });
    const refused = absorbed(someFacts(object, { observed: seen('1') }), fails('PermissionDenied'));
    expect(verdictOf(refused)).to.deep.equal({ kind: 'PermissionDenied' });
  });
});

describe('a transient failure', () => {
  it('serves nothing, and is counted', () => {
    const wishing = aJob().generation(2).requested('a').build();
    const facts = absorbed(
      someFacts(object, { observed: seen('1'), failures: 2 }),
      fails('Throttled'),
      wishing,
    );
    expect(facts).to.include({ servedGeneration: 1, failures: 3 });
    expect(facts).to.not.have.property('servedRequest');
    expect(facts.observed).to.deep.equal(seen('1'));
  });

  it('does not replace a definitive failure', () => {
    const facts = absorbed(
      someFacts(object, { definitiveFailure: failure('JobNotFound') }),
      fails('ServerError'),
    );
    expect(facts.definitiveFailure?.kind).to.equal('JobNotFound');
  });

  it('is named at once when it is the first', () => {
    expect(absorbed(someFacts(object), fails('ServerError')).transientFailure).to.deep.equal(
      failure('ServerError'),
    );
  });

  it('replaces the named one only when it occurs twice in a row', () => {
    const first = absorbed(someFacts(object), fails('ServerError'));
    const second = absorbed(first, fails('ConnectionFailed'));
    expect(second.transientFailure?.kind).to.equal('ServerError');
    expect(absorbed(second, fails('ConnectionFailed')).transientFailure?.kind).to.equal('ConnectionFailed');
  });

  it('does not change the named one when two kinds alternate', () => {
    let facts = someFacts(object);
    const spoken = new Set<string | undefined>();
    for (const status of [502, 503, 502, 503, 502, 503]) {
      facts = absorbed(
        facts,
        fails('ServerError', { message: `the cloud failed to answer (HTTP ${status})` }),
      );
      spoken.add(facts.transientFailure?.message);
    }
    expect([...spoken]).to.deep.equal(['the cloud failed to answer (HTTP 502)']);
    expect(facts.failures).to.equal(6);
  });
});

describe('an answer that says that the list lacks the job', () => {
  it('is remembered until an answer does not say so', () => {
    const unlisted: Reply = (sentAt) => ({ ...running()(sentAt), unlisted: true });
    const facts = absorbed(someFacts(object), unlisted);
    expect(facts).to.include({ unlisted: true, servedGeneration: 1 });
    expect(absorbed(facts, fails('ServerError'))).to.not.have.property('unlisted');
  });
});

describe('an answer to a call that was sent before the last applied one', () => {
  for (const [what, last] of [
    ['an observation', running()],
    ['a definitive failure', noSuchJob()],
    ['a failure in passing', fails('ServerError')],
  ] as const)
    it(`changes nothing after ${what}`, () => {
      const facts = absorbed(someFacts(object), last);
      const late = applyAnswer(facts, object, targetOf(object).hash, {}, notStarted()(LATER.now - 1), {
        ...LATER,
        now: LATER.now + 9,
      });
      expect(late).to.equal(facts);
    });

  it('is recognized by when its call was sent, not by when it arrived', () => {
    const facts = absorbed(someFacts(object), running());
    const next = applyAnswer(facts, object, targetOf(object).hash, {}, notStarted()(LATER.now), LATER);
    expect(next.observed?.job?.status).to.equal('0');
  });
});

describe('a refusal without a call', () => {
  const refused = fails('ConnectionFailed', { notCalled: true });
  const answered = (of: EdgeTranscodeJob, facts: Facts) =>
    applyAnswer(absorbed(facts, refused, of), of, targetOf(of).hash, of, running()(LATER.now - 1), LATER);

  it('gives way to an observation whose call was sent before it', () => {
    const facts = answered(object, someFacts(object, { lastCallAt: NOW }));
    expect(facts.observed).to.deep.include(seen('1', { at: LATER.now, time: LATER.time }));
    expect(facts).to.not.have.property('transientFailure');
  });

  it('of a pending request does not give way to a call that was made before the request', () => {
    const wishing = aJob().requested('b').build();
    expect(isPending(wishing, answered(wishing, someFacts(object)))).to.equal(true);
  });
});

describe('an answer about another target', () => {
  const earlier = someFacts(object, {
    observed: seen('1'),
    overdue: 'too old',
    definitiveFailure: failure('PermissionDenied'),
    failures: 4,
    servedRequest: 'a',
  });
  const elsewhere = aJob().generation(2).inRegion('cn-beijing').build();
  const other = { ...DESTINATION, endpoint: 'https://other.example' };

  it('starts over when the reference differs', () => {
    const facts = absorbed(earlier, fails('ServerError'), elsewhere);
    expect(facts.referenceHash).to.equal(referenceHash(referenceOf(elsewhere)));
    for (const gone of ['observed', 'overdue', 'definitiveFailure']) expect(facts).to.not.have.property(gone);
    expect(facts).to.include({ failures: 1, servedRequest: 'a', servedGeneration: 1 });
  });

  it('starts over when the endpoint differs, though the reference is the same', () => {
    const facts = absorbed(earlier, fails('ServerError', { destination: other }));
    expect(facts.endpoint).to.equal(endpointHash(other));
    expect(facts).to.not.have.property('observed');
  });

  it('is the only fact about the new target', () => {
    const { servedRequest: _served, ...unasked } = earlier;
    expect(absorbed(unasked, observed({ status: '0' }, other))).to.deep.equal({
      uid: object.uid,
      referenceHash: earlier.referenceHash,
      endpoint: endpointHash(other),
      servedGeneration: 1,
      attempted: 1,
      observed: { found: true, job: { status: '0' }, at: LATER.now, time: LATER.time },
      countFrom: NOW,
      lastCallAt: LATER.now,
      failures: 0,
      suspended: false,
    });
  });

  it('has no endpoint when it failed before any call', () => {
    const facts = absorbed(earlier, fails('CredentialsNotFound', { destination: 'nowhere' }), elsewhere);
    expect(facts).to.not.have.property('endpoint');
  });

  it('keeps the data while the credential is not resolved and so no endpoint is known', () => {
    const facts = absorbed(earlier, fails('CredentialsNotFound', { destination: 'nowhere' }));
    expect(facts.observed).to.deep.equal(seen('1'));
    expect(facts.endpoint).to.equal(endpointHash(DESTINATION));
    expect(absorbed(facts, running()).observed?.found).to.equal(true);
  });

  it('takes the endpoint from the first answer that has one, and keeps the other facts', () => {
    const { endpoint: _, ...unresolved } = someFacts(object, {
      definitiveFailure: failure('CredentialsNotFound'),
    });
    const facts = absorbed(unresolved, fails('ServerError'));
    expect(facts.definitiveFailure?.kind).to.equal('CredentialsNotFound');
    expect(facts.endpoint).to.equal(endpointHash(DESTINATION));
  });
});
