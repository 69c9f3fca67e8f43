// Calls of STS: what is sent, how long a session lasts, and how few calls are made during an outage.

import { expect } from 'chai';
import { Sts } from '../../../../src/cloud/sts/sts.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { Loopback } from '../client/loopback.ts';

const CALLER = { namespace: 'media', identity: 'media/account' };
const KEY = { accessKeyID: 'LTAI-test', accessKeySecret: 'CANARY' };
const ROLE = { roleARN: 'acs:ram::1:role/job-reader', sessionName: 'media' };
const HOUR = 3_600_000;

describe('STS', () => {
  let service: Loopback;
  let clock: FakeClock;
  let logger: RecordingLogger;
  let sts: Sts;
  let called: [operation: string, code: string][];
  let mayCall: boolean;

  beforeEach(async () => {
    service = new Loopback();
    await service.open();
    clock = new FakeClock();
    logger = new RecordingLogger();
    called = [];
    const observer = { called: (operation: string, code: string) => void called.push([operation, code]) };
    mayCall = true;
    const options = { endpoint: service.endpoint, userAgent: 'test', clock, logger, observer };
    sts = new Sts({ ...options, mayCall: () => mayCall });
  });
  afterEach(() => {
    sts.close();
    service.close();
  });

  function answerWith(status: number, body: object): void {
    service.respond = (response) => response.writeHead(status).end(JSON.stringify(body));
  }

  function giveSession(lifeMs = HOUR): void {
    const Expiration = new Date(clock.date().getTime() + lifeMs).toISOString();
    const key = { AccessKeyId: 'STS.1', AccessKeySecret: 'CANARY', SecurityToken: 'CANARY' };
    answerWith(200, { Credentials: { ...key, Expiration } });
  }

  async function parametersOf(act: () => Promise<unknown>): Promise<Record<string, string>> {
    const body = new Promise<string>((resolve) => {
      service.read = resolve;
    });
    await act();
    return Object.fromEntries(new URLSearchParams(await body));
  }

  it('sends the role, and the external ID if there is one, signed with the key', async () => {
    giveSession();
    expect(await parametersOf(() => sts.assumeRole(CALLER, KEY, ROLE))).to.deep.equal({
      RoleArn: ROLE.roleARN,
      RoleSessionName: 'media',
      DurationSeconds: '3600',
    });
    const external = await parametersOf(() => sts.assumeRole(CALLER, KEY, { ...ROLE, externalID: 'x/1' }));
    expect(external).to.include({ ExternalId: 'x/1' });
    expect(service.requests[0]?.headers).to.include({ 'x-acs-action': 'AssumeRole' });
    expect(called).to.deep.equal(Array(2).fill(['AssumeRole', 'OK']));
  });

  it('sends the role with the token, unsigned and not in the URL', async () => {
    giveSession();
    const oidc = { ...ROLE, oidcProviderARN: 'acs:ram::1:oidc-provider/p', token: 'a.b.c' };
    expect(await parametersOf(() => sts.assumeRoleWithOIDC(CALLER, oidc))).to.deep.equal({
      RoleArn: ROLE.roleARN,
      RoleSessionName: 'media',
      DurationSeconds: '3600',
      OIDCProviderArn: 'acs:ram::1:oidc-provider/p',
      OIDCToken: 'a.b.c',
    });
    expect(service.requests[0]?.headers).not.to.have.property('authorization');
    expect(service.requests[0]?.url).to.equal('/');
  });

  it('returns the account of a key', async () => {
    answerWith(200, { AccountId: '1000000000000001' });
    expect(await sts.accountOf(CALLER, KEY)).to.deep.equal({ accountID: '1000000000000001' });
  });

  describe('returns sessions that end', () => {
    async function lifeOf(lifeMs: number): Promise<number> {
      giveSession(lifeMs);
      const sentAt = clock.now();
      const assumed = await sts.assumeRole(CALLER, KEY, ROLE);
      return 'key' in assumed ? assumed.key.expiresAt - sentAt : Number.NaN;
    }

    it('when the answer says', async () => {
      expect(await lifeOf(900_000)).to.equal(900_000);
    });

    it('after an hour at most, even if the local clock is late', async () => {
      clock.wallOffsetMs = -10 * 60_000;
      expect(await lifeOf(HOUR + 600_000)).to.equal(HOUR);
    });
  });

  it('returns a failure without any text of the answer', async () => {
    answerWith(403, { Code: 'NoPermission', Message: 'CANARY', RequestId: 'R1' });
    const result = await sts.assumeRole(CALLER, KEY, ROLE);
    expect(result).to.have.nested.property('failure.kind', 'AuthenticationFailed');
    answerWith(200, { Credentials: 'CANARY' });
    expect(await sts.assumeRole(CALLER, KEY, ROLE)).to.have.nested.property(
      'failure.kind',
      'UnexpectedResponse',
    );
    expect(JSON.stringify([result, logger.lines])).not.to.contain('CANARY');
    expect(logger.lines[0]?.fields).to.deep.equal({
      action: 'AssumeRole',
      identity: 'media/account',
      kind: 'AuthenticationFailed',
      code: 'NoPermission',
      requestID: 'R1',
    });
  });

  describe('during an outage', () => {
    async function fail(times: number): Promise<void> {
      for (let index = 0; index < times; index += 1)
        expect(await sts.assumeRole(CALLER, KEY, ROLE)).to.have.property('failure');
    }
    beforeEach(() => answerWith(503, { Code: 'ServiceUnavailable' }));

    it('gets no call after five failures in a row, and then one probe at a time', async () => {
      await fail(50);
      expect(service.requests).to.have.length(5);
      await clock.advance(20_000);
      await Promise.all([fail(10), fail(10)]);
      expect(service.requests).to.have.length(6);
    });

    it('refuses no other namespace than the one whose calls failed', async () => {
      await fail(10);
      giveSession();
      const other = await sts.assumeRole({ namespace: 'news', identity: 'news/account' }, KEY, ROLE);
      expect(other).to.have.property('key');
    });

    it('says when the next call is possible', async () => {
      await fail(5);
      const result = await sts.assumeRole(CALLER, KEY, ROLE);
      const { retryAt } = 'failure' in result ? result.failure : {};
      expect(retryAt).to.be.within(clock.now() + 2_500, clock.now() + 5_000);
    });

    it('serves all again once the probe gets an answer, even a refusal', async () => {
      await fail(5);
      await clock.advance(20_000);
      answerWith(403, { Code: 'NoPermission' });
      await fail(3);
      expect(service.requests).to.have.length(8);
    });

    it('stays open after fewer than five failures in a row; a refusal counts as an answer', async () => {
      await fail(4);
      answerWith(403, { Code: 'NoPermission' });
      await fail(1);
      answerWith(503, { Code: 'ServiceUnavailable' });
      await fail(4);
      expect(service.requests).to.have.length(9);
    });
  });

  it('gets no call, for a session or an account, while no call may be made', async () => {
    mayCall = false;
    expect(await sts.assumeRole(CALLER, KEY, ROLE)).to.have.nested.property(
      'failure.kind',
      'ConnectionFailed',
    );
    expect(await sts.accountOf(CALLER, KEY)).to.have.nested.property('failure.kind', 'ConnectionFailed');
    expect(service.requests).to.deep.equal([]);
    mayCall = true;
    giveSession();
    expect(await sts.assumeRole(CALLER, KEY, ROLE)).to.have.property('key');
  });

  it('gets no call once it is closed', async () => {
    await sts.assumeRole(CALLER, KEY, ROLE);
    const waiting = sts.assumeRole(CALLER, KEY, ROLE);
    await settled();
    sts.close();
    expect(await waiting).to.have.nested.property('failure.kind', 'ConnectionFailed');
    expect(service.requests).to.have.length(1);
  });
});
