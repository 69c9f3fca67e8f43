// The state machine of one cluster: what follows from each input, without calls, timers or a clock.

import { expect } from 'chai';
import { type BatchAction, ClusterBatch } from '../../../../src/cloud/batching/cluster-batch.ts';
import type { Asker } from '../../../../src/cloud/batching/pending-job.ts';
import type { Job, JobPage } from '../../../../src/cloud/client/map-response.ts';
import type { Refused, Result } from '../../../../src/cloud/requests/request.ts';
import type { Priority, Sweeping } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';

const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };
const HOUR = 60 * 60_000;
/** Longer than any batch window without new jobs. */
const QUIET_MS = 1_000;

interface Caller extends Asker {
  readonly name: string;
}

describe('the batch of a cluster', () => {
  let batch: ClusterBatch<Caller>;
  let now: number;
  /** The actions since the last `taken`, in short. */
  let done: string[];
  /** The Gets that wait, by job, and the answers by caller. */
  let gets: Map<string, Extract<BatchAction<Caller>, { kind: 'get' }>['job']>;
  let answers: Map<string, string[]>;

  beforeEach(() => {
    begin('all');
  });

  function begin(sweeping: Sweeping): void {
    batch = new ClusterBatch();
    batch.sweeping = sweeping;
    now = 1_000_000;
    done = [];
    gets = new Map();
    answers = new Map();
  }

  function step(input: Parameters<typeof batch.step>[0]): void {
    for (const action of batch.step(input, now)) note(action);
  }

  function note(action: BatchAction<Caller>): void {
    switch (action.kind) {
      case 'get':
        gets.set(action.job.jobID, action.job);
        done.push(`get ${action.job.jobID} ${action.job.priority}`);
        break;
      case 'cancelGet':
        if (gets.get(action.job.jobID) !== action.job) break;
        gets.delete(action.job.jobID);
        done.push(`cancel ${action.job.jobID}`);
        break;
      case 'list':
        done.push(`list ${action.pageNo} ${action.priority}`);
        break;
      case 'answer':
        for (const { name } of action.askers)
          answers.set(name, [...(answers.get(name) ?? []), labelOf(action.answer)]);
        break;
      case 'listRefused':
        done.push('list refused');
        break;
      default:
        break;
    }
  }

  function taken(): string[] {
    const taken = done;
    done = [];
    return taken;
  }

  function ask(
    jobID: string,
    { priority = 'scheduled', deadline = 0, isCalling = false, name = jobID } = {} as Ask,
  ): Caller {
    const asker = { name, since: now };
    step({ kind: 'asked', jobID, asker, priority, deadline, isCalling });
    return asker;
  }

  function askFor(count: number, priority: Priority = 'scheduled', prefix = 'job'): void {
    for (let index = 0; index < count; index += 1) ask(`${prefix}-${index}`, { priority });
  }

  function got(jobID: string, result: Result<Job> = answered({}, now)): void {
    const job = gets.get(jobID);
    if (!job) throw new Error(`no Get of ${jobID} waits`);
    gets.delete(jobID);
    step({ kind: 'got', job, result });
  }

  function listed(pageNo: number, jobIDs: readonly string[], total: number, sentAt = now): void {
    const jobs = new Map(jobIDs.map((jobID) => [jobID, { JobId: jobID }]));
    step({ kind: 'listed', pageNo, result: answered({ total, jobs } as JobPage, sentAt) });
  }

  function fail(pageNo: number, kind: FailureKind, isListRefused = false): void {
    step({ kind: 'listed', pageNo, result: refused(kind, isListRefused) });
  }

  /** Lets time pass, and steps whenever the batch asks to be woken. */
  function pass(ms: number): void {
    const end = now + ms;
    for (let wake = batch.wakeAt; wake !== undefined && wake <= end; wake = batch.wakeAt) {
      now = Math.max(now, wake);
      step({ kind: 'woken' });
    }
    now = end;
  }

  /** Brings the batch to where it has read the first page and knows how many there are. */
  function sweepOf(jobs: number, total: number, first: readonly string[] = []): void {
    askFor(jobs);
    pass(QUIET_MS);
    listed(1, first, total);
    pass(QUIET_MS);
  }

  describe('that may not sweep', () => {
    beforeEach(() => begin('none'));

    it('gets each job once for all its askers', () => {
      ask('a', { name: 'one' });
      ask('a', { name: 'two' });
      expect(taken()).to.deep.equal(['get a scheduled']);
      got('a');
      expect([...answers]).to.deep.equal([
        ['one', ['observed']],
        ['two', ['observed']],
      ]);
      expect(batch.isIdle).to.equal(true);
    });

    it('gets the job again with the best priority and the earliest deadline of all askers', () => {
      ask('a', { deadline: 9, name: 'one' });
      ask('a', { priority: 'urgent', deadline: 20, name: 'two' });
      expect(taken()).to.deep.equal(['get a scheduled', 'cancel a', 'get a urgent']);
      expect(gets.get('a')).to.include({ priority: 'urgent', deadline: 9 });
      ask('a', { priority: 'retry', deadline: 30, name: 'three' });
      expect(taken()).to.deep.equal([]);
    });

    it('gets the job again for an asker that comes while its call is under way', () => {
      ask('a', { name: 'early' });
      const early = gets.get('a');
      ask('a', { isCalling: true, name: 'late' });
      expect(taken()).to.deep.equal(['get a scheduled', 'get a scheduled']);
      if (early) step({ kind: 'got', job: early, result: answered({}, now) });
      expect([...answers.keys()]).to.deep.equal(['early']);
      got('a');
      expect([...answers.keys()]).to.deep.equal(['early', 'late']);
      expect(batch.isIdle).to.equal(true);
    });

    it('withdraws the Get when the last asker leaves, and not before', () => {
      const one = ask('a', { name: 'one' });
      const two = ask('a', { name: 'two' });
      step({ kind: 'left', jobID: 'a', asker: one });
      expect(gets.has('a')).to.equal(true);
      step({ kind: 'left', jobID: 'a', asker: two });
      expect(gets.has('a')).to.equal(false);
      expect([...answers.values()].flat()).to.deep.equal(['withdrawn', 'withdrawn']);
      expect(batch.isIdle).to.equal(true);
    });

    it('ignores an asker that has its answer already, and a result of a job that is done', () => {
      const one = ask('a');
      const job = gets.get('a');
      got('a');
      step({ kind: 'left', jobID: 'a', asker: one });
      if (job) step({ kind: 'got', job, result: answered({}, now) });
      expect(answers.get('a')).to.deep.equal(['observed']);
    });

    it('serves twenty thousand askers of one job, each in no time', () => {
      const askers = Array.from({ length: 20_000 }, (_, index) => ask('a', { name: `${index}` }));
      for (const asker of askers.slice(0, 10_000)) step({ kind: 'left', jobID: 'a', asker });
      got('a');
      expect([...answers.values()].every(({ length }) => length === 1)).to.equal(true);
      expect(answers.size).to.equal(20_000);
    });

    it('never sweeps, however many wait', () => {
      askFor(500);
      pass(10 * QUIET_MS);
      expect(gets.size).to.equal(500);
    });
  });

  describe('with more jobs than its list has pages', () => {
    it('reads the first page after a batch window, and answers what it brings', () => {
      askFor(3);
      expect(gets.size).to.equal(0);
      taken();
      pass(49);
      expect(taken()).to.deep.equal([]);
      pass(2);
      expect(taken()).to.deep.equal(['list 1 scheduled']);
      listed(1, ['job-0', 'job-1', 'job-2'], 3);
      expect([...answers.values()].flat()).to.deep.equal(Array(3).fill('observed'));
      expect(batch.isIdle).to.equal(true);
    });

    it('waits for jobs that come within moments of each other, for 2 s at most', () => {
      for (let index = 0; index < 100; index += 1) {
        ask(`job-${index}`);
        pass(40);
      }
      const lists = taken().filter((each) => each.startsWith('list'));
      expect(lists).to.deep.equal(['list 1 scheduled']);
    });

    it('waits for up to 10 s while more objects are known to come', () => {
      batch.expectsMore = true;
      askFor(3);
      taken();
      pass(9_900);
      expect(taken()).to.deep.equal([]);
      pass(200);
      expect(taken()).to.deep.equal(['list 1 scheduled']);
    });

    it('waits once more after the first page for jobs that come, then reads the others, 16 at a time', () => {
      askFor(1_000);
      pass(QUIET_MS);
      ask('late');
      taken();
      listed(1, [], 5_000);
      pass(499);
      expect(taken()).to.deep.equal([]);
      pass(1);
      expect(taken().filter((each) => each.startsWith('list'))).to.have.length(16);
      listed(2, [], 5_000);
      expect(taken()).to.deep.equal(['list 18 scheduled']);
      for (let pageNo = 3; pageNo <= 50; pageNo += 1) listed(pageNo, [], 5_000);
      expect(batch.pages).to.equal(50);
    });

    it('reads no other page when fewer jobs are left than that takes calls', () => {
      sweepOf(5, 1_000, ['job-0']);
      expect(taken().filter((each) => each.startsWith('list'))).to.deep.equal(['list 1 scheduled']);
      expect([...gets.keys()]).to.deep.equal(['job-1', 'job-2', 'job-3', 'job-4']);
    });

    it('gets a job that no page brought: not in the list is not "not found"', () => {
      sweepOf(3, 3, ['job-0', 'job-1']);
      expect([...gets.keys()]).to.deep.equal(['job-2']);
      expect(answers.has('job-2')).to.equal(false);
      got('job-2', refused('JobNotFound'));
      expect(answers.get('job-2')).to.deep.equal(['JobNotFound']);
    });

    it('answers only the askers that came before the call of the page was sent', () => {
      askFor(3);
      pass(QUIET_MS);
      const sentAt = now;
      now += 100;
      ask('job-0', { name: 'late' });
      listed(1, ['job-0', 'job-1', 'job-2'], 3, sentAt);
      expect(answers.get('job-0')).to.deep.equal(['observed']);
      expect(answers.has('late')).to.equal(false);
      pass(QUIET_MS);
      got('job-0');
      expect(answers.get('late')).to.deep.equal(['observed']);
    });

    it('sweeps again for jobs that came too late, where they are more than the pages', () => {
      sweepOf(300, 300);
      taken();
      const sentAt = now;
      now += 1;
      askFor(10, 'scheduled', 'late');
      for (const pageNo of [2, 3]) listed(pageNo, [], 300, sentAt);
      pass(2 * QUIET_MS);
      expect(taken().filter((each) => each.startsWith('list 1'))).to.have.length(1);
    });

    it('leaves a job alone for an hour once two sweeps in a row missed it, and says so in its answers', () => {
      for (let sweeps = 0; sweeps < 2; sweeps += 1) {
        sweepOf(3, 3, ['job-0', 'job-1']);
        got('job-2');
      }
      expect(answers.get('job-2')).to.deep.equal(['observed', 'observed unlisted']);
      taken();
      ask('job-2');
      expect(taken()).to.deep.equal(['get job-2 scheduled']);
      got('job-2');
      now += HOUR;
      askFor(3);
      expect([...gets.keys()]).to.deep.equal([]);
    });

    it('counts no miss for a job that came after the first page was read', () => {
      for (let sweeps = 0; sweeps < 3; sweeps += 1) {
        askFor(3);
        pass(QUIET_MS);
        const sentAt = now;
        now += 1;
        ask('late');
        listed(1, ['job-0', 'job-1', 'job-2'], 3, sentAt);
        pass(QUIET_MS);
        got('late');
      }
      expect(answers.get('late')).to.deep.equal(Array(3).fill('observed'));
    });

    it('counts misses in a row only', () => {
      for (const first of [['job-0'], ['job-0', 'job-1', 'job-2'], ['job-0']]) {
        sweepOf(3, 3, first);
        for (const jobID of [...gets.keys()]) got(jobID);
      }
      expect(answers.get('job-2')).to.deep.equal(Array(3).fill('observed'));
      askFor(3);
      expect(gets.size).to.equal(0);
    });

    it('calls for pages with the best priority and the earliest deadline of the jobs', () => {
      ask('a', { priority: 'retry', deadline: 5 });
      ask('b', { priority: 'scheduled', deadline: 9 });
      taken();
      pass(QUIET_MS);
      expect(taken()).to.deep.equal(['list 1 scheduled']);
    });

    it('forgets a sweep whose askers have all left', () => {
      const askers = ['a', 'b', 'c'].map((jobID) => ask(jobID));
      for (const asker of askers) step({ kind: 'left', jobID: asker.name, asker });
      taken();
      pass(QUIET_MS);
      expect(taken()).to.deep.equal([]);
      expect(batch.isIdle).to.equal(true);
    });

    it('stops sweeping when the plan says so', () => {
      sweepOf(3, 3, ['job-0', 'job-1', 'job-2']);
      batch.sweeping = 'none';
      step({ kind: 'woken' });
      askFor(3);
      expect(gets.size).to.equal(3);
    });

    it('ends when a page says that the list has more pages than jobs wait', () => {
      askFor(5);
      pass(QUIET_MS);
      listed(1, [], 1_000_000);
      pass(QUIET_MS);
      expect(gets.size).to.equal(5);
      expect(taken().filter((each) => each.startsWith('list'))).to.deep.equal(['list 1 scheduled']);
    });
  });

  it('gets two urgent jobs alone once the first page shows that the list has more pages', () => {
    for (const jobID of ['one', 'two']) ask(jobID, { priority: 'urgent' });
    askFor(30);
    pass(QUIET_MS);
    listed(1, [], 2_000);
    pass(QUIET_MS);
    expect([...gets.values()].map(({ jobID, priority }) => `${jobID} ${priority}`)).to.deep.equal([
      'one urgent',
      'two urgent',
    ]);
    const lists = taken().filter((each) => each.startsWith('list'));
    expect([lists[0], lists[1]]).to.deep.equal(['list 1 urgent', 'list 2 scheduled']);
  });

  describe('with urgent jobs', () => {
    /** The list is known to have 20 pages. */
    beforeEach(() => {
      sweepOf(30, 2_000);
      for (let pageNo = 2; pageNo <= 20; pageNo += 1) listed(pageNo, [], 2_000);
      for (const jobID of [...gets.keys()]) got(jobID);
      taken();
    });

    it('gets one urgent job alone, and leaves the pages in the priority of the others', () => {
      ask('new', { priority: 'urgent' });
      askFor(30, 'scheduled', 'other');
      pass(QUIET_MS);
      expect([...gets.keys()]).to.deep.equal(['new']);
      expect(taken()).to.include('list 1 scheduled');
    });

    it('gets a job at once that becomes urgent while it waits for a sweep', () => {
      askFor(30, 'scheduled', 'other');
      ask('other-7', { priority: 'urgent', name: 'user' });
      expect([...gets.values()].map(({ jobID, priority }) => `${jobID} ${priority}`)).to.deep.equal([
        'other-7 urgent',
      ]);
    });

    it('sweeps urgent jobs with their priority where they alone are more than the pages', () => {
      askFor(30, 'urgent', 'new');
      pass(QUIET_MS);
      expect(gets.size).to.equal(0);
      expect(taken()).to.include('list 1 urgent');
    });

    it('sweeps urgent jobs only, where the plan allows no more', () => {
      batch.sweeping = 'urgent';
      askFor(50, 'scheduled', 'other');
      expect(gets.size).to.equal(50);
      askFor(30, 'urgent', 'new');
      pass(QUIET_MS);
      expect(taken()).to.include('list 1 urgent');
    });
  });

  describe('whose list fails', () => {
    it('gives the failure of the first page to all that wait for it', () => {
      askFor(3);
      pass(QUIET_MS);
      fail(1, 'ServerError');
      expect([...answers.values()].flat()).to.deep.equal(Array(3).fill('ServerError'));
      expect(batch.isIdle).to.equal(true);
    });

    it('gives the failure of a page to the jobs that no other page brings', () => {
      sweepOf(300, 300, ['job-0']);
      fail(2, 'ConnectionFailed');
      listed(3, ['job-1'], 300);
      expect(['job-0', 'job-1', 'job-2'].map((jobID) => answers.get(jobID)?.[0])).to.deep.equal([
        'observed',
        'observed',
        'ConnectionFailed',
      ]);
    });

    it('gives the other pages up when more than three, and a quarter of those read, have failed', () => {
      sweepOf(1_000, 50_000, []);
      for (let pageNo = 2; pageNo <= 17; pageNo += 1) fail(pageNo, 'ServerError');
      const lists = taken().filter((each) => each.startsWith('list'));
      expect(lists.length).to.be.at.most(1 + 16 + 4);
      expect(batch.isIdle).to.equal(false);
    });

    it('reads a throttled page again, three times at most', () => {
      askFor(3);
      pass(QUIET_MS);
      taken();
      for (let times = 0; times < 3; times += 1) fail(1, 'Throttled');
      expect(taken()).to.deep.equal(Array(3).fill('list 1 scheduled'));
      expect(answers.size).to.equal(0);
      fail(1, 'Throttled');
      expect([...answers.values()].flat()).to.deep.equal(Array(3).fill('Throttled'));
    });

    it('gets each job for an hour after a refusal to list, then tries the list again', () => {
      askFor(3);
      pass(QUIET_MS);
      fail(1, 'PermissionDenied', true);
      expect(taken().slice(-4)).to.deep.equal([
        'list refused',
        ...[0, 1, 2].map((index) => `get job-${index} scheduled`),
      ]);
      for (const jobID of [...gets.keys()]) got(jobID);
      expect(batch.isListRefused(now)).to.equal(true);
      askFor(3);
      expect(gets.size).to.equal(3);
      for (const jobID of [...gets.keys()]) got(jobID);
      now += HOUR;
      askFor(3);
      expect(gets.size).to.equal(0);
    });
  });
});

interface Ask {
  readonly priority?: Priority;
  readonly deadline?: number;
  readonly isCalling?: boolean;
  readonly name?: string;
}

function answered<T>(value: T, sentAt: number): Extract<Result<T>, { kind: 'answered' }> {
  return { kind: 'answered', value, destination: DESTINATION, sentAt };
}

function refused(kind: FailureKind, isListRefused = false): Refused {
  const failure = { kind, message: 'as planned' };
  return { kind: 'failed', failure, sentAt: 0, ...(isListRefused && { isListRefused }) };
}

function labelOf(answer: Extract<BatchAction<Caller>, { kind: 'answer' }>['answer']): string {
  const what = answer.kind === 'failed' ? answer.failure.kind : answer.kind;
  return answer.kind !== 'withdrawn' && answer.unlisted ? `${what} unlisted` : what;
}
