/**
 * How a reader lets callers wait: for a permit, for a Secret, for a probe. An aborted caller leaves at once,
 * and a closed reader keeps no caller.
 */
import { expect } from 'chai';
import { DEFAULT_KEY } from '../../../simulator/seed.ts';
import type { Answer } from '../../../src/job/model/cloud-port.ts';
import { settled } from '../../unit/kit/fakes/fake-clock.ts';
import { atOnce, outcomes, PROBE_MS, RUNNING_JOB_ID, SECRET, type Subject } from '../cloud-subject.ts';
import { type NewReader, withSubject } from '../with-subject.ts';

const WRONG_KEY = { ...DEFAULT_KEY, accessKeySecret: 'wrong' };

export function readerBudget(newReader: NewReader): void {
  describe('permits', () => {
    const newSubject = withSubject(newReader);

    it('are no faster than the budget', async () => {
      const subject = newSubject(1_200);
      const began = performance.now();
      await Promise.all(subject.observeTimes(21));
      // 21 calls are 20 gaps of 51 ms; a timer may ring a millisecond early.
      expect(performance.now() - began).to.be.at.least(20 * 50);
      expect((await subject.cloud.counts()).calls).to.equal(21);
    });

    it('are no faster than the budget through readers that follow each other at any instant', async () => {
      const began = performance.now();
      for (const lifetimeMs of [60, 130, 420, 30, 250, 90]) {
        const subject = newSubject(1_200);
        const answers = subject.observeTimes(40);
        await new Promise((resolve) => setTimeout(resolve, lifetimeMs));
        subject.reader.close();
        await Promise.all(answers);
      }
      // No burst comes sooner than its calls alone would: 51 ms for each, and a timer may ring early.
      const { calls } = await newSubject().cloud.counts();
      expect(calls).to.be.within(1, (performance.now() - began) / 50);
    });

    it('go to urgent requests first, and to the earliest deadline within a priority', async () => {
      const subject = newSubject(600);
      const order: string[] = [];
      const note = (name: string) => (answer: Answer) => void order.push(`${name} ${answer.kind}`);
      const due = [3, 1, 2].map((deadline) =>
        subject.observe({ deadline, regionID: `region-${deadline}` }).then(note(`due ${deadline}`)),
      );
      const asked = subject.observe({ priority: 'urgent', deadline: 9 }).then(note('asked'));
      await Promise.all([...due, asked]);
      expect(order).to.deep.equal(['asked observed', 'due 1 observed', 'due 2 observed', 'due 3 observed']);
    });

    it('go to an urgent request within the next three, while 10,000 scheduled ones wait', async () => {
      const subject = newSubject(600);
      const due = Array.from({ length: 10_000 }, (_, index) =>
        subject.observe({ jobID: `due-${index}`, deadline: index }),
      );
      await subject.cloud.awaitCalls({ count: 5 });
      const before = await subject.calls();
      const asked = await subject.observe({ priority: 'urgent', deadline: 20_000 });
      expect(asked.kind).to.equal('observed');
      expect((await subject.calls()) - before).to.be.within(1, 3);
      subject.reader.close();
      const known = await outcomes(due);
      expect(known.filter((outcome) => outcome === 'JobNotFound').length).to.be.within(5, 20);
    });

    it('are not granted during the pause of a throttled account, and waiting requests do not fail', async () => {
      const subject = newSubject();
      await subject.cloud.addFault({ kind: 'throttle', calls: 1 });
      await subject.failure();
      const waiting = subject.observeTimes(5);
      await subject.clock.advance(400);
      expect(await subject.calls()).to.equal(1);
      await subject.clock.advance(600);
      expect(await outcomes(waiting)).to.deep.equal(Array(5).fill('observed'));
    });

    it('are not granted until the time that the throttled answer named is over', async () => {
      const subject = newSubject();
      await subject.cloud.addFault({ kind: 'throttle', calls: 1, retryAfter: 7_000 });
      await subject.failure();
      const waiting = subject.observeTimes(2);
      await subject.clock.advance(6_900);
      expect(await subject.calls()).to.equal(1);
      await subject.clock.advance(200);
      expect(await outcomes(waiting)).to.deep.equal(Array(2).fill('observed'));
    });

    it('are granted to a credential while the account of another is throttled', async () => {
      const subject = newSubject();
      await subject.cloud.createAccount({ accountID: '2' });
      const key = { accessKeyID: 'LTAItwo', accessKeySecret: 'two' };
      await subject.cloud.addKey({ ...key, accountID: '2' });
      subject.putSecret(key);
      await subject.cloud.addFault({ kind: 'throttle', accountID: '2' });
      expect(await outcomes([subject.observe({ credential: SECRET })])).to.deep.equal(['Throttled']);
      expect(await outcomes(subject.observeTimes(3))).to.deep.equal(Array(3).fill('observed'));
    });
  });

  describe('an aborted caller', () => {
    const newSubject = withSubject(newReader);
    let abort: AbortController;
    beforeEach(() => {
      abort = new AbortController();
    });

    async function leaves(subject: Subject, waiting: Promise<Answer>): Promise<void> {
      await settled();
      expect(await atOnce(waiting)).to.equal('not yet');
      const calls = await subject.calls();
      abort.abort();
      expect(await atOnce(waiting)).to.deep.equal({ kind: 'withdrawn' });
      expect(await subject.calls()).to.equal(calls);
    }

    it('leaves without a call when it was aborted before it came', async () => {
      const subject = newSubject();
      abort.abort();
      expect(await atOnce(subject.observe({ signal: abort.signal }))).to.deep.equal({ kind: 'withdrawn' });
      expect(await subject.calls()).to.equal(0);
    });

    it('leaves without a call while it waits for a permit', async () => {
      const subject = newSubject(1);
      await leaves(subject, subject.observe({ signal: abort.signal }));
    });

    it('leaves without a call while it waits for a Secret', async () => {
      const subject = newSubject();
      subject.secrets.silence = new Promise(() => undefined);
      await leaves(subject, subject.observe({ credential: SECRET, signal: abort.signal }));
    });

    it('leaves without a call while it waits for a probe', async () => {
      const subject = newSubject();
      subject.putSecret(WRONG_KEY);
      await subject.failure({ credential: SECRET });
      await subject.clock.advance(PROBE_MS);
      await subject.cloud.addFault({ kind: 'hang' });
      void subject.observe({ credential: SECRET });
      await subject.cloud.awaitCalls({ count: 2 });
      await leaves(subject, subject.observe({ credential: SECRET, signal: abort.signal }));
    });

    it('gets its answer once its call is in flight', async () => {
      const subject = newSubject();
      await subject.cloud.addFault({ kind: 'latency', milliseconds: 50 });
      const answer = subject.observe({ signal: abort.signal });
      await subject.cloud.awaitCalls({ count: 1 });
      abort.abort();
      expect(await outcomes([answer])).to.deep.equal(['observed']);
    });
  });

  describe('a closed reader', () => {
    const newSubject = withSubject(newReader);

    it('withdraws every caller: in flight, or waiting for a permit, a Secret or a probe', async () => {
      const subject = newSubject(600);
      const probed = { namespace: 'media', name: 'probed' };
      subject.putSecret(WRONG_KEY, probed);
      await subject.failure({ credential: probed });
      await subject.clock.advance(PROBE_MS);
      await subject.cloud.addFault({ kind: 'hang' });
      subject.secrets.silence = new Promise(() => undefined);
      const answers = [
        ...subject.observeTimes(20),
        ...subject.observeTimes(20, { credential: SECRET }),
        ...subject.observeTimes(20, { credential: probed }),
      ];
      await subject.cloud.awaitCalls({ count: 2 });
      subject.reader.close();
      for (const answer of answers) expect(await atOnce(answer)).to.deep.equal({ kind: 'withdrawn' });
    });

    it('makes no further call', async () => {
      const subject = newSubject(600);
      const waiting = subject.observeTimes(3);
      subject.reader.close();
      subject.reader.close();
      expect(
        await outcomes([...waiting, ...subject.observeTimes(2, { jobID: RUNNING_JOB_ID })]),
      ).to.deep.equal(Array(5).fill('withdrawn'));
      // Twice as long as the first of them would have waited for its permit.
      await new Promise((resolve) => setTimeout(resolve, 220));
      expect(await subject.calls()).to.equal(0);
    });
  });
}
