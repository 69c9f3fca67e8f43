// What the facts store holds of every object, and that it holds nothing of deleted ones.

import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { mock } from 'node:test';
import { expect } from 'chai';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import { targetOf } from '../../../../src/job/model/reference.ts';
import { fingerprintOf } from '../../../../src/job/status/fingerprint.ts';
import { FactsStore } from '../../../../src/job/visit/facts-store.ts';
import { SETTINGS, STREAM1 } from '../../kit/an-operator.ts';
import { FakeClock } from '../../kit/fakes/fake-clock.ts';
import { aJob } from '../../kit/samples/a-job.ts';

const SENT = { fingerprint: 'f', observedAt: undefined };

describe('the facts store', () => {
  let factsStore: FactsStore;
  beforeEach(() => {
    factsStore = new FactsStore(new FakeClock(), () => SETTINGS);
  });

  it('restores an object once, from its status', () => {
    const object = aJob().storing({ lastHandledRequestedAt: 'a' }).build();
    expect(factsStore.get(object).servedRequest).to.equal('a');
    const changed = aJob().storing({ lastHandledRequestedAt: 'b' }).build();
    expect(factsStore.get(changed).servedRequest).to.equal('a');
  });

  it('takes the stored status as sent until another one is sent', () => {
    const object = aJob().storing({ state: 'Running', lastObservedTime: '2026-01-01T00:00:00Z' }).build();
    factsStore.get(object);
    expect(factsStore.sent(object)).to.deep.equal({
      fingerprint: fingerprintOf(object.status),
      stored: fingerprintOf(object.status),
      observedAt: Date.parse('2026-01-01T00:00:00Z') / 1_000,
    });
    factsStore.setSent(object, SENT);
    expect(factsStore.sent(object)).to.equal(SENT);
  });

  it('finds facts without restoring any', () => {
    const object = aJob().build();
    expect(factsStore.find(object)).to.equal(undefined);
    expect(factsStore.size).to.equal(0);
    expect(factsStore.find(object)).to.equal(undefined);
    const facts = factsStore.get(object);
    expect(factsStore.find(object)).to.equal(facts);
    expect(factsStore.find(aJob().uid('another').build())).to.equal(undefined);
  });

  it('gives the verdict in force, by the stored status for an object that was not visited', () => {
    const refused = {
      type: 'Ready',
      status: 'False',
      reason: 'JobNotFound',
      message: 'no such job',
    } as const;
    const condition = { ...refused, lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 };
    const object = aJob()
      .storing({ conditions: [condition] })
      .build();
    expect(factsStore.verdictOf(object)).to.include({ kind: 'JobNotFound' });
    expect(factsStore.size).to.equal(0);
    expect(factsStore.verdictOf(aJob().build())).to.equal(undefined);
    const { definitiveFailure: _none, ...facts } = factsStore.get(object);
    factsStore.set(object, facts);
    expect(factsStore.verdictOf(object)).to.equal(undefined);
    const failure = { kind: 'PermissionDenied', message: 'no' } as const;
    factsStore.set(object, { ...facts, definitiveFailure: failure });
    expect(factsStore.verdictOf(object)).to.include({ kind: 'PermissionDenied' });
  });

  it('keeps facts', () => {
    const object = aJob().build();
    const facts = { ...factsStore.get(object), failures: 3 };
    factsStore.set(object, facts);
    expect(factsStore.get(object)).to.equal(facts);
  });

  describe('indexes an object by the job that it means', () => {
    const object = aJob().build();
    const moved = aJob().about('another-job').build();
    afterEach(() => {
      mock.reset();
      syncBuiltinESMExports();
    });

    it('now, and no more by the one before', () => {
      factsStore.get(object);
      for (const each of [moved, object, moved]) {
        expect(factsStore.reindex(each)).to.deep.equal(targetOf(each));
        const found = [object, moved].filter((any) => factsStore.keysOf(targetOf(any).hash).length > 0);
        expect(found).to.deep.equal([each]);
        expect(factsStore.keysOf(targetOf(each).hash)).to.deep.equal([each.key]);
      }
    });

    it('and not by the one of its stored status, or of its predecessor with the same name', () => {
      const [now, before] = [targetOf(moved), targetOf(object)];
      const restored = aJob().about('another-job').storing({ observedTarget: before.hash }).build();
      factsStore.get(restored);
      const found = () => [now, before].map(({ hash }) => factsStore.keysOf(hash));
      expect(factsStore.reindex(restored)).to.deep.equal(now);
      expect(found()).to.deep.equal([[STREAM1], []]);
      factsStore.get(aJob().uid('another').build());
      expect(found()).to.deep.equal([[], [STREAM1]]);
    });

    it('and hashes it again only when its spec was replaced, by an equal one too', () => {
      const hashing = mock.method(crypto, 'hash');
      // Without it, what modules have imported stays as it is.
      syncBuiltinESMExports();
      const hashes = (each: EdgeTranscodeJob) => {
        const before = hashing.mock.callCount();
        factsStore.reindex(each);
        return hashing.mock.callCount() - before;
      };
      factsStore.get(object);
      const written = { ...object, resourceVersion: '2', spec: { ...object.spec } };
      const visits = [object, { ...object, resourceVersion: '3' }, written, written, moved, moved];
      expect(visits.map(hashes)).to.deep.equal([0, 0, 1, 0, 1, 0]);
    });
  });

  it('takes a status as up to date until the object, its facts or what was sent change', () => {
    const object = aJob().build();
    const facts = { ...factsStore.get(object), lastCallAt: 7 };
    expect(factsStore.isUpToDate(object)).to.equal(false);
    factsStore.markUpToDate(object);
    factsStore.set(object, facts);
    expect(factsStore.isUpToDate(object)).to.equal(true);
    expect(factsStore.isUpToDate(aJob().version(2).build()), 'another version').to.equal(false);
    factsStore.set(object, { ...facts, overdue: 'too old' });
    expect(factsStore.isUpToDate(object), 'other facts').to.equal(false);
    factsStore.markUpToDate(object);
    factsStore.setSent(object, SENT);
    expect(factsStore.isUpToDate(object), 'something was sent').to.equal(false);
  });

  it('holds no facts of a deleted object for its successor of the same name', () => {
    const object = aJob().build();
    factsStore.set(object, { ...factsStore.get(object), failures: 3 });
    factsStore.setSent(object, SENT);
    const recreated = aJob().uid('another').build();
    expect(factsStore.get(recreated).failures).to.equal(0);
    expect(factsStore.sent(recreated)).to.not.equal(SENT);
    expect(factsStore.size).to.equal(1);
  });

  it('holds nothing of deleted objects', () => {
    factsStore.get(aJob().build());
    factsStore.delete(STREAM1);
    expect(factsStore.size).to.equal(0);
  });

  it('does not restore a deleted object when its last write ends', () => {
    const object = aJob().build();
    factsStore.get(object);
    factsStore.delete(STREAM1);
    expect(factsStore.sent(object)).to.equal(undefined);
    factsStore.setSent(object, SENT);
    expect(factsStore.size).to.equal(0);
  });

  it('keeps a recreated object when a write of its predecessor ends', () => {
    const [old, recreated] = [aJob().build(), aJob().uid('another').build()];
    factsStore.get(old);
    factsStore.set(recreated, { ...factsStore.get(recreated), failures: 2 });
    expect(factsStore.sent(old)).to.equal(undefined);
    factsStore.setSent(old, SENT);
    expect(factsStore.get(recreated).failures).to.equal(2);
    expect(factsStore.sent(recreated)).to.not.equal(SENT);
  });
});
