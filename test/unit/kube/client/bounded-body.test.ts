// The answer to one call, without a server.

import { expect } from 'chai';
import { Receiver } from '../../../../src/kube/client/bounded-body.ts';

describe('the receiver of an answer', () => {
  it('ends a call that was given up before it was sent: a late write would be one of another term', () => {
    const receiver = new Receiver(1_024);
    const reason = new Error('no answer in time');
    receiver.abort(reason);
    const reasons: unknown[] = [];
    receiver.onRequestStart({ abort: (given: unknown) => reasons.push(given) } as never);
    expect(reasons).to.deep.equal([reason]);
  });
});
