/**
 * What happens when a cluster cannot be listed. A refusal is about listing only, so each job is observed by
 * its own call. An outage affects every call, so its failure is shared and costs no more calls than a list
 * that works.
 */
import { expect } from 'chai';
import { DEFAULT_KEY } from '../../../simulator/seed.ts';
import type { NewFault } from '../../../simulator/world/cloud-world.ts';
import { CALL_MS, type Question, SECRET, type Subject } from '../cloud-subject.ts';
import { type NewReader, withSubject } from '../with-subject.ts';
import { cluster, countOf, kinds } from './lists.ts';

const HOUR_MS = 3_600_000;
const action = 'ListEdgeTranscodeJob';

export function readerListFailures(newReader: NewReader): void {
  describe('jobs of a cluster that cannot be listed', () => {
    const newSubject = withSubject(newReader, 'list');
    let subject: Subject;
    beforeEach(() => {
      subject = newSubject();
    });
    const outcome = (jobs: readonly Question[], question: Question = {}) =>
      subject.inTime(kinds(jobs.map((job) => subject.observe({ ...question, ...job }))));
    const calls = async () => [await countOf(subject, 'List'), await countOf(subject, 'Get')];
    const warnings = () => subject.logger.lines.filter(({ level }) => level === 'warn');

    it('are observed by Get without the permission, and the list is tried again after an hour', async () => {
      const jobs = await cluster(subject, 5);
      await subject.cloud.deny({ action });
      for (let times = 0; times < 3; times += 1) expect(await outcome(jobs)).to.deep.equal(['observed']);
      expect(await calls()).to.deep.equal([1, 15]);
      await subject.clock.advance(HOUR_MS);
      expect(await outcome(jobs)).to.deep.equal(['observed']);
      expect(await calls()).to.deep.equal([2, 20]);
      await subject.cloud.allow({});
      await subject.clock.advance(HOUR_MS);
      expect(await outcome(jobs)).to.deep.equal(['observed']);
      expect(await calls()).to.deep.equal([3, 20]);
    });

    it('are logged once for all clusters of a credential without the permission, with what to grant', async () => {
      await subject.cloud.deny({ action });
      for (const clusterID of ['c', 'd', 'e']) await outcome(await cluster(subject, 5, { clusterID }));
      // Each cluster is tried, because the permission may exist for some.
      expect(await calls()).to.deep.equal([3, 15]);
      expect(warnings().map(({ fields }) => fields.permission)).to.deep.equal([`live:${action}`]);
      expect(warnings()[0]?.fields).to.include({ identity: 'default' });
    });

    const UNUSABLE: NewFault[] = [
      { kind: 'error', status: 403, code: 'OperationDenied' },
      { kind: 'error', status: 400, code: 'InvalidParameter' },
      { kind: 'error', status: 404, code: 'InvalidAction.NotFound' },
      ...[
        {},
        { TotalCount: 5 },
        { TotalCount: 'x', JobList: { Job: [] } },
        { TotalCount: 5, JobList: { Job: 7 } },
      ].map((body): NewFault => ({ kind: 'body', body })),
    ];
    for (const fault of UNUSABLE)
      it(`are observed by Get after ${JSON.stringify(fault)}`, async () => {
        const jobs = await cluster(subject, 5);
        await subject.cloud.addFault({ ...fault, action });
        expect(await outcome(jobs)).to.deep.equal(['observed']);
        expect(await outcome(jobs)).to.deep.equal(['observed']);
        expect(await calls()).to.deep.equal([1, 10]);
        expect(warnings()).to.have.length(1);
      });

    it('are answered from a page that has some invalid entries', async () => {
      const jobs = await cluster(subject, 3);
      const Job = [null, 7, 'x', [], {}, { JobId: 7 }, { JobId: jobs[0]?.jobID, Status: '1' }];
      await subject.cloud.addFault({ kind: 'body', action, body: { TotalCount: 7, JobList: { Job } } });
      expect(await outcome(jobs)).to.deep.equal(['observed']);
      expect(await calls()).to.deep.equal([1, 2]);
    });

    const OUTAGES: [NewFault, string][] = [
      [{ kind: 'error', status: 503, code: 'ServiceUnavailable' }, 'ServerError'],
      [{ kind: 'html', status: 200, page: '<html></html>' }, 'UnexpectedResponse'],
      [{ kind: 'reset' }, 'ConnectionFailed'],
      [{ kind: 'error', status: 400, code: 'InvalidTimeStamp.Expired' }, 'ClockSkewed'],
    ];
    for (const [fault, kind] of OUTAGES)
      it(`all fail with one call by ${JSON.stringify(fault)}, and are observed when it has passed`, async () => {
        const jobs = await cluster(subject, 150);
        await subject.cloud.addFault({ ...fault, calls: 1 });
        expect(await outcome(jobs)).to.deep.equal([kind]);
        expect(await calls()).to.deep.equal([1, 0]);
        expect(await outcome(jobs)).to.deep.equal(['observed']);
        expect(await calls()).to.deep.equal([3, 0]);
      });

    it('fail when their page is not answered, and are observed when another page brings them', async () => {
      const jobs = await cluster(subject, 250);
      const answers = jobs.map((job) => subject.observe(job));
      const done = subject.inTime(kinds(answers));
      await subject.cloud.awaitCalls({ count: 1 });
      await subject.cloud.addFault({ kind: 'hang', calls: 1 });
      expect(await done).to.deep.equal(['ConnectionFailed', 'observed']);
      expect(await calls()).to.deep.equal([3, 0]);
      expect(subject.clock.now() - Date.parse('2026-01-01T00:00:00Z')).to.be.at.least(CALL_MS);
    });

    it('wait for the pause when the account is throttled, and are observed then', async () => {
      const jobs = await cluster(subject, 250);
      await subject.cloud.addFault({ kind: 'throttle', action, calls: 2 });
      expect(await outcome(jobs)).to.deep.equal(['observed']);
      expect(await calls()).to.deep.equal([5, 0]);
    });

    it('are Throttled after a few calls when the account stays throttled', async () => {
      const jobs = await cluster(subject, 5);
      await subject.cloud.addFault({ kind: 'throttle', action });
      expect(await outcome(jobs)).to.deep.equal(['Throttled']);
      expect(await calls()).to.deep.equal([4, 0]);
    });

    it('are AuthenticationFailed with few calls when the key is refused at a later page', async () => {
      const jobs = await cluster(subject, 500);
      subject.putSecret(DEFAULT_KEY);
      const done = outcome(jobs, { credential: SECRET });
      await subject.cloud.awaitCalls({ count: 1 });
      await subject.cloud.modifyKey({ accessKeyID: DEFAULT_KEY.accessKeyID, active: false });
      expect(await done).to.deep.equal(['AuthenticationFailed', 'observed']);
      const [pages = 0, gets] = await calls();
      expect(gets).to.equal(0);
      expect(pages).to.be.at.most(6);
    });

    it('are withdrawn at once when the reader is closed', async () => {
      const jobs = await cluster(subject, 500);
      const done = outcome(jobs);
      await subject.cloud.awaitCalls({ count: 1 });
      subject.reader.close();
      const some = await done;
      expect(some).to.include('withdrawn');
      const made = await subject.calls();
      await subject.clock.advance(60_000);
      expect(await subject.calls()).to.equal(made);
    });
  });
}
