// What a visit does, decided before any call.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import type { Facts } from '../../../../src/job/status/facts.ts';
import { planVisit, URGENT_SPACING_MS } from '../../../../src/job/visit/plan.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { failure, NOW, seen, someFacts } from '../../kit/samples/some-facts.ts';

const LONG_AGO = NOW - 60_000;

/** Facts of an object that was polled a minute ago, observed, and is due in half a minute. */
function steady(object: EdgeTranscodeJob, special: Partial<Facts> = {}): Facts {
  return someFacts(object, {
    observed: seen('1'),
    lastCallAt: LONG_AGO,
    nextPollAt: NOW + 30_000,
    ...special,
  });
}

/** Facts for generation 1 without a refresh token, whatever the object requests now. */
const earlier = (special: Partial<Facts> = {}) => steady(aJob().build(), special);

describe('a visit', () => {
  it('makes no call for a suspended object', () => {
    const object = aJob().suspended().build();
    expect(planVisit(object, earlier({ nextPollAt: NOW - 1 }), NOW)).to.deep.equal({ kind: 'suspended' });
  });

  it('makes no call for an invalid object', () => {
    const object = aJob().invalid('spec.jobID is missing').build();
    expect(planVisit(object, earlier(), NOW)).to.deep.equal({ kind: 'refuse', why: 'spec.jobID is missing' });
  });

  it('treats an object that is suspended and invalid as suspended', () => {
    const object = aJob().invalid('spec.jobID is missing').suspended().build();
    expect(planVisit(object, earlier(), NOW)).to.deep.equal({ kind: 'suspended' });
  });

  it('waits until the poll is due', () => {
    const object = aJob().build();
    expect(planVisit(object, steady(object), NOW)).to.deep.equal({ kind: 'wait', until: NOW + 30_000 });
  });
});

describe('a visit calls with the priority', () => {
  it('urgent, for a new object', () => {
    const object = aJob().build();
    const { attempted: _, ...fresh } = someFacts(object, { servedGeneration: -1 });
    expect(planVisit(object, fresh, NOW)).to.deep.equal({ kind: 'ask', priority: 'urgent', deadline: NOW });
  });

  it('urgent, for a changed spec', () => {
    const object = aJob().generation(2).build();
    expect(planVisit(object, earlier(), NOW)).to.deep.equal({
      kind: 'ask',
      priority: 'urgent',
      deadline: NOW,
    });
  });

  it('urgent, for a requested refresh', () => {
    const object = aJob().requested('now').build();
    expect(planVisit(object, earlier(), NOW)).to.deep.equal({
      kind: 'ask',
      priority: 'urgent',
      deadline: NOW,
    });
  });

  it('scheduled, when the interval is over, with the deadline of that moment', () => {
    const object = aJob().build();
    const facts = steady(object, { nextPollAt: NOW - 7 });
    expect(planVisit(object, facts, NOW)).to.deep.equal({
      kind: 'ask',
      priority: 'scheduled',
      deadline: NOW - 7,
    });
  });

  it('retry, when the last call failed', () => {
    const object = aJob().build();
    const facts = steady(object, { nextPollAt: NOW, failures: 2, transientFailure: failure('ServerError') });
    expect(planVisit(object, facts, NOW)).to.deep.equal({ kind: 'ask', priority: 'retry', deadline: NOW });
  });
});

describe('a pending request', () => {
  it('goes before a retry that is not due yet', () => {
    const object = aJob().requested('now').build();
    const facts = earlier({
      failures: 3,
      transientFailure: failure('ServerError'),
      nextPollAt: NOW + 20_000,
    });
    expect(planVisit(object, facts, NOW)).to.include({ kind: 'ask', priority: 'urgent' });
  });

  it('is not new once its call has failed: its retry waits', () => {
    const object = aJob().requested('now').build();
    const facts = earlier({ attempted: '1 now', failures: 1, nextPollAt: NOW + 2_000 });
    expect(planVisit(object, facts, NOW)).to.deep.equal({ kind: 'wait', until: NOW + 2_000 });
  });

  it('waits until 5 s after the last urgent call, not after any poll', () => {
    const object = aJob().requested('now').build();
    const waits = planVisit(object, earlier({ lastUrgentCallAt: NOW - 1_000, lastCallAt: NOW }), NOW);
    expect(waits).to.deep.equal({ kind: 'wait', until: NOW + 4_000 });
    const asks = planVisit(
      object,
      earlier({ lastUrgentCallAt: NOW - URGENT_SPACING_MS, lastCallAt: NOW }),
      NOW,
    );
    expect(asks).to.include({ kind: 'ask', priority: 'urgent' });
  });

  it('does not exist when the annotation is removed', () => {
    const facts = earlier({ attempted: '1 now', servedRequest: 'now' });
    expect(planVisit(aJob().build(), facts, NOW)).to.include({ kind: 'wait' });
  });

  it('does not exist when the refresh was served already', () => {
    const facts = earlier({ attempted: '1 later', servedRequest: 'now' });
    expect(planVisit(aJob().requested('now').build(), facts, NOW)).to.include({ kind: 'wait' });
  });
});
