// Why a call of the API server failed, in words that may be logged.

import { expect } from 'chai';
import { apiFailure, RefusedError } from '../../../../src/kube/client/api-error.ts';
import { refused } from '../../kit/fakes/refused.ts';

describe('the failure of a call of the API server', () => {
  it('has the status and the reason of the answer', () => {
    const status = { kind: 'Status', reason: 'AlreadyExists', message: 'CANARY' };
    expect(apiFailure(refused(409, status))).to.deep.equal({ status: 409, reason: 'AlreadyExists' });
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
    it(`has the status as its reason when ${JSON.stringify(body)} has none`, () => {
      expect(apiFailure(refused(502, body))).to.deep.equal({ status: 502, reason: 'HTTP 502' });
    });

  for (const [message, refusedBy] of [
    [
      "jobs \"a\" is invalid: : ValidatingAdmissionPolicy 'frozen.example' with binding 'b' denied request: CANARY",
      'ValidatingAdmissionPolicy frozen.example',
    ],
    [
      "jobs \"a\" is forbidden: ValidatingAdmissionPolicy 'frozen' with binding 'b' denied request: CANARY",
      'ValidatingAdmissionPolicy frozen',
    ],
    [
      'admission webhook "validate.kyverno.svc-fail" denied the request: CANARY',
      'webhook validate.kyverno.svc-fail',
    ],
    [
      'Internal error occurred: failed calling webhook "validate.kyverno.svc": failed to call webhook: CANARY',
      'webhook validate.kyverno.svc',
    ],
    [
      'jobs "a" is forbidden: User "u" cannot patch resource "edgetranscodejobs/status" in API group "edgetranscode.live"',
      'authorization',
    ],
    [
      'events "a" is forbidden: exceeded quota: team-quota, requested: count/events=1, used: 9, limited: 9',
      'ResourceQuota team-quota',
    ],
  ] as const)
    it(`names what refused the request: ${refusedBy}`, () => {
      const failure = apiFailure(refused(403, { reason: 'Forbidden', message }));
      expect(failure).to.deep.equal({ status: 403, reason: 'Forbidden', refusedBy });
    });

  it('says that the namespace is being deleted, by the cause that the server gives', () => {
    const causes = [{ reason: 'NamespaceTerminating', message: 'CANARY', field: 'metadata.namespace' }];
    const body = { reason: 'Forbidden', message: 'CANARY', details: { causes } };
    const failure = apiFailure(refused(403, body));
    expect(failure).to.deep.equal({ status: 403, reason: 'Forbidden', refusedBy: 'namespace deletion' });
    for (const odd of [{ causes: 7 }, { causes: [null, 7] }, null])
      expect(apiFailure(refused(403, { details: odd }))).not.to.have.property('refusedBy');
  });

  for (const message of [
    'admission webhook "CANARY CANARY" denied the request',
    "ValidatingAdmissionPolicy 'CANARY' CANARY",
    7,
  ])
    it(`names nothing for ${JSON.stringify(message)}`, () => {
      expect(apiFailure(refused(403, { message }))).to.deep.equal({ status: 403, reason: 'HTTP 403' });
    });

  it('has the status and reason of a refused watch', () => {
    const failure = { status: 410, reason: 'Expired' };
    expect(apiFailure(new RefusedError(failure))).to.deep.equal(failure);
  });

  it('has the requested delay, in ms', () => {
    expect(apiFailure(refused(429, '', '3'))).to.include({ retryAfterMs: 3_000 });
  });

  it('has a delay of at most a minute', () => {
    for (const value of ['86400', '1e999'])
      expect(apiFailure(refused(429, '', value)).retryAfterMs).to.equal(60_000);
  });

  it('has no delay where the requested one makes no sense', () => {
    for (const value of ['0', '-1', 'soon', '', 'Wed, 21 Oct 2026 07:28:00 GMT'])
      expect(apiFailure(refused(429, '', value))).not.to.have.property('retryAfterMs');
  });

  it("has the network's code, at any depth of causes", () => {
    const cause = Object.assign(new Error('CANARY'), { code: 'ECONNREFUSED' });
    expect(
      apiFailure(new TypeError('fetch failed', { cause: new Error('CANARY', { cause }) })),
    ).to.deep.equal({
      reason: 'ECONNREFUSED',
    });
  });

  it('has the name of an error whose code is a text of its own', () => {
    expect(apiFailure(Object.assign(new TypeError(), { code: 'CANARY: a token' }))).to.deep.equal({
      reason: 'TypeError',
    });
  });

  it('has the name of any other error', () => {
    expect(apiFailure(new DOMException('CANARY', 'TimeoutError'))).to.deep.equal({ reason: 'TimeoutError' });
    expect(apiFailure(new SyntaxError('CANARY'))).to.deep.equal({ reason: 'SyntaxError' });
  });

  const loop: { cause?: unknown; name: string } = { name: 'Loop' };
  loop.cause = loop;
  for (const junk of [undefined, null, 'CANARY', 7, {}, loop])
    it(`has a reason even for ${junk === loop ? 'an error that is its own cause' : JSON.stringify(junk)}`, () => {
      expect(apiFailure(junk).reason).to.match(/^\w+$/).and.not.contain('CANARY');
    });
});
