/**
 * STS can fail on its own, and is counted on its own: nothing of it is felt at Live, nor the other way round.
 */
import { expect } from 'chai';
import { selfSignedCertificate } from '../http/certificate.ts';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY, DEFAULT_RRSA } from '../seed.ts';
import { type Simulator, startSimulator } from '../simulator.ts';
import { assumeRole, assumeRoleWithOIDC, callSts } from '../test/sts-client.ts';
import { callWithSdk, knock } from '../test/test-client.ts';
import type { NewFault } from '../world/cloud-world.ts';

const sts = { service: 'sts' } as const;

describe('STS beside Live', () => {
  let cloud: Simulator;
  before(async () => {
    cloud = await startSimulator();
  });
  beforeEach(() => cloud.reset());
  after(() => cloud.close());

  const whoAmI = () => callSts(cloud, 'GetCallerIdentity');

  it('fails with any status, by operation, key or role, while Live works', async () => {
    const broken = { kind: 'error', status: 503, code: 'ServiceUnavailable', ...sts } as const;
    await cloud.addFault({ ...broken, calls: 1 });
    expect((await callWithSdk(cloud)).code).to.equal('OK');
    expect([(await whoAmI()).status, (await whoAmI()).status]).to.deep.equal([503, 200]);
    for (const [scope, failing, working] of [
      [{ action: 'AssumeRole' }, assumeRole, assumeRoleWithOIDC],
      [{ accessKeyID: DEFAULT_KEY.accessKeyID }, assumeRole, assumeRoleWithOIDC],
      [{ roleARN: DEFAULT_RRSA.roleARN }, assumeRoleWithOIDC, whoAmI],
    ] as const) {
      const { faultID } = await cloud.addFault({ ...broken, ...scope });
      expect((await failing(cloud)).code).to.equal('ServiceUnavailable');
      expect((await working(cloud)).code).to.equal('OK');
      await cloud.removeFault({ faultID });
    }
  });

  it('is not met by the faults of Live', async () => {
    await cloud.addFault({ kind: 'error', status: 500, code: 'InternalError' });
    expect((await whoAmI()).code).to.equal('OK');
    expect((await callWithSdk(cloud)).code).to.equal('InternalError');
  });

  it('hangs while Live answers', async () => {
    await cloud.addFault({ kind: 'hang', ...sts });
    const hanging = whoAmI().catch((error: Error) => error.name);
    await cloud.awaitCalls({ count: 1, ...sts });
    expect((await callWithSdk(cloud)).code).to.equal('OK');
    await cloud.refuseConnections(sts);
    await hanging;
  });

  it('refuses connections while Live accepts them, and the other way round', async () => {
    await cloud.refuseConnections(sts);
    expect([await knock(cloud.stsURL), await knock(cloud.url)]).to.deep.equal(['ECONNREFUSED', 400]);
    await cloud.acceptConnections(sts);
    await cloud.refuseConnections();
    expect([await knock(cloud.stsURL), await knock(cloud.url)]).to.deep.equal([400, 'ECONNREFUSED']);
    await cloud.acceptConnections();
    expect([await knock(cloud.stsURL), await knock(cloud.url)]).to.deep.equal([400, 400]);
  });

  it('is counted by operation and code, account and key, apart from Live', async () => {
    // The SDK keeps the connections of earlier tests. Once it sees that they are cut, it opens others.
    await cloud.refuseConnections(sts);
    await knock(cloud.stsURL);
    await cloud.acceptConnections(sts);
    await whoAmI();
    await assumeRole(cloud, { RoleArn: 'acs:ram::1:role/none' });
    await assumeRoleWithOIDC(cloud);
    await callSts(cloud, 'Nonsense');
    const { byOperation, byAccount, byKey, connections } = await cloud.counts(sts);
    expect(byOperation).to.deep.equal({
      GetCallerIdentity: { OK: 1 },
      AssumeRole: { 'EntityNotExist.Role': 1 },
      AssumeRoleWithOIDC: { OK: 1 },
      '(unknown)': { 'InvalidAction.NotFound': 1 },
    });
    // The unsigned call is the account's that has the role.
    expect(byAccount[DEFAULT_ACCOUNT_ID]?.calls).to.equal(4);
    expect(byKey).to.deep.include({ '(none)': { calls: 1, byCode: { OK: 1 } } });
    expect(connections.opened).to.be.greaterThan(0);
    expect(await cloud.counts()).to.deep.include({ calls: 0, byKey: {} });
    expect((await cloud.calls(sts)).calls[2]).to.include({
      operation: 'AssumeRoleWithOIDC',
      roleARN: DEFAULT_RRSA.roleARN,
    });
    expect((await cloud.timeline({ accountID: DEFAULT_ACCOUNT_ID, ...sts })).times).to.have.length(4);
    await cloud.resetCounts();
    expect(await cloud.counts(sts)).to.include({ calls: 0 });
  });

  it("spends nothing of the account's quota at Live", async () => {
    await cloud.modifyAccount({ accountID: DEFAULT_ACCOUNT_ID, callsPerMinute: 1 });
    for (let call = 0; call < 3; call++) expect((await whoAmI()).code).to.equal('OK');
    expect((await callWithSdk(cloud)).code).to.equal('OK');
  });

  it('refuses a verb about an unknown service', async () => {
    const service = 'ram' as 'sts';
    for (const done of [
      cloud.counts({ service }),
      cloud.refuseConnections({ service }),
      cloud.addFault({ kind: 'hang', service } as NewFault),
    ]) {
      const error = await done.catch((reason: unknown) => reason as Error);
      expect(error).to.have.property('message', 'The services are live and sts, not ram.');
    }
  });
});

describe('STS with a certificate of its own', () => {
  it('is https beside a Live that is not', async () => {
    const tls = selfSignedCertificate();
    const cloud = await startSimulator({ stsTLS: tls });
    try {
      expect(cloud.url).to.match(/^http:/);
      expect(cloud.stsURL).to.match(/^https:/);
      expect(await knock(cloud.stsURL, tls.cert)).to.equal(400);
    } finally {
      await cloud.close();
    }
  });
});
