// Which changes of an object need a visit.

import { expect } from 'chai';
import { needsVisit } from '../../../../src/job/visit/triggers.ts';
import { aJob } from '../../kit/samples/a-job.ts';

const before = aJob().build();

describe('a visit is needed', () => {
  it('by a new object', () => {
    expect(needsVisit({ before: undefined, after: before })).to.equal(true);
  });

  it('by a deleted object', () => {
    expect(needsVisit({ before, after: undefined })).to.equal(true);
  });

  it('by a new generation', () => {
    expect(needsVisit({ before, after: aJob().generation(2).build() })).to.equal(true);
  });

  it('by a requested refresh, by another one, and by a removed one', () => {
    const requested = aJob().requested('a').build();
    expect(needsVisit({ before, after: requested })).to.equal(true);
    expect(needsVisit({ before: requested, after: aJob().requested('b').build() })).to.equal(true);
    expect(needsVisit({ before: requested, after: before })).to.equal(true);
  });

  it('by another object of the same name', () => {
    expect(needsVisit({ before, after: aJob().uid('another').build() })).to.equal(true);
  });
});

describe('no visit is needed', () => {
  it('by a change of the status alone, as our own writes are', () => {
    const after = aJob().version(2).storing({ state: 'Running' }).build();
    expect(needsVisit({ before, after })).to.equal(false);
  });

  it('by a change that leaves generation and request as they were, such as a label', () => {
    expect(needsVisit({ before, after: aJob().version(2).build() })).to.equal(false);
  });
});
