/**
 * Which keys a reader signs with. Invalid keys cost other credentials nothing: a refused key is tried by one
 * probe at a time.
 */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID, DEFAULT_KEY, DEFAULT_TEMPORARY_KEY } from '../../../simulator/seed.ts';
import { settled } from '../../unit/kit/fakes/fake-clock.ts';
import { atOnce, outcomes, PROBE_MS, SECRET, SECRET_KEPT_MS, type Subject } from '../cloud-subject.ts';
import { type NewReader, withSubject } from '../with-subject.ts';

const OTHER_SECRET = { namespace: 'media', name: 'other' };
const OTHER_KEY = { accessKeyID: 'LTAIother', accessKeySecret: 'other-secret' };
/** Longest wait for the account of a key, ms. */
const ACCOUNT_MS = 3_000;
const WRONG_KEY = { ...DEFAULT_KEY, accessKeySecret: 'CANARY' };

export function readerCredentials(newReader: NewReader): void {
  describe('credentials', () => {
    const newSubject = withSubject(newReader);
    let subject: Subject;
    beforeEach(async () => {
      subject = newSubject();
      await subject.cloud.addKey({ ...OTHER_KEY, accountID: DEFAULT_ACCOUNT_ID });
    });

    async function keysUsed(): Promise<(string | undefined)[]> {
      return (await subject.cloud.calls()).calls.map(({ accessKeyID }) => accessKeyID);
    }

    it('are the operator’s own, or those of the Secret that is named', async () => {
      subject.putSecret(OTHER_KEY);
      expect(await outcomes([subject.observe(), subject.observe({ credential: SECRET })])).to.deep.equal([
        'observed',
        'observed',
      ]);
      expect(await keysUsed()).to.have.members([DEFAULT_KEY.accessKeyID, OTHER_KEY.accessKeyID]);
    });

    it('can be temporary', async () => {
      subject.putSecret(DEFAULT_TEMPORARY_KEY);
      expect(await outcomes([subject.observe({ credential: SECRET })])).to.deep.equal(['observed']);
    });

    it('can name region and endpoint', async () => {
      subject.putSecret({
        ...DEFAULT_KEY,
        regionID: 'eu-central-1',
        endpoint: subject.cloud.url.replace('127.0.0.1', 'localhost'),
      });
      const answer = await subject.observe({ credential: SECRET });
      expect(answer).to.have.nested.property('destination.regionID', 'eu-central-1');
      expect(answer).to.have.nested.property('destination.endpoint').that.contains('localhost');
    });

    it('are CredentialsNotFound, without a call, when they are missing, forbidden or incomplete', async () => {
      for (const content of [undefined, 'forbidden', { accessKeyID: 'CANARY' }] as const) {
        if (content) subject.secrets.content.set('media/account', content);
        const { kind, message, retryAt } = await subject.failure({ credential: SECRET });
        expect(kind).to.equal('CredentialsNotFound');
        expect(message).not.to.contain('CANARY');
        expect(retryAt).to.equal(subject.clock.now() + SECRET_KEPT_MS);
        await subject.clock.advance(SECRET_KEPT_MS);
      }
      expect(await subject.calls()).to.equal(0);
    });

    it('of the operator serve only some namespaces', async () => {
      expect(await subject.failure({ credential: { namespace: 'elsewhere' } })).to.include({
        kind: 'CredentialsNotFound',
      });
    });

    it('serve once they exist', async () => {
      await subject.failure({ credential: SECRET });
      subject.putSecret();
      await subject.clock.advance(SECRET_KEPT_MS);
      expect(await outcomes([subject.observe({ credential: SECRET })])).to.deep.equal(['observed']);
    });

    it('serve an urgent question at once when they exist, and are read once a second at most for such ones', async () => {
      const question = { credential: SECRET, priority: 'urgent' } as const;
      await subject.failure({ credential: SECRET });
      subject.putSecret();
      await subject.clock.advance(999);
      expect(await outcomes([subject.observe(question)])).to.deep.equal(['CredentialsNotFound']);
      await subject.clock.advance(1);
      expect(await outcomes([subject.observe({ credential: SECRET, priority: 'scheduled' })])).to.deep.equal([
        'CredentialsNotFound',
      ]);
      expect(await outcomes([subject.observe(question)])).to.deep.equal(['observed']);
    });

    it('take effect within 30 s of a change', async () => {
      subject.putSecret();
      await subject.observe({ credential: SECRET });
      subject.putSecret(OTHER_KEY);
      await subject.clock.advance(SECRET_KEPT_MS);
      await subject.observe({ credential: SECRET });
      expect(await keysUsed()).to.deep.equal([DEFAULT_KEY.accessKeyID, OTHER_KEY.accessKeyID]);
    });

    it('cause no failure when they are replaced while the old ones are revoked', async () => {
      subject.putSecret();
      await subject.observe({ credential: SECRET });
      subject.putSecret(OTHER_KEY);
      await subject.cloud.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: false });
      expect(await outcomes(subject.observeTimes(20, { credential: SECRET }))).to.deep.equal(
        Array(20).fill('observed'),
      );
    });

    describe('that are refused', () => {
      const REFUSALS: [string, () => Promise<void> | void][] = [
        ['unknown', () => subject.putSecret({ accessKeyID: 'LTAInobody', accessKeySecret: 'CANARY' })],
        ['revoked', () => subject.cloud.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: false })],
        ['deleted', () => subject.cloud.removeKey({ accessKeyID: DEFAULT_KEY.accessKeyID })],
        ['wrong', () => subject.putSecret(WRONG_KEY)],
        [
          'of another session',
          () => subject.putSecret({ ...DEFAULT_TEMPORARY_KEY, securityToken: 'CANARY' }),
        ],
        [
          'expired',
          async () => {
            subject.putSecret(DEFAULT_TEMPORARY_KEY);
            const { accessKeyID } = DEFAULT_TEMPORARY_KEY;
            await subject.cloud.modifyKey({ accessKeyID, expiresAt: '2023-01-01T00:00:00Z' });
          },
        ],
      ];
      for (const [name, refuse] of REFUSALS)
        it(`as ${name} are AuthenticationFailed, and are tried again soon`, async () => {
          subject.putSecret();
          await refuse();
          const { kind, message, retryAt } = await subject.failure({ credential: SECRET });
          expect(kind).to.equal('AuthenticationFailed');
          expect(message).to.contain('media/account').and.not.contain('CANARY');
          expect(retryAt).to.be.within(subject.clock.now() + 1, subject.clock.now() + PROBE_MS);
        });

      /**
       * All requests get their failure at once, or the test times out: 5,000 calls at this rate would take
       * more than an hour.
       */
      it('are tried by few of the waiting requests, and by no later one', async () => {
        subject = newSubject(60);
        subject.putSecret(WRONG_KEY);
        const answers = subject.observeTimes(5_000, { credential: SECRET });
        expect(new Set(await outcomes(answers))).to.deep.equal(new Set(['AuthenticationFailed']));
        expect(await outcomes(subject.observeTimes(20, { credential: SECRET }))).to.deep.equal(
          Array(20).fill('AuthenticationFailed'),
        );
        expect(await subject.calls()).to.equal(1);
      });

      it('are probed by one request, whose result all the others get', async () => {
        subject.putSecret(WRONG_KEY);
        await subject.failure({ credential: SECRET });
        for (let probes = 2; probes < 5; probes += 1) {
          await subject.clock.advance(PROBE_MS);
          const answers = subject.observeTimes(5_000, { credential: SECRET });
          expect(new Set(await outcomes(answers))).to.deep.equal(new Set(['AuthenticationFailed']));
          expect(await subject.calls()).to.equal(probes);
        }
      });

      it('serve all again when the account enables them', async () => {
        subject.putSecret();
        await subject.cloud.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: false });
        await subject.failure({ credential: SECRET });
        await subject.cloud.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: true });
        await subject.clock.advance(PROBE_MS);
        expect(await outcomes(subject.observeTimes(20, { credential: SECRET }))).to.deep.equal(
          Array(20).fill('observed'),
        );
      });

      it('serve all again at once when the Secret is corrected and read again', async () => {
        subject.putSecret(WRONG_KEY);
        await subject.failure({ credential: SECRET });
        subject.putSecret(OTHER_KEY);
        await subject.clock.advance(SECRET_KEPT_MS);
        expect(await outcomes(subject.observeTimes(20, { credential: SECRET }))).to.deep.equal(
          Array(20).fill('observed'),
        );
      });

      it('serve within 30 s once the Secret is corrected, although STS does not answer', async () => {
        const question = { credential: SECRET };
        subject.putSecret(WRONG_KEY);
        let { retryAt = 0 } = await subject.failure(question);
        // Probes become as rare as they can be. Then the Secret is corrected just after one was refused.
        for (let probes = 0; probes < 4; probes += 1) {
          await subject.clock.advance(retryAt - subject.clock.now());
          ({ retryAt = 0 } = await subject.failure(question));
        }
        subject.putSecret(OTHER_KEY);
        const correctedAt = subject.clock.now();
        await subject.cloud.addFault({ kind: 'hang', service: 'sts' });
        const { calls } = await subject.cloud.calls({ service: 'sts' });
        await subject.clock.advance(retryAt - correctedAt);
        const answer = subject.observe(question);
        await subject.cloud.awaitCalls({ service: 'sts', since: calls.at(-1)?.sequence ?? 0, count: 1 });
        await subject.clock.advance(ACCOUNT_MS);
        expect(await outcomes([answer])).to.deep.equal(['observed']);
        // The rest of the 30 s is for the two calls, which take no time by this clock.
        expect(subject.clock.now() - correctedAt).to.be.at.most(PROBE_MS + ACCOUNT_MS);
      });

      it('are probed by another request soon after the probe was withdrawn', async () => {
        subject = newSubject(60);
        subject.putSecret(WRONG_KEY);
        await subject.failure({ credential: SECRET });
        await subject.clock.advance(PROBE_MS);
        const abort = new AbortController();
        const probe = subject.observe({ credential: SECRET, signal: abort.signal });
        await settled();
        const next = subject.observe({ credential: SECRET });
        abort.abort();
        expect(await outcomes([probe, next])).to.deep.equal(['withdrawn', 'AuthenticationFailed']);
        expect(await subject.calls()).to.equal(2);
      });

      it('do not delay other credentials', async () => {
        subject.putSecret(WRONG_KEY);
        subject.putSecret(OTHER_KEY, OTHER_SECRET);
        await subject.failure({ credential: SECRET });
        expect(await outcomes(subject.observeTimes(5, { credential: OTHER_SECRET }))).to.deep.equal(
          Array(5).fill('observed'),
        );
        expect(await outcomes([subject.observe()])).to.deep.equal(['observed']);
      });
    });

    it('do not delay others while their endpoint hangs', async () => {
      subject.putSecret();
      subject.putSecret(OTHER_KEY, OTHER_SECRET);
      await subject.cloud.addFault({ kind: 'hang', accessKeyID: DEFAULT_KEY.accessKeyID });
      const hanging = subject.observeTimes(90, { credential: SECRET });
      await subject.cloud.awaitCalls({ count: 90 });
      // A key of the same account. Calls that another process may have made just before count for a moment.
      const others = outcomes(subject.observeTimes(5, { credential: OTHER_SECRET }));
      expect(await subject.inTime(others)).to.deep.equal(Array(5).fill('observed'));
      subject.reader.close();
      expect(await outcomes(hanging)).to.deep.equal(Array(90).fill('withdrawn'));
    });

    it('are ConnectionFailed while the API server does not answer, and do not delay others', async () => {
      subject.secrets.silence = new Promise(() => undefined);
      const waiting = subject.observe({ credential: SECRET });
      expect(await outcomes([subject.observe()])).to.deep.equal(['observed']);
      expect(await atOnce(waiting)).to.equal('not yet');
      subject.secrets.silence = Promise.reject(new Error('CANARY'));
      subject.secrets.silence.catch(() => undefined);
      const { kind, message } = await subject.failure({ credential: OTHER_SECRET });
      expect(kind).to.equal('ConnectionFailed');
      expect(message).not.to.contain('CANARY');
    });
  });
}
