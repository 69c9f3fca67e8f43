// Conditions change only through `conditionsFrom`.

import { expect } from 'chai';
import { type Condition, conditionsFrom, findCondition } from '../../../src/api/conditions.ts';

const THEN = '2026-01-01T00:00:00Z';
const LATER = '2026-01-01T00:05:00Z';

describe('conditionsFrom', () => {
  it('dates a condition that is new', () => {
    const conditions = conditionsFrom(undefined, { Ready: finding('True') }, 1, THEN);
    expect(conditions).to.deep.equal([
      {
        type: 'Ready',
        status: 'True',
        reason: 'ObservationSucceeded',
        message: 'all is well',
        lastTransitionTime: THEN,
        observedGeneration: 1,
      },
    ]);
  });

  it('keeps the transition time while the status stays, whatever else changes', () => {
    const before = conditionsFrom(undefined, { Ready: finding('False') }, 1, THEN);
    const other = { status: 'False', reason: 'JobNotFound', message: 'there is none' } as const;
    const [ready] = conditionsFrom(before, { Ready: other }, 2, LATER);
    expect(ready).to.include({ ...other, lastTransitionTime: THEN });
  });

  it('moves the transition time when the status changes, of that condition only', () => {
    const before = conditionsFrom(undefined, { Ready: finding('True'), Fresh: finding('True') }, 1, THEN);
    const after = conditionsFrom(before, { Ready: finding('False'), Fresh: finding('True') }, 1, LATER);
    expect(findCondition(after, 'Ready')?.lastTransitionTime).to.equal(LATER);
    expect(findCondition(after, 'Fresh')?.lastTransitionTime).to.equal(THEN);
  });

  it('dates a condition that was absent in between from its return', () => {
    const before = conditionsFrom(undefined, { Stalled: finding('True') }, 1, THEN);
    const between = conditionsFrom(before, {}, 1, THEN);
    expect(between).to.deep.equal([]);
    const [stalled] = conditionsFrom(between, { Stalled: finding('True') }, 1, LATER);
    expect(stalled?.lastTransitionTime).to.equal(LATER);
  });

  it('stamps the judged generation on every condition, also on unchanged ones', () => {
    const before = conditionsFrom(undefined, { Ready: finding('True'), Fresh: finding('True') }, 1, THEN);
    const after = conditionsFrom(before, { Ready: finding('True'), Fresh: finding('False') }, 7, LATER);
    expect(after.map(({ observedGeneration }) => observedGeneration)).to.deep.equal([7, 7]);
  });

  it('leaves out a type without a finding', () => {
    const conditions = conditionsFrom(undefined, { Ready: finding('True'), AsExpected: undefined }, 1, THEN);
    expect(conditions.map(({ type }) => type)).to.deep.equal(['Ready']);
  });

  it('returns the types in one order, whatever the order of the findings', () => {
    const one = conditionsFrom(undefined, { Ready: finding('True'), Fresh: finding('True') }, 1, THEN);
    const other = conditionsFrom(undefined, { Fresh: finding('True'), Ready: finding('True') }, 1, THEN);
    expect(one).to.deep.equal(other);
  });

  it('cuts an endless message between two characters', () => {
    const message = `${'x'.repeat(2_047)}😀 and more`;
    const [ready] = conditionsFrom(undefined, { Ready: { ...finding('True'), message } }, 1, THEN);
    expect(ready?.message).to.have.length(2_048);
    expect(ready?.message.isWellFormed()).to.equal(true);
  });
});

describe('findCondition', () => {
  it('finds by type, and nothing in a status without conditions', () => {
    const [ready] = conditionsFrom(undefined, { Ready: finding('True') }, 1, THEN);
    expect(findCondition([ready as Condition], 'Ready')).to.equal(ready);
    expect(findCondition([ready as Condition], 'Fresh')).to.equal(undefined);
    expect(findCondition(undefined, 'Ready')).to.equal(undefined);
  });
});

function finding(status: 'True' | 'False') {
  return { status, reason: 'ObservationSucceeded', message: 'all is well' } as const;
}
