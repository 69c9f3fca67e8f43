/**
 * Callers that observe the same job share one call, unless its answer is older than the question or the
 * credentials differ.
 */
import { expect } from 'chai';
import { DEFAULT_KEY } from '../../../simulator/seed.ts';
import type { Answer } from '../../../src/job/model/cloud-port.ts';
import { settled } from '../../unit/kit/fakes/fake-clock.ts';
import { atOnce, OWN, outcomes, SECRET } from '../cloud-subject.ts';
import { type NewReader, withSubject } from '../with-subject.ts';

export function readerSharing(newReader: NewReader): void {
  describe('callers that observe the same job', () => {
    const newSubject = withSubject(newReader);

    it('share one call, and get the same answer', async () => {
      const subject = newSubject();
      const [one, other, third] = await Promise.all([
        subject.observe(),
        subject.observe({ priority: 'urgent' }),
        subject.observe({ priority: 'retry' }),
      ]);
      expect(one).to.have.property('kind', 'observed');
      expect(other).to.equal(one);
      expect(third).to.equal(one);
      expect(await subject.calls()).to.equal(1);
    });

    it('get another call when the first is in flight: its answer would be older than their question', async () => {
      const subject = newSubject();
      await subject.cloud.addFault({ kind: 'latency', milliseconds: 100, calls: 1 });
      const before = subject.observe();
      await subject.cloud.awaitCalls({ count: 1 });
      const after = subject.observe();
      expect(await outcomes([before, after])).to.deep.equal(['observed', 'observed']);
      expect(await subject.calls()).to.equal(2);
    });

    it('give their call the best priority and the earliest deadline among them', async () => {
      const subject = newSubject(600);
      const order: string[] = [];
      const note = (name: string) => (answer: Answer) => void order.push(`${name} ${answer.kind}`);
      const others = [1, 2, 3].map((deadline) =>
        subject.observe({ deadline, regionID: `region-${deadline}` }).then(note(`other ${deadline}`)),
      );
      const first = subject.observe({ deadline: 9 }).then(note('same'));
      await settled();
      const second = subject.observe({ priority: 'urgent', deadline: 5 }).then(note('same'));
      await Promise.all([...others, first, second]);
      expect(order.slice(0, 3)).to.deep.equal(['same observed', 'same observed', 'other 1 observed']);
      expect(await subject.calls()).to.equal(4);
    });

    it('leave one at a time, and the call is not made once all have left', async () => {
      const subject = newSubject(1);
      const aborts = [new AbortController(), new AbortController()] as const;
      const answers = aborts.map(({ signal }) => subject.observe({ signal }));
      await settled();
      aborts[0].abort();
      expect(await atOnce(answers[0] as Promise<Answer>)).to.deep.equal({ kind: 'withdrawn' });
      expect(await atOnce(answers[1] as Promise<Answer>)).to.equal('not yet');
      aborts[1].abort();
      expect(await atOnce(answers[1] as Promise<Answer>)).to.deep.equal({ kind: 'withdrawn' });
      const next = subject.observe();
      await settled();
      subject.reader.close();
      expect(await outcomes([next])).to.deep.equal(['withdrawn']);
      expect(await subject.calls()).to.equal(0);
    });

    it('share nothing with other credentials', async () => {
      const subject = newSubject();
      subject.putSecret(DEFAULT_KEY);
      const answers = [subject.observe(), subject.observe({ credential: SECRET })];
      expect(await outcomes(answers)).to.deep.equal(['observed', 'observed']);
      expect(await subject.calls()).to.equal(2);
    });

    it('learn beforehand where their call would go, unless a Secret may change it', async () => {
      const subject = newSubject();
      const reference = { credential: OWN, clusterID: 'any', jobID: 'any', regionID: 'cn-beijing' };
      const answer = await subject.observe({ regionID: 'cn-beijing' });
      expect(answer).to.have.deep.property('destination', subject.reader.leadsTo(reference));
      expect(subject.reader.leadsTo({ ...reference, credential: SECRET })).to.equal(undefined);
    });

    it('get no answer where their namespace may not use the credentials, and do not affect the others', async () => {
      const subject = newSubject();
      const outsider = { namespace: 'elsewhere' };
      expect(subject.reader.mayUse(OWN)).to.equal(true);
      expect(subject.reader.mayUse(outsider)).to.equal(false);
      const answers = [subject.observe(), subject.observe({ credential: outsider }), subject.observe()];
      expect(await outcomes(answers)).to.deep.equal(['observed', 'CredentialsNotFound', 'observed']);
      expect(await subject.calls()).to.equal(1);
    });
  });
}
