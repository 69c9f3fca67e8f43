/** Each refusal has the status, code and body that the vendor's pages give. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_CLUSTER_ID, DEFAULT_KEY, DEFAULT_TEMPORARY_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { callBare, callWithSdk, codeOf, queryOf, RUNNING_JOB_ID } from '../test/test-client.ts';
import type { DenialCode } from '../world/account-world.ts';
import { timeOf } from '../world/times.ts';

describe('a refused call', () => {
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator();
  });
  beforeEach(() => cloud.reset());
  after(() => cloud.close());

  it('has the error body of the vendor, with a request ID of its own', async () => {
    const unknown = { query: queryOf('no-such-job') };
    const answer = await callBare(cloud, unknown);
    const body = (await answer.json()) as Record<string, string>;
    expect(answer.status).to.equal(404);
    expect(answer.headers.get('content-type')).to.equal('application/json;charset=utf-8');
    expect(body).to.have.all.keys('Code', 'Message', 'RequestId', 'HostId', 'Recommend');
    expect(body).to.include({ Code: 'JobNotFound', HostId: cloud.host });
    expect(body.Message).to.match(/, please check and try again later\.$/);
    expect(answer.headers.get('x-acs-request-id')).to.equal(body.RequestId);
    expect((await callWithSdk(cloud, unknown)).body.RequestId).not.to.equal(body.RequestId);
  });

  describe('of the operation', () => {
    for (const [action, query, missing] of [
      ['GetEdgeTranscodeJob', { JobId: 'j' }, 'ClusterId'],
      ['GetEdgeTranscodeJob', { ClusterId: 'c' }, 'JobId'],
      ['GetEdgeTranscodeJob', { ClusterId: 'c', JobId: '' }, 'JobId'],
      ['ListEdgeTranscodeJob', {}, 'ClusterId'],
    ] as const) {
      it(`is 400 MissingParameter for ${action} with ${JSON.stringify(query)}, and names ${missing}`, async () => {
        const { status, code, body } = await callWithSdk(cloud, { action, query });
        expect([status, code]).to.deep.equal([400, 'MissingParameter']);
        expect(body.Message).to.contain(`"${missing}"`);
      });
    }

    it('is 404 JobNotFound for a removed job, another cluster and another account', async () => {
      await cloud.createAccount({ accountID: 'other' });
      await cloud.createJob({ clusterID: DEFAULT_CLUSTER_ID, jobID: 'theirs', accountID: 'other' });
      await cloud.removeJob({ jobID: RUNNING_JOB_ID });
      const queries = [
        queryOf(RUNNING_JOB_ID),
        { ClusterId: 'elsewhere', JobId: RUNNING_JOB_ID },
        queryOf('theirs'),
      ];
      for (const query of queries) {
        expect(await callWithSdk(cloud, { query })).to.include({ status: 404, code: 'JobNotFound' });
      }
    });

    it('is 403 OperationDenied for an account that is switched off', async () => {
      await cloud.modifyAccount({ accountID: DEFAULT_ACCOUNT_ID, enabled: false });
      expect(await callWithSdk(cloud)).to.include({ status: 403, code: 'OperationDenied' });
      await cloud.modifyAccount({ accountID: DEFAULT_ACCOUNT_ID, enabled: true });
      expect((await callWithSdk(cloud)).code).to.equal('OK');
    });
  });

  describe('for what was called', () => {
    it('is 404 InvalidAction.NotFound for an action or a path that does not exist', async () => {
      const { status, code } = await callWithSdk(cloud, { action: 'GetEdgeTranscodeJobs' });
      expect([status, code]).to.deep.equal([404, 'InvalidAction.NotFound']);
      expect(await codeOf(callBare(cloud, { path: '/jobs' }))).to.equal('InvalidAction.NotFound');
    });

    it('is 404 InvalidVersion for another version', async () => {
      const outcome = await callWithSdk(cloud, { version: '2014-05-26' });
      expect(outcome).to.include({ status: 404, code: 'InvalidVersion' });
    });

    it('is 400 MissingParameter without action or version', async () => {
      const answer = await fetch(cloud.url, { method: 'POST' });
      expect(answer.status).to.equal(400);
      expect(await answer.json()).to.include({ Code: 'MissingParameter' });
      const withoutVersion = callBare(cloud, { headers: { 'x-acs-version': '' } });
      expect(await codeOf(withoutVersion)).to.equal('MissingParameter');
    });
  });

  describe('for its key', () => {
    it('is 404 InvalidAccessKeyId.NotFound for an unknown or removed key', async () => {
      const credentials = { accessKeyID: 'LTAInobody', accessKeySecret: 'x' };
      const { status, code } = await callWithSdk(cloud, { credentials });
      expect([status, code]).to.deep.equal([404, 'InvalidAccessKeyId.NotFound']);
      await cloud.removeKey({ accessKeyID: DEFAULT_KEY.accessKeyID });
      expect((await callWithSdk(cloud)).code).to.equal('InvalidAccessKeyId.NotFound');
    });

    it('is 400 InvalidAccessKeyId.Inactive for a deactivated key, while others of the account work', async () => {
      const credentials = { accessKeyID: 'LTAIsecond', accessKeySecret: 'second' };
      await cloud.addKey({ accountID: DEFAULT_ACCOUNT_ID, ...credentials });
      await cloud.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: false });
      const { status, code } = await callWithSdk(cloud);
      expect([status, code]).to.deep.equal([400, 'InvalidAccessKeyId.Inactive']);
      expect((await callWithSdk(cloud, { credentials })).code).to.equal('OK');
      await cloud.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: true });
      expect((await callWithSdk(cloud)).code).to.equal('OK');
    });

    it('is 400 SignatureDoesNotMatch for a wrong secret', async () => {
      const credentials = { ...DEFAULT_KEY, accessKeySecret: 'wrong' };
      const { status, code } = await callWithSdk(cloud, { credentials });
      expect([status, code]).to.deep.equal([400, 'SignatureDoesNotMatch']);
    });

    it('is SignatureDoesNotMatch for a header, a parameter or a body changed on the way', async () => {
      const header = callBare(cloud, {
        tamper: (headers) => ({ ...headers, 'x-acs-action': 'ListEdgeTranscodeJob' }),
      });
      expect(await codeOf(header)).to.equal('SignatureDoesNotMatch');
      const headers = await signedHeaders(cloud);
      const parameter = callBare(cloud, { query: queryOf('other'), tamper: () => headers });
      expect(await codeOf(parameter)).to.equal('SignatureDoesNotMatch');
      const body = callBare(cloud, { form: { A: '1' }, headers: { 'x-acs-content-sha256': 'a'.repeat(64) } });
      expect(await codeOf(body)).to.equal('SignatureDoesNotMatch');
    });

    it('shows what it signed, as the vendor does: the security token is in it, the secret is not', async () => {
      const credentials = { ...DEFAULT_TEMPORARY_KEY, accessKeySecret: 'wrong' };
      const { body } = await callWithSdk(cloud, { credentials });
      expect(body.Message).to.match(/server StringToSign is \[ACS3-HMAC-SHA256\n[0-9a-f]{64}\]/);
      expect(body.Message).to.contain(`\nx-acs-security-token:${DEFAULT_TEMPORARY_KEY.securityToken}\n`);
      expect(body.Message).not.to.contain(DEFAULT_TEMPORARY_KEY.accessKeySecret);
    });

    for (const name of ['x-acs-date', 'x-acs-signature-nonce', 'x-acs-content-sha256']) {
      it(`is 400 IncompleteSignature where ${name} is not there to be signed`, async () => {
        const answer = await callBare(cloud, { headers: { [name]: '' } });
        expect(answer.status).to.equal(400);
        expect(await answer.json()).to.include({ Code: 'IncompleteSignature' });
      });
    }

    it('is IncompleteSignature without Authorization, or with an x-acs- header that was not signed', async () => {
      const none = callBare(cloud, { tamper: ({ authorization, ...headers }) => headers });
      expect(await codeOf(none)).to.equal('IncompleteSignature');
      const added = callBare(cloud, { tamper: (headers) => ({ ...headers, 'x-acs-added': '1' }) });
      expect(await codeOf(added)).to.equal('IncompleteSignature');
    });
  });

  describe('for its date and nonce', () => {
    const minutes = (count: number) => timeOf(Date.now() + count * 60_000);

    it('is 400 InvalidTimeStamp.Expired more than 15 minutes off, either way', async () => {
      for (const offset of [-16, 16]) {
        const { status, code } = await callWithSdk(cloud, { headers: { 'x-acs-date': minutes(offset) } });
        expect([status, code]).to.deep.equal([400, 'InvalidTimeStamp.Expired']);
      }
      for (const offset of [-14, 14]) {
        expect((await callWithSdk(cloud, { headers: { 'x-acs-date': minutes(offset) } })).code).to.equal(
          'OK',
        );
      }
    });

    it('is InvalidTimeStamp.Format for what is no such time', async () => {
      const { code } = await callWithSdk(cloud, { headers: { 'x-acs-date': new Date().toUTCString() } });
      expect(code).to.equal('InvalidTimeStamp.Format');
    });

    it('is 400 SignatureNonceUsed for a nonce sent again, and only then', async () => {
      const headers = { 'x-acs-signature-nonce': 'once' };
      const wrong = { ...DEFAULT_KEY, accessKeySecret: 'wrong' };
      await callWithSdk(cloud, { headers, credentials: wrong });
      expect((await callWithSdk(cloud, { headers })).code).to.equal('OK');
      const { status, code } = await callWithSdk(cloud, { headers });
      expect([status, code]).to.deep.equal([400, 'SignatureNonceUsed']);
      expect((await callWithSdk(cloud, { headers, credentials: DEFAULT_TEMPORARY_KEY })).code).to.equal('OK');
    });
  });

  describe('for its security token', () => {
    const { securityToken, ...withoutToken } = DEFAULT_TEMPORARY_KEY;

    it('is 400 InvalidSecurityToken.Malformed where it is missing, another, or for a permanent key', async () => {
      const another = { ...DEFAULT_TEMPORARY_KEY, securityToken: 'another' };
      for (const credentials of [withoutToken, another, { ...DEFAULT_KEY, securityToken }]) {
        const outcome = await callWithSdk(cloud, { credentials });
        expect(outcome).to.include({ status: 400, code: 'InvalidSecurityToken.Malformed' });
      }
    });

    it('is 400 InvalidSecurityToken.Expired from the moment it expires', async () => {
      const { accessKeyID } = DEFAULT_TEMPORARY_KEY;
      await cloud.modifyKey({ accessKeyID, expiresAt: timeOf(Date.now() + 60_000) });
      expect((await callWithSdk(cloud, { credentials: DEFAULT_TEMPORARY_KEY })).code).to.equal('OK');
      await cloud.modifyKey({ accessKeyID, expiresAt: timeOf(Date.now()) });
      const { status, code } = await callWithSdk(cloud, { credentials: DEFAULT_TEMPORARY_KEY });
      expect([status, code]).to.deep.equal([400, 'InvalidSecurityToken.Expired']);
    });
  });

  describe('for a permission', () => {
    const list = { action: 'ListEdgeTranscodeJob', query: { ClusterId: DEFAULT_CLUSTER_ID } };

    for (const code of ['NoPermission', 'Forbidden.RAM', 'Forbidden'] as const satisfies DenialCode[]) {
      it(`is 403 ${code} for that action only, until it is allowed again`, async () => {
        await cloud.deny({ action: 'live:ListEdgeTranscodeJob', code });
        const outcome = await callWithSdk(cloud, list);
        expect([outcome.status, outcome.code]).to.deep.equal([403, code]);
        expect((await callWithSdk(cloud)).code).to.equal('OK');
        await cloud.allow({ action: 'ListEdgeTranscodeJob' });
        expect((await callWithSdk(cloud, list)).code).to.equal('OK');
      });
    }

    it('can be taken from one key, or from one account', async () => {
      const { accessKeyID } = DEFAULT_KEY;
      const temporary = { credentials: DEFAULT_TEMPORARY_KEY };
      await cloud.deny({ action: 'GetEdgeTranscodeJob', accessKeyID });
      expect((await callWithSdk(cloud)).code).to.equal('NoPermission');
      expect((await callWithSdk(cloud, temporary)).code).to.equal('OK');
      await cloud.deny({ action: 'GetEdgeTranscodeJob', accountID: DEFAULT_ACCOUNT_ID });
      expect((await callWithSdk(cloud, temporary)).code).to.equal('NoPermission');
      await cloud.allow({ accountID: DEFAULT_ACCOUNT_ID });
      expect((await callWithSdk(cloud, temporary)).code).to.equal('OK');
      expect((await callWithSdk(cloud)).code).to.equal('NoPermission');
    });
  });

  it('is 413 for a body larger than any call needs', async () => {
    const answer = await callBare(cloud, { form: { A: 'a'.repeat(2 * 1024 * 1024) } });
    expect(answer.status).to.equal(413);
  });

  it('is none for parameters in a form and an action among the parameters', async () => {
    const form = { Action: 'GetEdgeTranscodeJob', Version: '2016-11-01', ...queryOf(RUNNING_JOB_ID) };
    const headers = { 'x-acs-action': '', 'x-acs-version': '' };
    expect(await codeOf(callBare(cloud, { query: {}, form, headers }))).to.equal('OK');
    expect(await codeOf(callBare(cloud, { query: form, headers }))).to.equal('OK');
  });
});

/** The headers of a good request, to be sent with another; its own goes out without them. */
async function signedHeaders(cloud: Simulator): Promise<Record<string, string>> {
  let signed: Record<string, string> = {};
  const keep = (headers: Record<string, string>) => {
    signed = headers;
    return {};
  };
  await (await callBare(cloud, { tamper: keep })).arrayBuffer();
  return signed;
}
