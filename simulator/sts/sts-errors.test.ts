/** Each refusal of STS has the status, code and body that the vendor's pages give. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY, DEFAULT_RRSA, DEFAULT_TEMPORARY_KEY } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { assumeRole, assumeRoleWithOIDC, callSts, credentialsOf } from '../test/sts-client.ts';

const { roleARN, oidcProviderARN: providerARN, oidcToken: token } = DEFAULT_RRSA;

describe('a refused call to STS', () => {
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator();
  });
  beforeEach(() => cloud.reset());
  after(() => cloud.close());

  it("has the vendor's JSON, for the product Sts", async () => {
    const { status, body } = await assumeRole(cloud, { RoleArn: `${roleARN}s` });
    expect(status).to.equal(404);
    expect(body).to.include({ Code: 'EntityNotExist.Role', HostId: cloud.stsHost });
    expect(body.RequestId).to.match(/^[0-9A-F-]{36}$/);
    expect(body.Recommend).to.contain('q=EntityNotExist.Role&product=Sts&');
  });

  for (const action of ['GetCallerIdentity', 'AssumeRole']) {
    it(`is of ${action} without a good signature, by key and signature as at Live`, async () => {
      const codeOf = async (options: object) => {
        const { status, code } = await callSts(cloud, action, {}, options);
        return [status, code];
      };
      expect(await codeOf({ signature: 'none' })).to.deep.equal([400, 'IncompleteSignature']);
      for (const signature of ['ACS3', 'RPC']) {
        const wrong = { credentials: { ...DEFAULT_KEY, accessKeySecret: 'wrong' }, signature };
        expect(await codeOf(wrong)).to.deep.equal([400, 'SignatureDoesNotMatch']);
        const unknown = { credentials: { accessKeyID: 'LTAInone', accessKeySecret: 'x' }, signature };
        expect(await codeOf(unknown)).to.deep.equal([404, 'InvalidAccessKeyId.NotFound']);
        const malformed = { credentials: { ...DEFAULT_TEMPORARY_KEY, securityToken: 'x' }, signature };
        expect(await codeOf(malformed)).to.deep.equal([400, 'InvalidSecurityToken.Malformed']);
        const skewed = { date: Date.now() - 16 * 60_000, signature };
        expect(await codeOf(skewed)).to.deep.equal([400, 'InvalidTimeStamp.Expired']);
      }
      await cloud.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: false });
      expect(await codeOf({})).to.deep.equal([400, 'InvalidAccessKeyId.Inactive']);
    });
  }

  it('names an unknown operation or version', async () => {
    expect(await callSts(cloud, 'GetEdgeTranscodeJob')).to.include({
      status: 404,
      code: 'InvalidAction.NotFound',
    });
    expect(await callSts(cloud, 'GetCallerIdentity', {}, { version: '2016-11-01' })).to.include({
      status: 404,
      code: 'InvalidVersion',
    });
  });

  for (const [name, value, code] of [
    ['RoleArn', '', 'MissingParameter.RoleArn'],
    ['RoleArn', 'job-reader', 'InvalidParameter.RoleArn'],
    ['RoleSessionName', '', 'MissingParameter.RoleSessionName'],
    ['RoleSessionName', 'a', 'InvalidParameter.RoleSessionName'],
    ['RoleSessionName', 'a b', 'InvalidParameter.RoleSessionName'],
    ['RoleSessionName', 'a'.repeat(65), 'InvalidParameter.RoleSessionName'],
    ['DurationSeconds', '899', 'InvalidParameter.DurationSeconds'],
    ['DurationSeconds', '3601', 'InvalidParameter.DurationSeconds'],
    ['DurationSeconds', '1h', 'InvalidParameter.DurationSeconds'],
    ['Policy', '{}', 'InvalidParameter.PolicyGrammar'],
  ] as const) {
    it(`is 400 ${code} for ${name} "${value.slice(0, 12)}"`, async () => {
      for (const assume of [assumeRole, assumeRoleWithOIDC]) {
        expect(await assume(cloud, { [name]: value })).to.include({ status: 400, code });
      }
    });
  }

  it("lets a session last up to the role's longest, from 900 seconds to 12 hours", async () => {
    await cloud.modifyRole({ roleARN, maxSessionSeconds: 43_200 });
    for (const assume of [assumeRole, assumeRoleWithOIDC]) {
      for (const DurationSeconds of ['900', '43200']) {
        expect((await assume(cloud, { DurationSeconds })).code).to.equal('OK');
      }
      expect((await assume(cloud, { DurationSeconds: '43201' })).code).to.equal(
        'InvalidParameter.DurationSeconds',
      );
    }
  });

  describe('to assume a role', () => {
    const denied = { status: 403, code: 'NoPermission' };

    it('is 404 EntityNotExist.Role for an unknown or removed role, and for the ARN of a user', async () => {
      await cloud.removeRole({ roleARN });
      for (const RoleArn of [roleARN, `acs:ram::${DEFAULT_ACCOUNT_ID}:user/operator`]) {
        expect(await assumeRole(cloud, { RoleArn })).to.include({ status: 404, code: 'EntityNotExist.Role' });
      }
    });

    it('is 403 NoPermission for a caller that the role does not trust: by account, by key, or at all', async () => {
      await cloud.modifyRole({ roleARN, trustedAccounts: ['another'] });
      expect(await assumeRole(cloud)).to.include(denied);
      await cloud.modifyRole({ roleARN, trustedKeys: [DEFAULT_KEY.accessKeyID] });
      expect((await assumeRole(cloud)).code).to.equal('OK');
      expect(await assumeRole(cloud, {}, { credentials: DEFAULT_TEMPORARY_KEY })).to.include(denied);
      await cloud.modifyRole({ roleARN, trusted: false });
      expect(await assumeRole(cloud)).to.include(denied);
      await cloud.modifyRole({ roleARN, trusted: true });
      expect((await assumeRole(cloud)).code).to.equal('OK');
    });

    it('is 403 NoPermission without the external ID that the role demands, and 400 for a malformed one', async () => {
      const codeOf = async (ExternalId: string) => (await assumeRole(cloud, { ExternalId })).code;
      expect(await codeOf('not-demanded')).to.equal('OK');
      await cloud.modifyRole({ roleARN, externalID: 'tenant-1/a=b' });
      expect(await assumeRole(cloud)).to.include(denied);
      expect(await codeOf('tenant-2')).to.equal('NoPermission');
      expect(await codeOf('tenant-1/a=b')).to.equal('OK');
      expect(await codeOf('tenant 1')).to.equal('InvalidParameter.ExternalId');
      expect((await assumeRoleWithOIDC(cloud)).code).to.equal('OK');
      await cloud.modifyRole({ roleARN, externalID: '' });
      expect((await assumeRole(cloud)).code).to.equal('OK');
    });

    it('is 403 NoPermission for a caller that may not assume roles, and for the account itself', async () => {
      await cloud.deny({ action: 'sts:AssumeRole', accessKeyID: DEFAULT_KEY.accessKeyID });
      expect(await assumeRole(cloud)).to.include(denied);
      expect((await assumeRole(cloud, {}, { credentials: DEFAULT_TEMPORARY_KEY })).code).to.equal('OK');
      await cloud.allow({});
      const root = { accessKeyID: 'LTAIroot', accessKeySecret: 'root' };
      await cloud.addKey({ accountID: DEFAULT_ACCOUNT_ID, ...root, userName: '' });
      const outcome = await assumeRole(cloud, {}, { credentials: root });
      expect(outcome).to.include(denied);
      expect(outcome.body.Message).to.equal('Roles may not be assumed by root accounts.');
    });
  });

  describe('to assume a role with a token', () => {
    const refusal = async (parameters: Record<string, string>) => {
      const { status, code } = await assumeRoleWithOIDC(cloud, parameters);
      return `${status} ${code.replace('AuthenticationFail.', '')}`;
    };

    it('is 401 for a token that is empty, no JSON web token, forged, or forgotten', async () => {
      expect(await refusal({ OIDCToken: '' })).to.equal('401 OIDCToken.Invalid');
      expect(await refusal({ OIDCToken: 'no-token' })).to.equal('401 OIDCToken.Invalid');
      expect(await refusal({ OIDCToken: 'forged.oidc.token' })).to.equal('401 OIDCToken.InvalidSignature');
      await cloud.removeOIDCToken({ token });
      expect(await refusal({})).to.equal('401 OIDCToken.InvalidSignature');
    });

    it('is 401 for an unknown provider, and for one that did not issue the token', async () => {
      const OIDCProviderArn = `${providerARN}-2`;
      expect(await refusal({ OIDCProviderArn })).to.equal('401 NoPermission');
      expect(await refusal({ OIDCProviderArn: '' })).to.equal('400 MissingParameter.OIDCProviderArn');
      await cloud.addOIDCToken({ token: 'a.b.c', providerARN: OIDCProviderArn });
      expect(await refusal({ OIDCProviderArn })).to.equal('401 OIDCToken.IssuerNotMatch');
    });

    it('is 401 where the role does not trust the provider, and 404 where there is no role', async () => {
      const { roleARN: keysOnly } = await cloud.createRole({ roleName: 'keys-only' });
      expect(await refusal({ RoleArn: keysOnly })).to.equal('401 NoPermission');
      expect(await refusal({ RoleArn: `${roleARN}s` })).to.equal('404 EntityNotExist.Role');
      await cloud.modifyRole({ roleARN, trusted: false });
      expect(await refusal({})).to.equal('401 NoPermission');
      await cloud.modifyRole({ roleARN, trusted: true });
      expect(await refusal({})).to.equal('200 OK');
    });

    it('repeats no token, and is logged without it', async () => {
      const OIDCToken = 'canary.forged.token';
      const { body } = await assumeRoleWithOIDC(cloud, { OIDCToken });
      const good = credentialsOf(await assumeRole(cloud));
      const visible = JSON.stringify([
        body,
        await cloud.calls({ service: 'sts' }),
        await cloud.counts({ service: 'sts' }),
        await cloud.roles(),
        await cloud.sessions(),
      ]);
      for (const secret of ['canary', token, good.accessKeySecret, good.securityToken]) {
        expect(visible).not.to.contain(secret);
      }
    });
  });
});
