/**
 * Roles that a reader assumes with the key of a Secret or the token of its service account. Each is assumed
 * once, and its session is replaced when it is refused.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY, DEFAULT_RRSA } from '../../../simulator/seed.ts';
import { settled } from '../../unit/kit/fakes/fake-clock.ts';
import { outcomes, SECRET, SECRET_KEPT_MS, type Subject } from '../cloud-subject.ts';
import { type NewReader, withSubject } from '../with-subject.ts';

const { roleARN, oidcProviderARN, oidcToken } = DEFAULT_RRSA;
const WITH_ROLE = { ...DEFAULT_KEY, roleARN };
const OTHER_ACCOUNT = '1000000000000002';

/** Longest time without a call of STS after a failure, ms. */
const ASKED_AGAIN_MS = 20_000;
/** How long the first call of a credential waits for STS to give its account. */
const ACCOUNT_MS = 3_000;

export function readerRoles(newReader: NewReader): void {
  describe('roles', () => {
    const newSubject = withSubject(newReader);
    let subject: Subject;
    beforeEach(() => {
      subject = newSubject();
    });

    const observe = () => subject.observe({ credential: SECRET });
    const failure = () => subject.failure({ credential: SECRET });

    /** How often roles were assumed, by operation and code. */
    async function stsCalls(): Promise<Record<string, Record<string, number>>> {
      const { GetCallerIdentity: _, ...others } = (await subject.cloud.counts({ service: 'sts' }))
        .byOperation;
      return others;
    }

    async function keysUsed(): Promise<(string | undefined)[]> {
      return (await subject.cloud.calls()).calls.map(({ accessKeyID }) => accessKeyID);
    }

    describe('of a Secret', () => {
      it('are assumed with its key, once for all requests, and their session signs', async () => {
        subject.putSecret(WITH_ROLE);
        expect(await outcomes(subject.observeTimes(50, { credential: SECRET }))).to.deep.equal(
          Array(50).fill('observed'),
        );
        expect(await stsCalls()).to.deep.equal({ AssumeRole: { OK: 1 } });
        const [session] = await subject.cloud.sessions();
        expect(new Set(await keysUsed())).to.deep.equal(new Set([session?.accessKeyID]));
        expect(session?.roleSessionName).to.equal('edge-transcode-job-operator');
      });

      it('are assumed with the session name and external ID of the Secret', async () => {
        await subject.cloud.modifyRole({ roleARN, externalID: 'media/42' });
        subject.putSecret({ ...WITH_ROLE, externalID: 'CANARY' });
        expect(await failure()).to.include({ kind: 'AuthenticationFailed' });
        subject.putSecret({ ...WITH_ROLE, externalID: 'media/42', roleSessionName: 'media' });
        await subject.clock.advance(SECRET_KEPT_MS);
        expect(await outcomes([observe()])).to.deep.equal(['observed']);
        expect((await subject.cloud.sessions())[0]?.roleSessionName).to.equal('media');
      });

      const REFUSALS: [string, () => unknown, RegExp][] = [
        [
          'that are not there',
          () => subject.cloud.removeRole({ roleARN }),
          /does not exist \(EntityNotExist.Role\)/,
        ],
        [
          'that do not trust the key',
          () => subject.cloud.modifyRole({ roleARN, trusted: false }),
          /may not be assumed with .* Secret media\/account \(NoPermission\)/,
        ],
        [
          'that the key may not assume',
          () => subject.cloud.deny({ action: 'sts:AssumeRole' }),
          /may not be assumed .* the permission sts:AssumeRole/,
        ],
        [
          'of a key that does not exist',
          () => subject.putSecret({ ...WITH_ROLE, accessKeyID: 'LTAInobody', accessKeySecret: 'CANARY' }),
          /put in a valid access key/,
        ],
        [
          'of another account',
          async () => {
            await subject.cloud.createAccount({ accountID: OTHER_ACCOUNT });
            await subject.cloud.createRole({ roleName: 'theirs', accountID: OTHER_ACCOUNT });
            subject.putSecret({ ...WITH_ROLE, roleARN: `acs:ram::${OTHER_ACCOUNT}:role/theirs` });
          },
          /may not be assumed/,
        ],
      ];
      for (const [name, refuse, says] of REFUSALS)
        it(`${name} are AuthenticationFailed after one call of STS and none of Live`, async () => {
          subject.putSecret(WITH_ROLE);
          await refuse();
          expect(await outcomes(subject.observeTimes(20, { credential: SECRET }))).to.deep.equal(
            Array(20).fill('AuthenticationFailed'),
          );
          const { message, retryAt } = await failure();
          expect(message)
            .to.match(says)
            .and.not.match(/CANARY/);
          expect(retryAt).to.be.within(subject.clock.now() + 1, subject.clock.now() + ASKED_AGAIN_MS);
          expect((await subject.cloud.counts({ service: 'sts' })).calls).to.equal(1);
          expect(await subject.calls()).to.equal(0);
        });

      it('serve within 20 s once they are corrected at the cloud', async () => {
        subject.putSecret(WITH_ROLE);
        await subject.cloud.modifyRole({ roleARN, trusted: false });
        for (let attempt = 0; attempt < 6; attempt += 1) {
          await failure();
          await subject.clock.advance(ASKED_AGAIN_MS);
        }
        await subject.cloud.modifyRole({ roleARN, trusted: true });
        await subject.clock.advance(ASKED_AGAIN_MS);
        expect(await outcomes([observe()])).to.deep.equal(['observed']);
      });

      it('are PermissionDenied without a permission of Live', async () => {
        await subject.cloud.modifyRole({ roleARN, permissions: [] });
        subject.putSecret(WITH_ROLE);
        expect(await failure()).to.include({ kind: 'PermissionDenied' });
      });

      it('are assumed again when the cloud refuses their session, without a failure', async () => {
        subject.putSecret(WITH_ROLE);
        await observe();
        await subject.cloud.expireSessions();
        expect(await outcomes(subject.observeTimes(20, { credential: SECRET }))).to.deep.equal(
          Array(20).fill('observed'),
        );
        expect(await stsCalls()).to.deep.equal({ AssumeRole: { OK: 2 } });
        // The account belongs to the role, so another session needs no lookup.
        const { byOperation } = await subject.cloud.counts({ service: 'sts' });
        expect(byOperation.GetCallerIdentity).to.deep.equal({ OK: 1 });
      });

      it('are assumed at most once a minute when every session is refused', async () => {
        subject.putSecret(WITH_ROLE);
        await observe();
        for (let second = 0; second < 60; second += 1) {
          await subject.cloud.expireSessions();
          await observe();
          await subject.clock.advance(1_000);
        }
        expect((await stsCalls()).AssumeRole?.OK).to.be.within(2, 3);
      });

      it('of 900 s are renewed ahead of their end', async () => {
        await subject.cloud.modifyRole({ roleARN, sessionSeconds: 900 });
        subject.putSecret(WITH_ROLE);
        await observe();
        await subject.clock.advance(530_000);
        await observe();
        expect(await stsCalls()).to.deep.equal({ AssumeRole: { OK: 1 } });
        await subject.clock.advance(110_000);
        await observe();
        // One more for the lookup of the account.
        await subject.cloud.awaitCalls({ service: 'sts', count: 3 });
        expect(await stsCalls()).to.deep.equal({ AssumeRole: { OK: 2 } });
        expect(await outcomes([observe()])).to.deep.equal(['observed']);
      });

      it('do not disturb other credentials when they fail', async () => {
        await subject.cloud.addFault({ kind: 'hang', service: 'sts' });
        subject.putSecret(WITH_ROLE);
        const hanging = subject.observeTimes(10, { credential: SECRET });
        const others = subject.observeTimes(5);
        await settled();
        // STS does not give the accounts of the other credentials either.
        await subject.clock.advance(ACCOUNT_MS);
        expect(await outcomes(others)).to.deep.equal(Array(5).fill('observed'));
        subject.reader.close();
        expect(await outcomes(hanging)).to.deep.equal(Array(10).fill('withdrawn'));
      });
    });

    describe('during an outage of STS', () => {
      it('are ConnectionFailed, and serve soon after STS is back', async () => {
        subject.putSecret(WITH_ROLE);
        await subject.cloud.refuseConnections({ service: 'sts' });
        for (let attempt = 0; attempt < 10; attempt += 1) {
          expect(await failure()).to.include({ kind: 'ConnectionFailed' });
          await subject.clock.advance(ASKED_AGAIN_MS / 2);
        }
        await subject.cloud.acceptConnections({ service: 'sts' });
        await subject.clock.advance(2 * ASKED_AGAIN_MS);
        expect(await outcomes([observe()])).to.deep.equal(['observed']);
      });

      it('serve until their session ends, and not longer', async () => {
        subject.putSecret(WITH_ROLE);
        await observe();
        await subject.cloud.refuseConnections({ service: 'sts' });
        await subject.clock.advance(3_000_000);
        expect(await outcomes([observe()])).to.deep.equal(['observed']);
        await subject.clock.advance(600_000);
        const before = await subject.calls();
        expect(await failure()).to.include({ kind: 'ConnectionFailed' });
        expect(await subject.calls()).to.equal(before);
      });
    });

    describe('of the operator’s own service account', () => {
      let directory: string;
      let tokenFile: string;
      beforeEach(async () => {
        directory = await mkdtemp(join(tmpdir(), 'rrsa-'));
        tokenFile = join(directory, 'token');
        await writeFile(tokenFile, `${oidcToken}\n`);
        subject = newSubject(6_000, { roleARN, oidcProviderARN, tokenFile });
      });
      afterEach(() => rm(directory, { recursive: true }));

      it('are assumed with its token, once for all requests', async () => {
        expect(await outcomes(subject.observeTimes(50))).to.deep.equal(Array(50).fill('observed'));
        expect(await stsCalls()).to.deep.equal({ AssumeRoleWithOIDC: { OK: 1 } });
      });

      it('are refused without a call of STS to namespaces that may not use them', async () => {
        const elsewhere = { credential: { namespace: 'elsewhere' } };
        expect(await subject.failure(elsewhere)).to.include({ kind: 'CredentialsNotFound' });
        expect(await stsCalls()).to.deep.equal({});
      });

      it('are assumed with the present content of the token file', async () => {
        await subject.observe();
        await subject.cloud.removeOIDCToken({ token: oidcToken });
        await subject.cloud.addOIDCToken({ token: 'fresh.oidc.token', providerARN: oidcProviderARN });
        await writeFile(tokenFile, 'fresh.oidc.token');
        await subject.cloud.expireSessions();
        expect(await outcomes([subject.observe()])).to.deep.equal(['observed']);
        expect(await stsCalls()).to.deep.equal({ AssumeRoleWithOIDC: { OK: 2 } });
      });

      it('are AuthenticationFailed with an expired token, and serve once there is another', async () => {
        await subject.cloud.modifyOIDCToken({ token: oidcToken, expiresAt: '2023-01-01T00:00:00Z' });
        const { kind, message } = await subject.failure();
        expect(kind).to.equal('AuthenticationFailed');
        expect(message).to.contain('OIDCToken.Expired').and.not.contain(oidcToken);
        await subject.cloud.addOIDCToken({ token: 'fresh.oidc.token', providerARN: oidcProviderARN });
        await writeFile(tokenFile, 'fresh.oidc.token');
        await subject.clock.advance(ASKED_AGAIN_MS);
        expect(await outcomes([subject.observe()])).to.deep.equal(['observed']);
      });

      it('are CredentialsNotFound without a token, and STS is not called', async () => {
        await writeFile(tokenFile, '\n');
        expect(await subject.failure()).to.include({
          kind: 'CredentialsNotFound',
          message:
            "the token file that ALIBABA_CLOUD_OIDC_TOKEN_FILE names is empty; check the pod's volume for the service account's token",
        });
        await rm(tokenFile);
        await subject.clock.advance(ASKED_AGAIN_MS);
        expect((await subject.failure()).message).to.match(
          /cannot be read \(ENOENT\); check the pod's volume/,
        );
        expect(await stsCalls()).to.deep.equal({});
      });

      it('are AuthenticationFailed when they do not trust the provider', async () => {
        await subject.cloud.modifyRole({ roleARN, trustedProviders: [] });
        const { kind, message } = await subject.failure();
        expect(kind).to.equal('AuthenticationFailed');
        expect(message).to.match(/AuthenticationFail.NoPermission.*trust policy/);
      });
    });

    it('of two Secrets are separate, each with its own key', async () => {
      const other = { namespace: 'other', name: 'account' };
      const theirs = { accessKeyID: 'LTAItheirs', accessKeySecret: 'secret-of-theirs' };
      await subject.cloud.addKey({ ...theirs, accountID: DEFAULT_ACCOUNT_ID });
      await subject.cloud.modifyRole({ roleARN, trustedAccounts: [], trustedKeys: [theirs.accessKeyID] });
      subject.putSecret(WITH_ROLE);
      subject.putSecret({ ...theirs, roleARN }, other);
      expect(await outcomes([subject.observe({ credential: other }), observe()])).to.deep.equal([
        'observed',
        'AuthenticationFailed',
      ]);
    });
  });
}
