// How time and suspension change the facts.

import { expect } from 'chai';
import { markOverdue, overdueAt, resumed, suspended } from '../../../../src/job/status/facts.ts';
import { SETTINGS } from '../../kit/an-operator.ts';
import { aJob } from '../../kit/samples/a-job.ts';
import { failure, NOW, seen, someFacts } from '../../kit/samples/some-facts.ts';

const object = aJob().build();
const WINDOW = 210_000;

describe('an observation is overdue', () => {
  const facts = someFacts(object, { observed: seen('1'), countFrom: 0 });

  it('when it is as old as the window', () => {
    expect(overdueAt(facts, object, SETTINGS)).to.equal(NOW + WINDOW);
    expect(markOverdue(facts, object, SETTINGS, NOW + WINDOW - 1)).to.equal(facts);
    expect(markOverdue(facts, object, SETTINGS, NOW + WINDOW).overdue).to.contain('3m30s');
  });

  it('by its age since the start of the process, if that is later', () => {
    const restarted = { ...facts, countFrom: NOW + 100_000 };
    expect(overdueAt(restarted, object, SETTINGS)).to.equal(NOW + 100_000 + WINDOW);
  });

  it('later when a definitive failure makes polls slower', () => {
    const slow = { ...facts, definitiveFailure: failure('PermissionDenied') };
    expect(overdueAt(slow, object, SETTINGS)).to.equal(NOW + 15 * 60_000 + 30_000);
  });

  it('by intervals that are scaled, up to five times as long', () => {
    for (const [intervalScale, times] of [
      [2, 2],
      [5, 5],
      [100, 5],
    ] as const)
      expect(overdueAt(facts, object, { ...SETTINGS, intervalScale })).to.equal(
        NOW + 3 * times * 60_000 + 30_000,
      );
  });

  it('by slow polls that are slower still where intervals are scaled', () => {
    const slow = { ...facts, definitiveFailure: failure('PermissionDenied') };
    const scaled = { ...SETTINGS, intervalScale: 2 };
    expect(overdueAt(slow, object, scaled)).to.equal(NOW + 30 * 60_000 + 30_000);
  });

  it('by the effective interval', () => {
    const quick = aJob().every('5s').build();
    expect(overdueAt(facts, quick, SETTINGS)).to.equal(NOW + 45_000);
    expect(overdueAt(facts, quick, { ...SETTINGS, minIntervalMs: 60_000 })).to.equal(NOW + WINDOW);
  });

  it('with the cause known at that moment, which then stays', () => {
    const failing = markOverdue(
      { ...facts, transientFailure: failure('ServerError') },
      object,
      SETTINGS,
      NOW + WINDOW,
    );
    expect(failing.overdue).to.contain('it failed with ServerError');
    const still = markOverdue(
      { ...failing, transientFailure: failure('Throttled') },
      object,
      SETTINGS,
      NOW + 2 * WINDOW,
    );
    expect(still.overdue).to.equal(failing.overdue);
  });

  it('never without an observation, when it is overdue already, or while suspended', () => {
    const { observed: _, ...blank } = facts;
    expect(overdueAt(blank, object, SETTINGS)).to.equal(undefined);
    expect(overdueAt({ ...facts, overdue: 'too old' }, object, SETTINGS)).to.equal(undefined);
    expect(overdueAt({ ...facts, suspended: true }, object, SETTINGS)).to.equal(undefined);
  });
});

describe('suspension', () => {
  const failing = someFacts(object, {
    observed: seen('1'),
    overdue: 'too old',
    definitiveFailure: failure('PermissionDenied'),
    transientFailure: failure('ServerError'),
    latestTransientFailure: failure('ServerError'),
    failures: 3,
    nextPollAt: NOW + 1,
  });
  const off = aJob().generation(2).suspended().requested('a').build();

  it('drops failures, keeps the data, and serves generation and request without a call', () => {
    const facts = suspended(failing, off);
    for (const gone of [
      'overdue',
      'definitiveFailure',
      'transientFailure',
      'latestTransientFailure',
      'nextPollAt',
    ])
      expect(facts).to.not.have.property(gone);
    expect(facts.observed?.job).to.deep.equal(seen('1').job);
    expect(facts).to.include({ servedGeneration: 2, servedRequest: 'a', failures: 0, suspended: true });
  });

  it('keeps the served request when the annotation is removed meanwhile', () => {
    const unasked = aJob().generation(2).suspended().build();
    expect(suspended({ ...failing, servedRequest: 'a' }, unasked).servedRequest).to.equal('a');
  });

  it('changes nothing while it lasts', () => {
    const facts = suspended(failing, off);
    expect(suspended(facts, off)).to.deep.equal(facts);
  });

  it('ends with ages that count from its end', () => {
    const facts = resumed(suspended(failing, off), NOW + 3_600_000);
    expect(facts).to.include({ suspended: false, countFrom: NOW + 3_600_000 });
    expect(facts.observed?.beforeSuspension).to.equal(true);
    expect(overdueAt(facts, object, SETTINGS)).to.equal(NOW + 3_600_000 + WINDOW);
  });

  it('does not end when there was none', () => {
    expect(resumed(failing, NOW)).to.equal(failing);
  });
});
