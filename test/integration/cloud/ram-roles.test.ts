/**
 * RAM roles: the operator's own, by the token of its service account (RRSA), and those that Secrets name; the
 * renewal of their sessions, and an outage of STS. The metadata address is unreachable here, and nothing
 * waits for it.
 */
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { SessionState } from '../../../simulator/world/sts-world.ts';
import {
  addKey,
  callsAbout,
  createJob,
  furtherCalls,
  type JobIDs,
  now,
  ONE_BY_ONE,
  unknownKey,
} from '../support/cloud-side.ts';
import { expectStalled, failed, IN_FORCE, newAccount, ready, using } from '../support/credentialed.ts';
import { useWorld } from '../support/use-world.ts';
import { secret, secretData } from '../support/user-side.ts';
import { is, job, type Shown, type World } from '../support/world.ts';

/**
 * The shortest of the vendor's are 900 s; these are renewed by a poll after 24 to 28 s, and not used after
 * 35. Polls are 5 s apart.
 */
const SESSION_SECONDS = 40;
const RENEWED_AFTER_MS = 24_000;

/** A session comes and goes in this time, on a busy machine. */
const ONE_SESSION = { withinMs: 60_000 };

describe('a RAM role', function () {
  this.timeout(180_000);
  let tokenFile: string;
  const scene = useWorld({
    prepare: async ({ cloud, processes }) => {
      tokenFile = join(processes.directory, 'oidc-token');
      await writeFile(tokenFile, cloud.rrsa.oidcToken);
    },
    operator: (world) => optionsFor(world, 'default', world.cloud.rrsa.roleARN, tokenFile),
  });

  it('of the operator is neither used nor assumed for namespaces that may not use it', async () => {
    const { world } = scene;
    const namespace = 'other';
    const roleARN = await startFor(namespace, { args: ['--default-credentials-namespaces=default'] });
    const ids = await createJob(world);
    await world.apply(job('foreign', ids, namespace));
    const isRefused = (each: Shown) => is(each, 'Ready', 'False', 'CredentialsNotFound');
    await world.until('foreign', isRefused, { namespace });
    expect(await callsAbout(world, ids)).to.deep.equal([]);
    expect(await sessionsOf(roleARN)).to.deep.equal([]);
  });

  it('of the operator is assumed once for 50 objects that are created together', async () => {
    const { world } = scene;
    const namespace = 'many';
    const roleARN = await startFor(namespace);
    const jobs = await Promise.all(Array.from({ length: 50 }, () => createJob(world)));
    const names = jobs.map((_, index) => `many-${index}`);
    await world.apply(...jobs.map((ids, index) => job(names[index] as string, ids, namespace)));
    for (const name of names) await world.until(name, (each) => is(each, 'Ready', 'True'), { namespace });
    const sessions = await sessionsOf(roleARN);
    expect(sessions).to.have.lengthOf(1);
    for (const ids of jobs)
      expect((await callsAbout(world, ids))[0]?.accessKeyID).to.equal(sessions[0]?.accessKeyID);
  });

  it('of the operator is assumed with the newest token, without a failed observation', async () => {
    const { world } = scene;
    const { admin, rrsa } = world.cloud;
    const { roleARN, oidcProviderARN: providerARN } = rrsa;
    const ids = await createJob(world);
    await world.apply(job('own', ids));
    const before = await ready(world, 'own');
    await admin.modifyRole({ roleARN, sessionSeconds: SESSION_SECONDS });
    await admin.addOIDCToken({ token: 'second.oidc.token', providerARN });
    await writeFile(tokenFile, 'second.oidc.token');
    await admin.removeOIDCToken({ token: rrsa.oidcToken });
    const known = (await sessionsOf(roleARN)).length;
    const since = await now(world);
    // The session of before is good for an hour; the cloud puts an end to it.
    await admin.expireSessions({ roleARN });
    await sessionAfter(roleARN, known + 2);
    await expectRenewedAhead(roleARN, known);
    await furtherCalls(world, ids, 2);
    const codes = new Set((await callsAbout(world, ids, since)).map(({ code }) => code));
    expect([...codes]).to.have.members(['InvalidSecurityToken.Expired', 'OK']);
    expect((await world.get('own')).status).to.deep.equal(before.status);
  });

  it('of a Secret is assumed with its key and external ID, and spends the budget of the role’s account', async () => {
    const { world } = scene;
    const { key, ids } = await newAccount(world);
    const { accountID } = key;
    const theirs = await addKey(world, '1000000000000001');
    const role = await world.cloud.admin.createRole({
      roleName: 'for-others',
      accountID,
      trustedKeys: [theirs.accessKeyID],
      externalID: 'tenant-7',
    });
    const data = { ...secretData(theirs), roleARN: role.roleARN };
    await world.apply(secret('role', { ...data, externalID: 'tenant-8' }), using('role', ids));
    expectStalled(await failed(world, 'role'), 'AuthenticationFailed', /may not be assumed .*external ID/);
    await world.apply(secret('role', { ...data, externalID: 'tenant-7', roleSessionName: 'media@test' }));
    await ready(world, 'role');
    expect((await sessionsOf(role.roleARN)).map(({ roleSessionName }) => roleSessionName)).to.deep.equal([
      'media@test',
    ]);
  });

  it('is not assumed for a Secret whose endpoint is refused', async () => {
    const { world } = scene;
    const { key, ids } = await newAccount(world);
    const { roleARN } = await world.cloud.admin.createRole({ roleName: 'unused', accountID: key.accountID });
    const data = { ...secretData(key), roleARN, endpoint: 'https://live.example.com' };
    await world.apply(secret('refused', data), using('refused', ids));
    expectStalled(
      await failed(world, 'refused'),
      'CredentialsNotFound',
      /--allowed-endpoints; name one of them$/,
    );
    expect(await sessionsOf(roleARN)).to.deep.equal([]);
    expect(await callsAbout(world, ids)).to.deep.equal([]);
  });

  it('that does not exist, or whose key is unknown, is reported', async () => {
    const { world } = scene;
    const { key, ids } = await newAccount(world);
    const roleARN = `acs:ram::${key.accountID}:role/late`;
    await world.apply(secret('late', { ...secretData(key), roleARN }), using('late', ids));
    await world.apply(secret('nobody', { ...secretData(unknownKey()), roleARN }), using('nobody', ids));
    expectStalled(await failed(world, 'late'), 'AuthenticationFailed', /does not exist/);
    expectStalled(await failed(world, 'nobody'), 'AuthenticationFailed', /put in a valid access key/);
    await world.cloud.admin.createRole({ roleName: 'late', accountID: key.accountID });
    await ready(world, 'late');
  });

  it('works through an outage of STS until its session expires, and again soon after the outage', async () => {
    const { world } = scene;
    const { key, ids } = await newAccount(world);
    const { roleARN } = await world.cloud.admin.createRole({
      roleName: 'short',
      accountID: key.accountID,
      sessionSeconds: SESSION_SECONDS,
    });
    await world.apply(secret('short', { ...secretData(key), roleARN }), using('short', ids));
    await ready(world, 'short');
    await world.cloud.admin.refuseConnections({ service: 'sts' });
    const { issuedAt, expiresAt } = (await sessionsOf(roleARN)).at(-1) ?? fail('there is no session');
    const [begin, end] = [Date.parse(issuedAt), Date.parse(expiresAt)];
    await world.eventually(
      'the end of the session',
      () => (Date.now() > end ? true : undefined),
      ONE_SESSION,
    );
    expect(scene.operator.process.output()).to.match(
      /"default\/short".*a session of a role could not be renewed/,
    );
    await world.apply(using('short', await createJobOf(key.accountID), 'during'));
    const during = await failed(world, 'during');
    expect(is(during, 'Ready', 'False', 'ConnectionFailed')).to.equal(true);
    expect(JSON.stringify(during.status)).to.contain('STS cannot be reached (ECONNREFUSED)');
    await world.cloud.admin.acceptConnections({ service: 'sts' });
    await ready(world, 'during');
    const calls = await callsAbout(world, ids);
    expect(calls.some(({ time }) => time >= begin + RENEWED_AFTER_MS && time < end)).to.equal(true);
    expect([...new Set(calls.map(({ code }) => code))]).to.deep.equal(['OK']);
  });

  it('of the operator without a token file is reported, and works once the file exists', async () => {
    const { world } = scene;
    const namespace = 'tokenless';
    const file = join(world.processes.directory, 'late-token');
    await startFor(namespace, { file });
    await world.apply(job('tokenless', await createJob(world), namespace));
    const shown = await world.until('tokenless', (each) => is(each, 'Ready', 'False'), { namespace });
    expectStalled(shown, 'CredentialsNotFound', /OIDC_TOKEN_FILE names cannot be read/);
    await copyFile(tokenFile, file);
    await world.until('tokenless', (each) => is(each, 'Ready', 'True'), { namespace, ...IN_FORCE });
  });

  it('is assumed with tokens that appear nowhere', async () => {
    const { world } = scene;
    await world.apply(job('once', { ...(await createJob(world)), interval: '1h' }));
    await ready(world, 'once');
    for (const { process } of world.operators) expect(process.output()).to.not.contain('oidc.token');
  });

  /**
   * Starts an operator for a namespace of its own, with a role of its own that it has not assumed yet.
   *
   * @returns the role's ARN
   */
  async function startFor(
    namespace: string,
    { file = tokenFile, args = [] as readonly string[] } = {},
  ): Promise<string> {
    const { world } = scene;
    const trustedProviders = [world.cloud.rrsa.oidcProviderARN];
    const { roleARN } = await world.cloud.admin.createRole({ roleName: namespace, trustedProviders });
    await world.kubectl('create', 'namespace', namespace);
    const options = optionsFor(world, namespace, roleARN, file);
    await world.operator({ ...options, name: namespace, args: [...options.args, ...args] });
    return roleARN;
  }

  function optionsFor({ cloud }: World, namespace: string, roleARN: string, file: string) {
    return {
      args: [
        ONE_BY_ONE,
        '--credentials=rrsa',
        `--namespaces=${namespace}`,
        `--default-credentials-namespaces=${namespace}`,
      ],
      env: {
        ALIBABA_CLOUD_ACCESS_KEY_ID: '',
        ALIBABA_CLOUD_ACCESS_KEY_SECRET: '',
        ALIBABA_CLOUD_ROLE_ARN: roleARN,
        ALIBABA_CLOUD_OIDC_PROVIDER_ARN: cloud.rrsa.oidcProviderARN,
        ALIBABA_CLOUD_OIDC_TOKEN_FILE: file,
      },
    };
  }

  function sessionsOf(roleARN: string): Promise<readonly SessionState[]> {
    return scene.world.cloud.admin.sessions({ roleARN });
  }

  /** Resolves once there are that many. */
  async function sessionAfter(roleARN: string, count: number): Promise<void> {
    const look = async () => ((await sessionsOf(roleARN)).length >= count ? true : undefined);
    await scene.world.eventually(`${count} sessions of ${roleARN}`, look, ONE_SESSION);
  }

  /** The last one came before the one before it was over. */
  async function expectRenewedAhead(roleARN: string, from: number): Promise<void> {
    const [first, second] = (await sessionsOf(roleARN)).slice(from);
    expect(Date.parse(second?.issuedAt ?? '')).to.be.lessThan(Date.parse(first?.expiresAt ?? ''));
  }

  function fail(message: string): never {
    throw new Error(message);
  }

  function createJobOf(accountID: string): Promise<JobIDs> {
    return createJob(scene.world, { accountID });
  }
});
