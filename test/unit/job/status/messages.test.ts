// The messages of conditions: free of values that would make every poll a write.

import { expect } from 'chai';
import * as messages from '../../../../src/job/status/messages.ts';
import { failure } from '../../kit/samples/some-facts.ts';

describe('the messages', () => {
  it('name an unknown code, and limit its length', () => {
    expect(messages.unknownCode('7')).to.contain('"7"');
    expect(messages.unknownCode('x'.repeat(5_000))).to.have.length.below(200);
    expect(messages.unknownCode('a\n\u0000b')).to.not.match(/\p{Cc}/u);
    expect(messages.unknownCode(undefined)).to.contain('no status code');
  });

  it('name the expected and the found state', () => {
    expect(messages.differs('Running', 'NotFound')).to.equal('expected Running, found NotFound');
    expect(messages.asExpected('Running')).to.equal('the job is Running, as expected');
  });

  it('name the window and the cause of an overdue observation', () => {
    expect(messages.overdue(210_000, undefined)).to.equal(
      'not observed for longer than the freshness window of 3m30s',
    );
    expect(messages.overdue(210_000, failure('Throttled', 'the quota is spent'))).to.equal(
      'not observed for longer than the freshness window of 3m30s; the last attempt failed with Throttled: the quota is spent',
    );
  });

  it('name the cause of a retry', () => {
    expect(messages.retrying(failure('Throttled', 'the quota is spent'))).to.equal(
      'retrying after Throttled: the quota is spent',
    );
  });

  it('are the same for the same cause', () => {
    const cause = failure('ServerError');
    expect(messages.retrying(cause)).to.equal(messages.retrying({ ...cause, retryAt: 12_345 }));
    expect(messages.overdue(1, cause)).to.equal(messages.overdue(1, { ...cause, retryAt: 12_345 }));
  });
});
