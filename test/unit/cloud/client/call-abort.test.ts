// The early end of a call.

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect } from 'chai';
import { CallAbort } from '../../../../src/cloud/client/call-abort.ts';

describe('an aborted call', () => {
  it('destroys its streams, also one that comes later', () => {
    const abort = new CallAbort();
    const [before, after] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
    abort.destroys(before);
    expect(before.destroyed).to.equal(false);
    abort.rejected.catch(() => undefined);
    abort.abort(new Error('as planned'));
    abort.destroys(after);
    expect([before.destroyed, after.destroyed]).to.deep.equal([true, true]);
  });

  it('rejects with the first reason', async () => {
    const abort = new CallAbort();
    const reason = abort.rejected.catch(({ message }) => message);
    abort.abort(new Error('first'));
    abort.abort(new Error('second'));
    expect(await reason).to.equal('first');
  });
});
