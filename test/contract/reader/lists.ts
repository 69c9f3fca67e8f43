/**
 * Many jobs of a cluster are observed by its list, 100 for a call. A job that the list does not bring is
 * observed by its own call.
 */
import { expect } from 'chai';
import type { Answer } from '../../../src/job/model/cloud-port.ts';
import { atOnce, outcomes, type Question, SECRET, type Subject } from '../cloud-subject.ts';
import { type NewReader, withSubject } from '../with-subject.ts';

const HOUR_MS = 3_600_000;
const LONG_AGO = '2020-01-01T00:00:00Z';

/** Creates a cluster with this number of jobs, and returns them as references. */
export async function cluster(
  subject: Subject,
  count: number,
  { clusterID = 'c', createTime }: { clusterID?: string; createTime?: string } = {},
): Promise<{ clusterID: string; jobID: string }[]> {
  const recent = new Date(Date.now() - 10 * HOUR_MS).toISOString();
  const { jobs } = await subject.cloud.createJobs({
    clusterIDs: [clusterID],
    count,
    status: '1',
    secondsApart: 1,
    createTime: createTime ?? `${recent.slice(0, 19)}Z`,
  });
  return jobs.map(({ jobID }) => ({ clusterID, jobID }));
}

export async function countOf(subject: Subject, operation: 'Get' | 'List'): Promise<number> {
  const { byOperation } = await subject.cloud.counts();
  const codes = byOperation[`${operation}EdgeTranscodeJob`] ?? {};
  return Object.values(codes).reduce((sum, count) => sum + count, 0);
}

/** The distinct outcomes, sorted: `observed`, `withdrawn`, or a kind of failure. */
export async function kinds(answers: readonly Promise<Answer>[]): Promise<string[]> {
  return [...new Set(await outcomes(answers))].sort();
}

export function readerLists(newReader: NewReader): void {
  describe('jobs of one cluster, by its list', () => {
    const newSubject = withSubject(newReader, 'list');
    let subject: Subject;
    beforeEach(() => {
      subject = newSubject();
    });
    const observeAll = (jobs: readonly Question[], question: Question = {}) =>
      jobs.map((job) => subject.observe({ ...question, ...job }));
    const allObserved = async (jobs: readonly Question[], question: Question = {}) =>
      expect(await subject.inTime(kinds(observeAll(jobs, question)))).to.deep.equal(['observed']);

    it('take a call for a hundred of them', async () => {
      await allObserved(await cluster(subject, 250));
      expect(await countOf(subject, 'List')).to.equal(3);
      expect(await subject.calls()).to.equal(3);
    });

    it('get the answers that each would get by its own call', async () => {
      const jobs = await cluster(subject, 3);
      const listed = await subject.inTime(Promise.all(observeAll(jobs)));
      expect(await countOf(subject, 'Get')).to.equal(0);
      for (const [index, job] of jobs.entries()) {
        const answer = await subject.inTime(subject.observe(job));
        const { sentAt: _one, ...one } = answer as Extract<Answer, { kind: 'observed' }>;
        const { sentAt: _other, ...other } = listed[index] as Extract<Answer, { kind: 'observed' }>;
        expect(one).to.deep.equal(other);
      }
      expect(await countOf(subject, 'Get')).to.equal(3);
    });

    it('are observed by Get when that takes no more calls', async () => {
      const jobs = await cluster(subject, 250);
      await allObserved(jobs);
      await subject.cloud.resetCounts();
      const onEachPage = [0, 100, 200, 201].flatMap((index) => jobs[index] ?? []);
      await allObserved(onEachPage.slice(0, 3));
      expect(await countOf(subject, 'Get')).to.equal(3);
      await allObserved(onEachPage);
      expect(await countOf(subject, 'List')).to.equal(3);
      expect(await subject.calls()).to.equal(6);
    });

    it('take no more pages than jobs wait', async () => {
      const jobs = await cluster(subject, 450);
      await allObserved(jobs.slice(0, 20));
      expect([await countOf(subject, 'List'), await countOf(subject, 'Get')]).to.deep.equal([1, 0]);
    });

    it('are observed by Get when the first page says that the list has more pages than jobs wait', async () => {
      const jobs = await cluster(subject, 450);
      await allObserved(jobs.slice(440, 444));
      expect(await countOf(subject, 'List')).to.equal(1);
      expect(await countOf(subject, 'Get')).to.equal(4);
    });

    it('share nothing with the same cluster under other credentials', async () => {
      subject.putSecret();
      const jobs = await cluster(subject, 10);
      const answers = [...observeAll(jobs), ...observeAll(jobs, { credential: SECRET })];
      expect(await subject.inTime(kinds(answers))).to.deep.equal(['observed']);
      expect(await subject.calls()).to.equal(2);
    });

    it('that were not modified for 180 days are observed by Get, and after two sweeps without a list', async () => {
      const recent = await cluster(subject, 4);
      const old = await cluster(subject, 5, { createTime: LONG_AGO });
      for (const pages of [1, 1, 0]) {
        await subject.cloud.resetCounts();
        await allObserved([...old, ...(pages === 0 ? [] : recent)]);
        expect([await countOf(subject, 'List'), await countOf(subject, 'Get')]).to.deep.equal([pages, 5]);
      }
    });

    it('that two sweeps did not bring are swept again after an hour', async () => {
      const old = await cluster(subject, 5, { createTime: LONG_AGO });
      for (let times = 0; times < 2; times += 1) await allObserved(old);
      await subject.cloud.resetCounts();
      await subject.clock.advance(HOUR_MS);
      await allObserved(old);
      expect([await countOf(subject, 'List'), await countOf(subject, 'Get')]).to.deep.equal([1, 5]);
    });

    it('that moved to another page while jobs were removed and created are observed by Get', async () => {
      const jobs = await cluster(subject, 300);
      const gone = jobs.slice(0, 20);
      // The first page is in, the others are held back until the list has changed.
      await subject.cloud.addFault({ kind: 'latency', milliseconds: 300, action: 'ListEdgeTranscodeJob' });
      const wanted = observeAll(jobs.slice(20));
      const changed = subject.cloud.awaitCalls({ count: 1 }).then(async () => {
        await subject.cloud.removeJobs({ jobIDs: gone.map(({ jobID }) => jobID) });
        await cluster(subject, 5, { createTime: `${new Date().toISOString().slice(0, 19)}Z` });
      });
      expect(await subject.inTime(kinds(wanted))).to.deep.equal(['observed']);
      await changed;
      expect(await countOf(subject, 'Get')).to.equal(20);
    });

    it('are JobNotFound only after a Get, never because the list lacks them', async () => {
      const jobs = await cluster(subject, 3);
      const none = ['one', 'two'].map((jobID) => ({ clusterID: 'c', jobID }));
      const answers = observeAll([...jobs, ...none]);
      expect(await subject.inTime(outcomes(answers))).to.deep.equal([
        ...Array(3).fill('observed'),
        ...Array(2).fill('JobNotFound'),
      ]);
      expect([await countOf(subject, 'List'), await countOf(subject, 'Get')]).to.deep.equal([1, 2]);
    });

    it('are JobNotFound in an unknown cluster, each by its own call', async () => {
      const jobs = Array.from({ length: 5 }, (_, index) => ({ clusterID: 'nowhere', jobID: `${index}` }));
      expect(await subject.inTime(kinds(observeAll(jobs)))).to.deep.equal(['JobNotFound']);
      expect(await countOf(subject, 'Get')).to.equal(5);
    });

    it('are observed for the other callers when one leaves', async () => {
      const jobs = await cluster(subject, 5);
      const abort = new AbortController();
      const [first, ...others] = jobs;
      const leaving = subject.observe({ ...first, signal: abort.signal });
      const answers = observeAll(others);
      abort.abort();
      expect(await atOnce(leaving)).to.deep.equal({ kind: 'withdrawn' });
      expect(await subject.inTime(kinds(answers))).to.deep.equal(['observed']);
      expect(await subject.calls()).to.equal(1);
    });

    it('cost no call when all callers have left', async () => {
      const jobs = await cluster(subject, 5);
      const abort = new AbortController();
      const answers = observeAll(jobs, { signal: abort.signal });
      abort.abort();
      expect(await kinds(answers)).to.deep.equal(['withdrawn']);
      await subject.clock.advance(5_000);
      expect(await subject.calls()).to.equal(0);
    });
  });

  describe('jobs of one cluster, with an account that has enough calls', () => {
    const newSubject = withSubject(newReader, 'auto');

    it('are observed by Get when they are scheduled, and by the list when many are urgent', async () => {
      const subject = newSubject();
      const jobs = await cluster(subject, 20);
      const observe = (priority: 'urgent' | 'scheduled') =>
        subject.inTime(kinds(jobs.map((job) => subject.observe({ ...job, priority }))));
      expect(await observe('scheduled')).to.deep.equal(['observed']);
      expect([await countOf(subject, 'List'), await countOf(subject, 'Get')]).to.deep.equal([0, 20]);
      expect(await observe('urgent')).to.deep.equal(['observed']);
      expect([await countOf(subject, 'List'), await countOf(subject, 'Get')]).to.deep.equal([1, 20]);
    });
  });
}
