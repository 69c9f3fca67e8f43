/** The verbs do what they say, whichever way in is taken. */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_RRSA } from '../seed.ts';
import type { Simulator } from '../simulator.ts';
import type { CloudWorld } from '../world/cloud-world.ts';
import { assumeRole, assumeRoleWithOIDC, callSts } from './sts-client.ts';
import { callWithSdk, knock, NEVER_STARTED_JOB_ID, queryOf, RUNNING_JOB_ID } from './test-client.ts';
import { throughEachWayIn } from './ways-in.ts';

const SECRET = 'a-secret-that-must-not-come-back';

throughEachWayIn('the cloud world', (enter) => {
  let world: CloudWorld;
  let simulator: Simulator;
  beforeEach(() => {
    ({ world, simulator } = enter());
  });

  it('makes, starts, stops, changes, lists and removes jobs', async () => {
    const made = await world.createJob({ clusterID: 'c', jobID: 'j', name: 'made', type: 'ultra-hd' });
    expect(made).to.include({ clusterID: 'c', jobID: 'j', accountID: DEFAULT_ACCOUNT_ID, status: '0' });
    expect(await world.startJob({ jobID: 'j' })).to.include({ status: '1' });
    expect(await world.stopJob({ clusterID: 'c', jobID: 'j' })).to.include({ status: '0' });
    expect(await world.modifyJob({ jobID: 'j', name: 'changed' })).to.include({ name: 'changed' });
    expect((await world.jobs({ clusterID: 'c' })).map(({ jobID }) => jobID)).to.deep.equal(['j']);
    await world.removeJob({ jobID: 'j' });
    expect(await world.jobs({ clusterID: 'c' })).to.deep.equal([]);
    expect(await world.jobs()).to.have.length(3);
  });

  it('makes accounts and keys that can call, and takes them away', async () => {
    const credentials = { accessKeyID: 'STS.new', accessKeySecret: SECRET, securityToken: 'token' };
    const codeOf = async () => (await callWithSdk(simulator, { credentials, query: queryOf('none') })).code;
    await world.createAccount({ accountID: 'new', callsPerMinute: 4 });
    await world.addKey({ accountID: 'new', ...credentials, expiresAt: '2999-01-01T00:00:00Z' });
    expect(await codeOf()).to.equal('JobNotFound');
    await world.deny({ action: 'GetEdgeTranscodeJob', accountID: 'new', code: 'Forbidden.RAM' });
    expect(await codeOf()).to.equal('Forbidden.RAM');
    await world.allow({});
    await world.modifyAccount({ accountID: 'new', enabled: false });
    expect(await codeOf()).to.equal('OperationDenied');
    await world.spendQuota({ accountID: 'new', calls: 1 });
    expect(await codeOf()).to.equal('Throttling.User');
    await world.modifyKey({ accessKeyID: 'STS.new', active: false });
    expect(await codeOf()).to.equal('InvalidAccessKeyId.Inactive');
    await world.removeKey({ accessKeyID: 'STS.new' });
    expect(await codeOf()).to.equal('InvalidAccessKeyId.NotFound');
  });

  it('makes, changes, lists and removes roles, and expires their sessions', async () => {
    const made = await world.createRole({ roleName: 'r', trustedProviders: ['p'], externalID: SECRET });
    const { roleARN } = made;
    expect(made).to.deep.equal({
      roleARN: `acs:ram::${DEFAULT_ACCOUNT_ID}:role/r`,
      roleName: 'r',
      accountID: DEFAULT_ACCOUNT_ID,
      needsExternalID: true,
      trusted: true,
      trustedAccounts: [],
      trustedKeys: [],
      trustedProviders: ['p'],
      permissions: ['*'],
      maxSessionSeconds: 3_600,
      sessionSeconds: 0,
    });
    const changed = await world.modifyRole({
      roleARN,
      trustedAccounts: [DEFAULT_ACCOUNT_ID],
      externalID: '',
    });
    expect(changed).to.deep.equal({
      ...made,
      trustedAccounts: [DEFAULT_ACCOUNT_ID],
      needsExternalID: false,
    });
    expect((await world.roles()).map(({ roleName }) => roleName)).to.deep.equal(['job-reader', 'r']);
    expect((await assumeRole(simulator, { RoleArn: roleARN })).code).to.equal('OK');
    expect((await world.sessions({ roleARN })).length).to.equal(1);
    expect(await world.expireSessions({ roleARN })).to.deep.equal({ count: 1 });
    await world.removeRole({ roleARN });
    expect((await assumeRole(simulator, { RoleArn: roleARN })).code).to.equal('EntityNotExist.Role');
  });

  it('makes OIDC tokens known, and lets them expire and be forgotten', async () => {
    const token = 'a.new.token';
    const { oidcProviderARN: providerARN } = DEFAULT_RRSA;
    const codeOf = async () => (await assumeRoleWithOIDC(simulator, { OIDCToken: token })).code;
    await world.addOIDCToken({ token, providerARN, subject: 'system:serviceaccount:a:b' });
    expect(await codeOf()).to.equal('OK');
    await world.modifyOIDCToken({ token, expiresAt: '2020-01-01T00:00:00Z' });
    expect(await codeOf()).to.equal('AuthenticationFail.OIDCToken.Expired');
    await world.removeOIDCToken({ token });
    expect(await codeOf()).to.equal('AuthenticationFail.OIDCToken.InvalidSignature');
  });

  it('makes, starts, stops and removes jobs in bulk', async () => {
    const { jobs } = await world.createJobs({ clusterIDs: ['c', 'd'], count: 3, prefix: 'j', status: '1' });
    expect(jobs).to.deep.equal([
      { clusterID: 'c', jobID: 'j00000000' },
      { clusterID: 'd', jobID: 'j00000001' },
      { clusterID: 'c', jobID: 'j00000002' },
    ]);
    const statuses = async () =>
      [...(await world.jobs({ clusterID: 'c' })), ...(await world.jobs({ clusterID: 'd' }))].map(
        ({ status }) => status,
      );
    expect(await world.stopJobs({ jobIDs: ['j00000000', 'j00000001'] })).to.include({ count: 2 });
    expect(await statuses()).to.deep.equal(['0', '1', '0']);
    expect(await world.startJobs({ clusterID: 'c', jobIDs: ['j00000000'] })).to.include({ count: 1 });
    expect(await statuses()).to.deep.equal(['1', '1', '0']);
    await world.removeJobs({ jobIDs: ['j00000000'] });
    expect(await statuses()).to.deep.equal(['1', '0']);
  });

  it('sets faults, lists and removes them', async () => {
    const { faultID } = await world.addFault({ kind: 'body', body: { Job: null }, jobID: 'j', calls: 2 });
    expect(await world.faults()).to.deep.equal([
      { kind: 'body', body: { Job: null }, jobID: 'j', calls: 2, faultID },
    ]);
    await world.removeFault({ faultID });
    await world.addFault({ kind: 'hang' });
    await world.clearFaults();
    expect(await world.faults()).to.deep.equal([]);
  });

  it('counts calls, waits for them and forgets them', async () => {
    const waiting = world.awaitCalls({ count: 1 });
    await callWithSdk(simulator);
    expect((await waiting).calls).to.have.length(1);
    expect((await world.calls({ limit: 1 })).calls[0]).to.include({ jobID: RUNNING_JOB_ID, code: 'OK' });
    expect((await world.counts()).byOperation).to.deep.equal({ GetEdgeTranscodeJob: { OK: 1 } });
    await world.resetCounts();
    expect((await world.counts()).calls).to.equal(0);
    const { calls } = await world.awaitCalls({ count: 1, milliseconds: 1 });
    expect(calls).to.deep.equal([]);
  });

  it('counts, waits for and times the calls of each service', async () => {
    const waiting = world.awaitCalls({ count: 1, service: 'sts' });
    await callSts(simulator, 'GetCallerIdentity');
    expect((await waiting).calls).to.have.length(1);
    expect((await world.calls({ service: 'sts', limit: 1 })).calls).to.have.length(1);
    expect((await world.counts({ service: 'sts' })).byOperation).to.deep.equal({
      GetCallerIdentity: { OK: 1 },
    });
    const before = Date.now();
    await callWithSdk(simulator);
    const of = { accountID: DEFAULT_ACCOUNT_ID, operation: 'GetEdgeTranscodeJob' };
    const { times, lost } = await world.timeline(of);
    expect([times.length, lost]).to.deep.equal([1, 0]);
    expect(times[0]).to.be.within(before, Date.now());
  });

  it('refuses and accepts connections', async () => {
    await world.refuseConnections();
    expect(await knock(simulator.url)).to.equal('ECONNREFUSED');
    await world.acceptConnections();
    expect(await knock(simulator.url)).to.equal(400);
    await world.refuseConnections({ service: 'sts' });
    expect(await knock(simulator.stsURL)).to.equal('ECONNREFUSED');
    await world.acceptConnections({ service: 'sts' });
    expect(await knock(simulator.stsURL)).to.equal(400);
  });

  it('is as it was at the start after a reset', async () => {
    await world.createAccount({ accountID: 'new' });
    await world.removeJob({ jobID: RUNNING_JOB_ID });
    await world.startJob({ jobID: NEVER_STARTED_JOB_ID });
    await world.addFault({ kind: 'hang' });
    await world.deny({ action: 'GetEdgeTranscodeJob' });
    await world.createRole({ roleName: 'new' });
    await world.modifyRole({ roleARN: DEFAULT_RRSA.roleARN, trusted: false });
    await world.removeOIDCToken({ token: DEFAULT_RRSA.oidcToken });
    await world.refuseConnections();
    await world.refuseConnections({ service: 'sts' });
    await world.reset();
    // Meanwhile the SDK sees that the connections which it kept from earlier tests were cut.
    for (const url of [simulator.url, simulator.stsURL]) expect(await knock(url)).to.equal(400);
    expect((await assumeRoleWithOIDC(simulator)).code).to.equal('OK');
    await world.createRole({ roleName: 'new' });
    expect(await world.sessions()).to.have.length(1);
    expect(await world.jobs()).to.have.length(3);
    expect((await callWithSdk(simulator)).code).to.equal('OK');
    expect((await callWithSdk(simulator, { query: queryOf(NEVER_STARTED_JOB_ID) })).body.Job).to.include({
      Status: '0',
    });
    await world.createAccount({ accountID: 'new' });
  });
});
