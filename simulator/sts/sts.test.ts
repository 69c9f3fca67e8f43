/**
 * STS as its pages describe it: the identity of a caller, and the sessions of a role, as the SDK and Live
 * accept them.
 */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY, DEFAULT_RRSA, DEFAULT_TEMPORARY_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { assumeRole, assumeRoleWithOIDC, callSts, credentialsOf } from '../test/sts-client.ts';
import { type Credentials, callBare, callWithSdk, codeOf } from '../test/test-client.ts';
import { timeOf } from '../world/times.ts';

const START = Date.parse('2026-01-02T03:04:05.678Z');
const ACCOUNT_ARN = `acs:ram::${DEFAULT_ACCOUNT_ID}`;

describe('STS', () => {
  let now = START;
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator({ now: () => now });
  });
  beforeEach(async () => {
    now = START;
    await cloud.reset();
  });
  after(() => cloud.close());

  const dated = (options: object = {}) => ({ ...options, date: now });
  const whoIs = async (credentials: Credentials) =>
    (await callSts(cloud, 'GetCallerIdentity', {}, dated({ credentials }))).body;
  const live = (credentials: Credentials) => codeOf(callBare(cloud, dated({ credentials })));

  describe('GetCallerIdentity', () => {
    it('answers the RAM user that has the key, by account and principal', async () => {
      const { RequestId, ...identity } = await whoIs(DEFAULT_KEY);
      expect(RequestId).to.match(/^[0-9A-F-]{36}$/);
      expect(identity).to.include({
        IdentityType: 'RAMUser',
        AccountId: DEFAULT_ACCOUNT_ID,
        Arn: `${ACCOUNT_ARN}:user/operator`,
      });
      expect(identity.PrincipalId)
        .to.equal(identity.UserId)
        .and.to.match(/^\d{18}$/);
    });

    it('answers the account itself where it has the key', async () => {
      const root = { accessKeyID: 'LTAIroot', accessKeySecret: 'root' };
      await cloud.addKey({ accountID: DEFAULT_ACCOUNT_ID, ...root, userName: '' });
      const { RequestId: _, ...identity } = await whoIs(root);
      expect(identity).to.deep.equal({
        IdentityType: 'Account',
        AccountId: DEFAULT_ACCOUNT_ID,
        Arn: `${ACCOUNT_ARN}:root`,
        PrincipalId: DEFAULT_ACCOUNT_ID,
        UserId: DEFAULT_ACCOUNT_ID,
      });
    });

    it('answers the session of a role', async () => {
      const outcome = await assumeRole(cloud, {}, dated());
      const { RequestId: _, ...identity } = await whoIs(credentialsOf(outcome));
      const { AssumedRoleUser } = outcome.body as { AssumedRoleUser: Record<string, string> };
      expect(identity).to.deep.equal({
        IdentityType: 'AssumedRoleUser',
        AccountId: DEFAULT_ACCOUNT_ID,
        Arn: `${ACCOUNT_ARN}:assumed-role/job-reader/alice`,
        PrincipalId: AssumedRoleUser.AssumedRoleId,
        RoleId: AssumedRoleUser.AssumedRoleId?.split(':')[0],
      });
    });

    it('distinguishes two keys of one account, and accepts a temporary key and both signatures', async () => {
      const second = { accessKeyID: 'LTAIsecond', accessKeySecret: 'second' };
      await cloud.addKey({ accountID: DEFAULT_ACCOUNT_ID, ...second });
      for (const credentials of [DEFAULT_KEY, second, DEFAULT_TEMPORARY_KEY]) {
        for (const signature of ['ACS3', 'RPC'] as const) {
          const { body } = await callSts(cloud, 'GetCallerIdentity', {}, dated({ credentials, signature }));
          expect(body.AccountId).to.equal(DEFAULT_ACCOUNT_ID);
        }
      }
    });

    it('needs no permission, and no account that is switched on', async () => {
      await cloud.deny({ action: 'sts:GetCallerIdentity' });
      await cloud.modifyAccount({ accountID: DEFAULT_ACCOUNT_ID, enabled: false, callsPerMinute: 0 });
      expect((await whoIs(DEFAULT_KEY)).AccountId).to.equal(DEFAULT_ACCOUNT_ID);
    });
  });

  describe('AssumeRole', () => {
    it('answers a session of an hour, signed in either way', async () => {
      for (const signature of ['ACS3', 'RPC'] as const) {
        const { status, body } = await assumeRole(cloud, {}, dated({ signature }));
        expect(status).to.equal(200);
        expect(body).to.have.all.keys('AssumedRoleUser', 'Credentials', 'RequestId');
        expect(body.AssumedRoleUser).to.include({ Arn: `${DEFAULT_RRSA.roleARN}/alice` });
        expect(body.Credentials).to.include({ Expiration: '2026-01-02T04:04:05Z' });
        expect(credentialsOf({ status, code: '', body }).accessKeyID).to.match(/^STS\.[\w-]+$/);
      }
    });

    it('gives each session keys of its own', async () => {
      const keys = [await assumeRole(cloud, {}, dated()), await assumeRole(cloud, {}, dated())].map(
        credentialsOf,
      );
      for (const part of ['accessKeyID', 'accessKeySecret', 'securityToken'] as const) {
        expect(keys[0]?.[part]).not.to.equal(keys[1]?.[part]);
      }
    });

    it('issues a session of the requested length', async () => {
      const { body } = await assumeRole(cloud, { DurationSeconds: '900' }, dated());
      expect(body.Credentials).to.include({ Expiration: '2026-01-02T03:19:05Z' });
    });

    it('can issue a session shorter than 900 seconds, the least that can be requested', async () => {
      await cloud.modifyRole({ roleARN: DEFAULT_RRSA.roleARN, sessionSeconds: 20 });
      const { body } = await assumeRole(cloud, { DurationSeconds: '900' }, dated());
      expect(body.Credentials).to.include({ Expiration: '2026-01-02T03:04:25Z' });
    });
  });

  describe('a session', () => {
    it('works at Live, through the SDK as well, and only with its own token', async () => {
      const credentials = credentialsOf(await assumeRole(cloud, {}, dated()));
      const headers = { 'x-acs-date': timeOf(now) };
      expect((await callWithSdk(cloud, { credentials, headers })).code).to.equal('OK');
      expect(await live({ ...credentials, securityToken: 'another' })).to.equal(
        'InvalidSecurityToken.Malformed',
      );
      expect(await live({ ...credentials, accessKeySecret: 'x' })).to.equal('SignatureDoesNotMatch');
    });

    it("sees the jobs and spends the quota of the role's account, not the caller's", async () => {
      const theirs = { accessKeyID: 'LTAItheirs', accessKeySecret: 'theirs' };
      await cloud.createAccount({ accountID: 'theirs' });
      await cloud.addKey({ accountID: 'theirs', ...theirs });
      await cloud.modifyRole({ roleARN: DEFAULT_RRSA.roleARN, trustedAccounts: ['theirs'] });
      expect(await live(theirs)).to.equal('JobNotFound');
      const session = credentialsOf(await assumeRole(cloud, {}, dated({ credentials: theirs })));
      expect(await live(session)).to.equal('OK');
      const { byAccount, byKey } = await cloud.counts();
      expect(byAccount.theirs?.calls).to.equal(1);
      expect(byAccount[DEFAULT_ACCOUNT_ID]?.calls).to.equal(1);
      expect(byKey[session.accessKeyID]).to.deep.equal({ calls: 1, byCode: { OK: 1 } });
    });

    it('has the permissions that its role has now', async () => {
      const { roleARN } = DEFAULT_RRSA;
      const session = credentialsOf(await assumeRole(cloud, {}, dated()));
      const list = () =>
        codeOf(callBare(cloud, dated({ credentials: session, action: 'ListEdgeTranscodeJob' })));
      expect([await live(session), await list()]).to.deep.equal(['OK', 'OK']);
      await cloud.modifyRole({ roleARN, permissions: ['live:GetEdgeTranscodeJob'] });
      expect([await live(session), await list()]).to.deep.equal(['OK', 'NoPermission']);
      for (const permission of ['*', 'live:*', 'ListEdgeTranscodeJob']) {
        await cloud.modifyRole({ roleARN, permissions: [permission] });
        expect(await list(), permission).to.equal('OK');
      }
      await cloud.modifyRole({ roleARN, permissions: ['ecs:*'] });
      expect([await live(session), await list()]).to.deep.equal(['NoPermission', 'NoPermission']);
    });

    it('expires on the clock of the simulator, at the second of its Expiration, also at STS', async () => {
      const session = credentialsOf(await assumeRole(cloud, { DurationSeconds: '900' }, dated()));
      now = Date.parse('2026-01-02T03:19:04.999Z');
      expect(await live(session)).to.equal('OK');
      now += 1;
      expect(await live(session)).to.equal('InvalidSecurityToken.Expired');
      expect(await whoIs(session)).to.include({ Code: 'InvalidSecurityToken.Expired' });
    });

    it('can be made to expire: one, those of a role, all', async () => {
      const { roleARN } = await cloud.createRole({ roleName: 'other' });
      const [first, second] = [
        await assumeRole(cloud, {}, dated()),
        await assumeRole(cloud, {}, dated()),
      ].map(credentialsOf);
      const other = credentialsOf(await assumeRole(cloud, { RoleArn: roleARN }, dated()));
      const codes = async () => Promise.all([first, second, other].map((key) => live(key as Credentials)));
      const expired = 'InvalidSecurityToken.Expired';
      expect(await cloud.expireSessions({ accessKeyID: first?.accessKeyID ?? '' })).to.deep.equal({
        count: 1,
      });
      expect(await codes()).to.deep.equal([expired, 'OK', 'OK']);
      expect(await cloud.expireSessions({ roleARN: DEFAULT_RRSA.roleARN })).to.deep.equal({ count: 1 });
      expect(await codes()).to.deep.equal([expired, expired, 'OK']);
      expect(await cloud.expireSessions()).to.deep.equal({ count: 1 });
      expect(await codes()).to.deep.equal([expired, expired, expired]);
      expect((await assumeRole(cloud, {}, dated())).code).to.equal('OK');
    });

    it('may do nothing once its role is removed', async () => {
      const session = credentialsOf(await assumeRole(cloud, {}, dated()));
      await cloud.removeRole({ roleARN: DEFAULT_RRSA.roleARN });
      expect(await live(session)).to.equal('NoPermission');
    });

    it('may assume a further role', async () => {
      const { roleARN } = await cloud.createRole({ roleName: 'further' });
      const credentials = credentialsOf(await assumeRoleWithOIDC(cloud, {}, dated()));
      const { body } = await assumeRole(cloud, { RoleArn: roleARN }, dated({ credentials }));
      expect(body.AssumedRoleUser).to.include({ Arn: `${roleARN}/alice` });
    });

    it('is listed by the verbs, without its secrets', async () => {
      const session = credentialsOf(await assumeRole(cloud, {}, dated()));
      await assumeRoleWithOIDC(cloud, {}, dated());
      const listed = await cloud.sessions({ roleARN: DEFAULT_RRSA.roleARN });
      expect(listed[0]).to.deep.equal({
        accessKeyID: session.accessKeyID,
        accountID: DEFAULT_ACCOUNT_ID,
        roleARN: DEFAULT_RRSA.roleARN,
        roleSessionName: 'alice',
        issuedAt: '2026-01-02T03:04:05Z',
        expiresAt: '2026-01-02T04:04:05Z',
      });
      expect(listed.map(({ roleSessionName }) => roleSessionName)).to.deep.equal(['alice', 'pod']);
      expect(await cloud.sessions({ roleARN: 'none' })).to.deep.equal([]);
    });
  });

  describe('AssumeRoleWithOIDC', () => {
    it('answers a session for a token, unsigned', async () => {
      const { status, body } = await assumeRoleWithOIDC(cloud, { DurationSeconds: '1200' }, dated());
      expect(status).to.equal(200);
      expect(body).to.have.all.keys('AssumedRoleUser', 'Credentials', 'OIDCTokenInfo', 'RequestId');
      expect(body.OIDCTokenInfo).to.include({ Subject: 'system:serviceaccount:default:default' });
      expect(body.Credentials).to.include({ Expiration: '2026-01-02T03:24:05Z' });
      expect(await live(credentialsOf({ status, code: '', body }))).to.equal('OK');
    });

    it('takes a token until it expires, and then the one that replaced it', async () => {
      const { oidcToken: old, oidcProviderARN: providerARN } = DEFAULT_RRSA;
      const codeFor = async (OIDCToken: string) =>
        (await assumeRoleWithOIDC(cloud, { OIDCToken }, dated())).code;
      await cloud.modifyOIDCToken({ token: old, expiresAt: timeOf(now + 60_000) });
      await cloud.addOIDCToken({ token: 'the.next.token', providerARN, expiresAt: timeOf(now + 3_600_000) });
      expect([await codeFor(old), await codeFor('the.next.token')]).to.deep.equal(['OK', 'OK']);
      now += 60_000;
      expect(await codeFor(old)).to.equal('AuthenticationFail.OIDCToken.Expired');
      expect(await codeFor('the.next.token')).to.equal('OK');
      now += 3_600_000;
      expect(await codeFor('the.next.token')).to.equal('AuthenticationFail.OIDCToken.Expired');
    });
  });
});
