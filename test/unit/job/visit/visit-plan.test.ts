// What a visit does, decided before any call.

import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import type { Facts } from '../../../../src/job/status/facts.ts';
import { planVisit, URGENT_SPACING_MS, type VisitPlan } from '../../../../src/job/visit/visit-plan.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
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

const planOf = (object: EdgeTranscodeJob, facts: Facts): VisitPlan =>
  planVisit(object, facts, NOW, () => ({ ...SETTINGS, intervalScale: 2 }));

describe('a visit', () => {
  it('makes no call for a suspended object', () => {
    const object = aJob().suspended().build();
    expect(planOf(object, earlier({ nextPollAt: NOW - 1 }))).to.deep.equal({ kind: 'suspended' });
  });

  it('makes no call for an invalid object', () => {
    const object = aJob().invalid('spec.jobID is missing').build();
    expect(planOf(object, earlier())).to.deep.equal({ kind: 'refuse', why: 'spec.jobID is missing' });
  });

  it('treats an object that is suspended and invalid as suspended', () => {
    const object = aJob().invalid('spec.jobID is missing').suspended().build();
    expect(planOf(object, earlier())).to.deep.equal({ kind: 'suspended' });
  });

  it('waits until the poll is due', () => {
    const object = aJob().build();
    expect(planOf(object, steady(object))).to.deep.equal({ kind: 'wait', until: NOW + 30_000 });
  });
});

describe('a visit calls with the priority', () => {
  it('urgent, for a new object', () => {
    const object = aJob().build();
    const { attempted: _, ...fresh } = someFacts(object, { servedGeneration: -1 });
    expect(planOf(object, fresh)).to.deep.equal({ kind: 'ask', priority: 'urgent', deadline: NOW });
  });

  it('urgent, for a changed spec', () => {
    const object = aJob().generation(2).build();
    expect(planOf(object, earlier())).to.deep.equal({
      kind: 'ask',
      priority: 'urgent',
      deadline: NOW,
    });
  });

  it('urgent, for a requested refresh', () => {
    const object = aJob().requested('now').build();
    expect(planOf(object, earlier())).to.deep.equal({
      kind: 'ask',
      priority: 'urgent',
      deadline: NOW,
    });
  });

  it('scheduled, when the interval is over, with the deadline of that moment', () => {
    const object = aJob().build();
    const facts = steady(object, { nextPollAt: NOW - 7 });
    expect(planOf(object, facts)).to.deep.equal({
      kind: 'ask',
      priority: 'scheduled',
      deadline: NOW - 7,
    });
  });

  it('scheduled, with that deadline too for the first poll after a start', () => {
    const object = aJob().build();
    const { lastCallAt: _, ...restored } = steady(object, { nextPollAt: NOW - 7 });
    expect(planOf(object, restored)).to.include({ priority: 'scheduled', deadline: NOW - 7 });
  });

  it('scheduled, a whole interval after an urgent call, although it is due earlier', () => {
    const object = aJob().build();
    const lastCallAt = NOW - 70_000;
    const facts = steady(object, { lastCallAt, lastUrgentCallAt: lastCallAt, nextPollAt: NOW - 7 });
    expect(planOf(object, facts)).to.include({ priority: 'scheduled', deadline: NOW + 50_000 });
    const due = lastCallAt + 150_000;
    const later = planVisit(object, { ...facts, nextPollAt: due }, due + 1, () => SETTINGS);
    expect(later).to.include({ priority: 'scheduled', deadline: due });
    const next = planOf(object, { ...facts, lastUrgentCallAt: lastCallAt - 120_000 });
    expect(next).to.include({ priority: 'scheduled', deadline: NOW - 7 });
  });

  it('scheduled, with the deadline of the shorter interval while a failure is confirmed', () => {
    const object = aJob().build();
    const lastCallAt = NOW - 30_000;
    const facts = steady(object, {
      observed: { ...seen('1'), at: lastCallAt },
      definitiveFailure: failure('JobNotFound'),
      definitiveSince: lastCallAt,
      lastCallAt,
      lastUrgentCallAt: lastCallAt,
      nextPollAt: NOW - 7,
    });
    expect(planOf(object, facts)).to.include({ priority: 'scheduled', deadline: NOW + 10_000 });
  });

  it('retry, when the last call failed', () => {
    const object = aJob().build();
    const facts = steady(object, { nextPollAt: NOW, failures: 2, transientFailure: failure('ServerError') });
    expect(planOf(object, facts)).to.deep.equal({ kind: 'ask', priority: 'retry', deadline: NOW });
  });

  it('retry, with the deadline of its instant, also after an urgent call', () => {
    const object = aJob().build();
    const lastCallAt = NOW - 5_000;
    const failed = { failures: 1, transientFailure: failure('ServerError') };
    const facts = steady(object, { ...failed, lastCallAt, lastUrgentCallAt: lastCallAt, nextPollAt: NOW });
    expect(planOf(object, facts)).to.deep.equal({ kind: 'ask', priority: 'retry', deadline: NOW });
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
    expect(planOf(object, facts)).to.include({ kind: 'ask', priority: 'urgent' });
  });

  it('is not new once its call has failed: its retry waits', () => {
    const object = aJob().requested('now').build();
    const facts = earlier({ attempted: '1 now', failures: 1, nextPollAt: NOW + 2_000 });
    expect(planOf(object, facts)).to.deep.equal({ kind: 'wait', until: NOW + 2_000 });
  });

  it('waits until 5 s after the last urgent call, not after any poll', () => {
    const object = aJob().requested('now').build();
    const waits = planOf(object, earlier({ lastUrgentCallAt: NOW - 1_000, lastCallAt: NOW }));
    expect(waits).to.deep.equal({ kind: 'wait', until: NOW + 4_000 });
    const asks = planOf(object, earlier({ lastUrgentCallAt: NOW - URGENT_SPACING_MS, lastCallAt: NOW }));
    expect(asks).to.include({ kind: 'ask', priority: 'urgent' });
  });

  it('does not exist when the annotation is removed', () => {
    const facts = earlier({ attempted: '1 now', servedRequest: 'now' });
    expect(planOf(aJob().build(), facts)).to.include({ kind: 'wait' });
  });

  it('does not exist when the refresh was served already', () => {
    const facts = earlier({ attempted: '1 later', servedRequest: 'now' });
    expect(planOf(aJob().requested('now').build(), facts)).to.include({ kind: 'wait' });
  });
});
