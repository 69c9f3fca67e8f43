// What is held of every object, and that nothing is held of those that are gone.

import { expect } from 'chai';
import { fingerprintOf } from '../../../../src/job/status/fingerprint.ts';
import { Memory } from '../../../../src/job/visit/facts-store.ts';
import { aJob } from '../../kit/a-job.ts';
import { SETTINGS, STREAM1 } from '../../kit/an-operator.ts';
import { FakeClock } from '../../kit/fake-clock.ts';

const SENT = { fingerprint: 'f', observedAt: undefined };

describe('the memory', () => {
  let memory: Memory;
  beforeEach(() => {
    memory = new Memory(new FakeClock(), () => SETTINGS);
  });

  it('restores an object once, from its status', () => {
    const object = aJob().storing({ lastHandledRequestedAt: 'a' }).build();
    expect(memory.recall(object).servedRequest).to.equal('a');
    const changed = aJob().storing({ lastHandledRequestedAt: 'b' }).build();
    expect(memory.recall(changed).servedRequest).to.equal('a');
  });

  it('takes what is stored for what was sent, until something is', () => {
    const object = aJob().storing({ state: 'Running', lastObservedTime: '2026-01-01T00:00:00Z' }).build();
    memory.recall(object);
    expect(memory.sent(object)).to.deep.equal({
      fingerprint: fingerprintOf(object.status),
      stored: fingerprintOf(object.status),
      observedAt: Date.parse('2026-01-01T00:00:00Z') / 1_000,
    });
    memory.noteSent(object, SENT);
    expect(memory.sent(object)).to.equal(SENT);
  });

  it('finds facts without restoring any', () => {
    const object = aJob().build();
    expect(memory.find(object)).to.equal(undefined);
    expect(memory.size).to.equal(0);
    expect(memory.find(object)).to.equal(undefined);
    const facts = memory.recall(object);
    expect(memory.find(object)).to.equal(facts);
    expect(memory.find(aJob().uid('another').build())).to.equal(undefined);
  });

  it('keeps facts', () => {
    const object = aJob().build();
    const facts = { ...memory.recall(object), failures: 3 };
    memory.keep(object, facts);
    expect(memory.recall(object)).to.equal(facts);
  });

  it('takes a status for judged until the object, its facts or what was sent change', () => {
    const object = aJob().build();
    const facts = { ...memory.recall(object), lastAskedAt: 7 };
    expect(memory.isJudged(object)).to.equal(false);
    memory.noteJudged(object);
    memory.keep(object, facts);
    expect(memory.isJudged(object)).to.equal(true);
    expect(memory.isJudged(aJob().version(2).build()), 'another version').to.equal(false);
    memory.keep(object, { ...facts, overdue: 'too old' });
    expect(memory.isJudged(object), 'other facts').to.equal(false);
    memory.noteJudged(object);
    memory.noteSent(object, SENT);
    expect(memory.isJudged(object), 'something was sent').to.equal(false);
  });

  it('recalls nothing of an object of the same name that was deleted', () => {
    const object = aJob().build();
    memory.keep(object, { ...memory.recall(object), failures: 3 });
    memory.noteSent(object, SENT);
    const recreated = aJob().uid('another').build();
    expect(memory.recall(recreated).failures).to.equal(0);
    expect(memory.sent(recreated)).to.not.equal(SENT);
    expect(memory.size).to.equal(1);
  });

  it('holds nothing of what is forgotten', () => {
    memory.recall(aJob().build());
    memory.forget(STREAM1);
    expect(memory.size).to.equal(0);
  });

  it('does not bring back an object by the end of its last write', () => {
    const object = aJob().build();
    memory.recall(object);
    memory.forget(STREAM1);
    expect(memory.sent(object)).to.equal(undefined);
    memory.noteSent(object, SENT);
    expect(memory.size).to.equal(0);
  });

  it('does not lose a recreated object by the end of a write of the old one', () => {
    const [old, recreated] = [aJob().build(), aJob().uid('another').build()];
    memory.recall(old);
    memory.keep(recreated, { ...memory.recall(recreated), failures: 2 });
    expect(memory.sent(old)).to.equal(undefined);
    memory.noteSent(old, SENT);
    expect(memory.recall(recreated).failures).to.equal(2);
    expect(memory.sent(recreated)).to.not.equal(SENT);
  });
});
