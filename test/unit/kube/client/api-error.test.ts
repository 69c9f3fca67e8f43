// What went wrong with a call of the API server, in words that may be logged.

import { ApiException } from '@kubernetes/client-node';
import { expect } from 'chai';
import { apiFailure, RefusedError } from '../../../../src/kube/client/api-error.ts';

function refusal(body: unknown, headers: Record<string, string> = {}, code = 429): ApiException<unknown> {
  return new ApiException(code, 'CANARY', body, headers);
}

describe('the failure of a call of the API server', () => {
  it('is the status and the reason that it gives', () => {
    const status = { kind: 'Status', reason: 'AlreadyExists', message: 'CANARY' };
    for (const body of [status, JSON.stringify(status)])
      expect(apiFailure(refusal(body, {}, 409))).to.deep.equal({ status: 409, reason: 'AlreadyExists' });
  });

  for (const body of [
    undefined,
    null,
    '',
    'null',
    '<html>CANARY',
    '7',
    { reason: 7 },
    { reason: 'CANARY CANARY' },
    [],
  ])
    it(`is the status where ${JSON.stringify(body)} gives no reason`, () => {
      expect(apiFailure(refusal(body, {}, 502))).to.deep.equal({ status: 502, reason: 'HTTP 502' });
    });

  it('is what a refused watch tells', () => {
    const failure = { status: 410, reason: 'Expired' };
    expect(apiFailure(new RefusedError(failure))).to.deep.equal(failure);
  });

  it('says how long to wait, in ms', () => {
    expect(apiFailure(refusal('', { 'retry-after': '3' }))).to.include({ retryAfterMs: 3_000 });
  });

  it('waits for a minute at most', () => {
    for (const value of ['86400', '1e999'])
      expect(apiFailure(refusal('', { 'retry-after': value })).retryAfterMs).to.equal(60_000);
  });

  it('waits for nothing where it does not make sense', () => {
    for (const value of ['0', '-1', 'soon', '', 'Wed, 21 Oct 2026 07:28:00 GMT'])
      expect(apiFailure(refusal('', { 'retry-after': value }))).not.to.have.property('retryAfterMs');
  });

  it('is the code of the network, however deep it lies', () => {
    const cause = Object.assign(new Error('CANARY'), { code: 'ECONNREFUSED' });
    expect(
      apiFailure(new TypeError('fetch failed', { cause: new Error('CANARY', { cause }) })),
    ).to.deep.equal({
      reason: 'ECONNREFUSED',
    });
  });

  it('is the name of what it is else', () => {
    expect(apiFailure(new DOMException('CANARY', 'TimeoutError'))).to.deep.equal({ reason: 'TimeoutError' });
    expect(apiFailure(new SyntaxError('CANARY'))).to.deep.equal({ reason: 'SyntaxError' });
  });

  const loop: { cause?: unknown; name: string } = { name: 'Loop' };
  loop.cause = loop;
  for (const junk of [undefined, null, 'CANARY', 7, {}, loop])
    it(`is something also for ${junk === loop ? 'an error that is its own cause' : JSON.stringify(junk)}`, () => {
      expect(apiFailure(junk).reason).to.match(/^\w+$/).and.not.contain('CANARY');
    });
});
