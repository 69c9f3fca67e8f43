/**
 * Which quota a call spends: credentials of one account share its budget, whatever they are called. The
 * failure of one credential does not affect another.
 */
import { expect } from 'chai';
import { DEFAULT_ACCOUNT_ID } from '../../../simulator/seed.ts';
import { outcomes, SECRET, type Subject } from '../cloud-subject.ts';
import { type NewReader, withSubject } from '../with-subject.ts';

const OTHER_KEY = { accessKeyID: 'LTAIother', accessKeySecret: 'other-secret' };
const OTHERS = { namespace: 'news', name: 'account' };

/** 118 calls a minute: those of one budget are sent 508 ms apart, and those of two budgets in pairs. */
const SLOW = 120;
/** Half of that: a busy machine delivers one call later than the next. */
const APART_MS = 254;

export function readerAccounts(newReader: NewReader): void {
  describe('accounts', () => {
    const newSubject = withSubject(newReader);
    let subject: Subject;

    async function prepare(callsPerMinute?: number): Promise<void> {
      subject = newSubject(callsPerMinute);
      await subject.cloud.addKey({ ...OTHER_KEY, accountID: DEFAULT_ACCOUNT_ID });
      subject.putSecret();
      subject.putSecret(OTHER_KEY, OTHERS);
    }

    /** Makes one call for each credential, and waits until STS has given their accounts. */
    async function becomeKnown(): Promise<void> {
      const first = [subject.observe({ credential: SECRET }), subject.observe({ credential: OTHERS })];
      await subject.cloud.awaitCalls({ service: 'sts', count: 2 });
      // The cloud has received the calls. The answers are on their way.
      await tick(100);
      // Calls that another process may have made before no longer count.
      await subject.clock.advance(61_000);
      await outcomes(first);
    }

    /** The time between each call and the next, ms. */
    async function gaps(): Promise<number[]> {
      const times = (await subject.cloud.calls()).calls.map(({ time }) => time);
      return times.slice(1).map((time, index) => time - (times[index] ?? 0));
    }

    it('are looked up once for each credential', async () => {
      await prepare();
      await becomeKnown();
      await outcomes(subject.observeTimes(5, { credential: SECRET }));
      const { byOperation } = await subject.cloud.counts({ service: 'sts' });
      expect(byOperation).to.deep.equal({ GetCallerIdentity: { OK: 2 } });
    });

    it('have one budget each, for the keys of every namespace together', async () => {
      await prepare(SLOW);
      await becomeKnown();
      await outcomes([
        ...subject.observeTimes(2, { credential: SECRET }),
        ...subject.observeTimes(2, { credential: OTHERS }),
      ]);
      // The first two calls were sent before the accounts were known.
      for (const gap of (await gaps()).slice(2)) expect(gap).to.be.greaterThan(APART_MS);
    });

    it('that differ have a budget each', async () => {
      await prepare(SLOW);
      await subject.cloud.createAccount({ accountID: '2' });
      const theirs = { accessKeyID: 'LTAItheirs', accessKeySecret: 'secret' };
      await subject.cloud.addKey({ ...theirs, accountID: '2' });
      subject.putSecret(theirs, OTHERS);
      await becomeKnown();
      await outcomes([
        ...subject.observeTimes(2, { credential: SECRET }),
        ...subject.observeTimes(2, { credential: OTHERS }),
      ]);
      expect((await gaps()).slice(2).some((gap) => gap < APART_MS)).to.equal(true);
    });

    it('delay no call when STS does not answer', async () => {
      await prepare();
      await subject.cloud.addFault({ kind: 'hang', service: 'sts' });
      const wishes = [
        ...subject.observeTimes(5, { credential: SECRET }),
        subject.observe({ credential: OTHERS }),
      ];
      expect(new Set(await outcomes(wishes))).to.deep.equal(new Set(['observed']));
    });

    it('serve their other keys while one of their keys is refused', async () => {
      await prepare();
      await becomeKnown();
      await subject.cloud.modifyKey({ accessKeyID: OTHER_KEY.accessKeyID, active: false });
      const [refused, served] = await Promise.all([
        outcomes(subject.observeTimes(20, { credential: OTHERS })),
        outcomes(subject.observeTimes(20, { credential: SECRET })),
      ]);
      expect(new Set(refused)).to.deep.equal(new Set(['AuthenticationFailed']));
      expect(new Set(served)).to.deep.equal(new Set(['observed']));
    });

    it('pause for all of their keys when the quota is spent', async () => {
      await prepare();
      await becomeKnown();
      await subject.cloud.addFault({ kind: 'throttle', accountID: DEFAULT_ACCOUNT_ID, calls: 1 });
      await subject.observe({ credential: OTHERS });
      const waiting = subject.observe({ credential: SECRET });
      expect(await Promise.race([waiting, tick(300)])).to.equal('not yet');
      await subject.clock.advance(60_000);
      expect(await outcomes([waiting])).to.deep.equal(['observed']);
    });

    it('do not pause for a throttling by an endpoint that a Secret names', async () => {
      await prepare();
      const endpoint = subject.cloud.url.replace('127.0.0.1', 'localhost');
      subject.putSecret({ ...OTHER_KEY, endpoint }, OTHERS);
      await becomeKnown();
      await subject.cloud.addFault({ kind: 'throttle', accessKeyID: OTHER_KEY.accessKeyID });
      expect(await outcomes([subject.observe({ credential: OTHERS })])).to.deep.equal(['Throttled']);
      const paused = subject.observe({ credential: OTHERS });
      expect(await Promise.race([paused, tick(300)])).to.equal('not yet');
      expect(new Set(await outcomes(subject.observeTimes(5, { credential: SECRET })))).to.deep.equal(
        new Set(['observed']),
      );
      expect((await subject.cloud.counts()).byKey[OTHER_KEY.accessKeyID]?.calls).to.be.lessThan(10);
    });
  });
}

/** bottleneck uses real time. */
function tick(ms: number): Promise<'not yet'> {
  return new Promise((resolve) => setTimeout(resolve, ms, 'not yet'));
}
