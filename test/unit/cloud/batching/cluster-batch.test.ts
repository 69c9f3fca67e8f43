// What the batch of one cluster does at each input: calls that askers share, and sweeps of the list that
// replace many calls.

import { expect } from 'chai';
import { ClusterBatch } from '../../../../src/cloud/batching/cluster-batch.ts';
import { PAGE_SIZE } from '../../../../src/cloud/client/live-client.ts';
import type { Priority, Sweeping } from '../../../../src/job/model/cloud-port.ts';
import { jobIDs, type NamedAsker, ScriptedBatch } from './scripted-batch.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Longer than the batch window of a list with few pages. */
const WINDOW = 50;

/** How long the Get of a job that a sweep may take over is held back. */
const HELD = 50;

describe('batch of a cluster: one call for all askers of a job', () => {
  let scripted: ScriptedBatch;
  beforeEach(() => {
    scripted = new ScriptedBatch();
  });

  it('makes one call for all that ask for a job, and gives them one answer', () => {
    expect(scripted.ask('a', { name: 'first' })).to.deep.equal(['get a']);
    expect(scripted.ask('a', { name: 'second' })).to.deep.equal([]);
    expect(scripted.got('a')).to.deep.equal(['first second: observed', 'cancel a']);
    expect(scripted.answers.get('first')?.[0]).to.equal(scripted.answers.get('second')?.[0]);
    expect(scripted.batch.isIdle).to.equal(true);
  });

  it('makes a call for each job', () => {
    expect(scripted.askAll(['a', 'b', 'c'])).to.deep.equal(['get a', 'get b', 'get c']);
    expect(scripted.got('b', 'ServerError')).to.deep.equal(['b: ServerError', 'cancel b']);
    expect(scripted.batch.askers.map(({ name }) => name)).to.deep.equal(['a', 'c']);
  });

  it('answers each asker once, and those that leave when they leave', () => {
    for (const name of ['0', '1', '2', '3']) scripted.ask('a', { name });
    expect(scripted.leave('1')).to.deep.equal(['1: withdrawn']);
    expect(scripted.leave('3')).to.deep.equal(['3: withdrawn']);
    expect(scripted.leave('1')).to.deep.equal([]);
    const { batch } = scripted;
    expect(batch.isIdle).to.equal(false);
    expect(scripted.got('a')).to.deep.equal(['0 2: observed', 'cancel a']);
    expect(scripted.leave('0')).to.deep.equal([]);
    expect(batch.isIdle).to.equal(true);
  });

  for (const count of [1, 3])
    it(`withdraws the call when the last of ${count} askers has left, and makes another for the next`, () => {
      const names = Array.from({ length: count }, (_, index) => `${index}`);
      for (const name of names) scripted.ask('a', { name });
      for (const name of names.slice(1).reverse())
        expect(scripted.leave(name)).to.deep.equal([`${name}: withdrawn`]);
      expect(scripted.leave('0')).to.deep.equal(['0: withdrawn', 'cancel a']);
      expect(scripted.batch.isIdle).to.equal(true);
      expect(scripted.ask('a')).to.deep.equal(['get a']);
    });

  it('ignores the result of a call that is no longer wanted', () => {
    scripted.ask('a');
    const job = scripted.job('a');
    scripted.leave('a');
    expect(scripted.got(job)).to.deep.equal([]);
    scripted.ask('a', { name: 'again' });
    expect(scripted.got(job)).to.deep.equal([]);
    expect(scripted.got('a')).to.deep.equal(['again: observed', 'cancel a']);
  });

  it('answers the askers of a call that was withdrawn', () => {
    scripted.ask('a');
    expect(scripted.got('a', 'withdrawn')).to.deep.equal(['a: withdrawn', 'cancel a']);
  });

  const questions: [priority: Priority, deadline: number, actions: string[], then: [Priority, number]][] = [
    ['urgent', 100, ['cancel a', 'get a urgent'], ['urgent', 100]],
    ['urgent', 200, ['cancel a', 'get a urgent'], ['urgent', 100]],
    ['scheduled', 50, ['cancel a', 'get a'], ['scheduled', 50]],
    ['retry', 50, ['cancel a', 'get a'], ['scheduled', 50]],
    ['scheduled', 100, [], ['scheduled', 100]],
    ['retry', 200, [], ['scheduled', 100]],
  ];
  for (const [priority, deadline, actions, then] of questions)
    it(`after a scheduled question due at 100, ${
      actions.length > 0 ? 'makes the call sooner' : 'does not move the call'
    } for a question of priority ${priority} due at ${deadline}`, () => {
      scripted.ask('a', { name: 'first', deadline: 100 });
      expect(scripted.ask('a', { name: 'second', priority, deadline })).to.deep.equal(actions);
      const job = scripted.job('a');
      expect([job.priority, job.deadline]).to.deep.equal(then);
      expect(scripted.got('a')).to.deep.equal(['first second: observed', 'cancel a']);
    });

  it('makes another call for a question that comes while the call of its job is under way', () => {
    scripted.ask('a', { name: 'before' });
    const underway = scripted.job('a');
    expect(scripted.ask('a', { name: 'after', isCalling: true })).to.deep.equal(['get a']);
    expect(scripted.ask('a', { name: 'later' })).to.deep.equal([]);
    expect(scripted.batch.isIdle).to.equal(false);
    expect(scripted.batch.askers.map(({ name }) => name)).to.have.members(['before', 'after', 'later']);
    expect(scripted.got(underway)).to.deep.equal(['before: observed', 'cancel a']);
    expect(scripted.batch.isIdle).to.equal(false);
    expect(scripted.got('a')).to.deep.equal(['after later: observed', 'cancel a']);
    expect(scripted.batch.isIdle).to.equal(true);
  });

  it('lets a Get wait for each namespace that asks, and gives the first answer to all', () => {
    expect(scripted.ask('a', { name: 'first' })).to.deep.equal(['get a']);
    expect(scripted.ask('a', { name: 'other', namespace: 'sports' })).to.deep.equal(['get a']);
    expect(scripted.ask('a', { name: 'another', namespace: 'sports' })).to.deep.equal([]);
    expect(scripted.job('a').firsts.map(({ name }) => name)).to.deep.equal(['first', 'other']);
    expect(scripted.got('a')).to.deep.equal(['first other another: observed', 'cancel a']);
    expect(scripted.batch.isIdle).to.equal(true);
  });

  it('takes the Get of a namespace back when its last asker leaves', () => {
    scripted.ask('a', { name: 'first' });
    for (const name of ['other', 'another']) scripted.ask('a', { name, namespace: 'sports' });
    expect(scripted.leave('another')).to.deep.equal(['another: withdrawn']);
    expect(scripted.leave('other')).to.deep.equal(['other: withdrawn', 'get a']);
    expect(scripted.job('a').firsts.map(({ name }) => name)).to.deep.equal(['first']);
  });

  it('keeps apart the calls of one job that end in another order than they began', () => {
    scripted.ask('a', { name: 'first' });
    const first = scripted.job('a');
    scripted.ask('a', { name: 'second', isCalling: true });
    const second = scripted.job('a');
    scripted.ask('a', { name: 'third', isCalling: true });
    expect(scripted.got(second)).to.deep.equal(['second: observed', 'cancel a']);
    expect(scripted.got('a')).to.deep.equal(['third: observed', 'cancel a']);
    expect(scripted.batch.isIdle).to.equal(false);
    expect(scripted.got(first)).to.deep.equal(['first: observed', 'cancel a']);
  });

  it('lets twenty thousand askers of one job come and leave, each in no time', () => {
    const batch = new ClusterBatch<NamedAsker>();
    const askers = Array.from(
      { length: 20_000 },
      (_, index): NamedAsker => ({
        name: `${index}`,
        namespace: 'media',
        since: 0,
        hasLeft: false,
      }),
    );
    const before = process.cpuUsage();
    for (const asker of askers)
      batch.step({ kind: 'asked', jobID: 'a', asker, priority: 'scheduled', deadline: 0 }, 0);
    // The last first: a list would be searched to its end for each.
    for (const asker of askers.reverse()) batch.step({ kind: 'left', asker }, 0);
    const { user } = process.cpuUsage(before);
    expect(batch.isIdle).to.equal(true);
    // 0.02 s; with a list several seconds.
    expect(user / 1e6).to.be.below(0.5);
  });
});

describe('batch of a cluster: when a sweep begins, and for which jobs', () => {
  /** Jobs in the order in which they come: `u` urgent, `s` scheduled, `r` retry. */
  const PRIORITY: Record<string, Priority> = { u: 'urgent', s: 'scheduled', r: 'retry' };

  const rows: [sweeping: Sweeping, pages: number | undefined, come: string, ownCalls: string][] = [
    // Never.
    ['none', undefined, 'uuuss', 'uuuss'],
    // Urgent jobs count, and the others come along.
    ['urgent', undefined, 'sss', 'sss'],
    ['urgent', undefined, 'us', 'us'],
    ['urgent', undefined, 'uu', ''],
    ['urgent', undefined, 'suur', ''],
    ['urgent', 3, 'uuuss', 'uuuss'],
    ['urgent', 3, 'ssuuuu', ''],
    // All jobs count where there are more than pages.
    ['all', undefined, 's', 's'],
    ['all', undefined, 'sr', ''],
    ['all', 3, 'ssr', 'ssr'],
    ['all', 3, 'sssr', ''],
    // An urgent job keeps its own call unless urgent jobs alone are more than pages.
    ['all', undefined, 'us', 'us'],
    ['all', undefined, 'uss', 'u'],
    ['all', undefined, 'ssu', 'u'],
    ['all', 3, 'uuusss', 'uuusss'],
    ['all', 3, 'uuussss', 'uuu'],
    ['all', 3, 'uuuu', ''],
    ['all', 3, 'ssssu', 'u'],
  ];
  for (const [sweeping, pages, come, ownCalls] of rows) {
    const list = pages === undefined ? 'a list of unknown length' : `${pages} pages`;
    it(`leaves "${ownCalls}" of "${come}" to their own calls: sweeping ${sweeping}, ${list}`, () => {
      const scripted = new ScriptedBatch();
      scripted.batch.sweeping = sweeping;
      scripted.batch.listedJobs = pages && pages * PAGE_SIZE;
      for (const [index, letter] of [...come].entries())
        scripted.ask(`${letter}${index}`, { priority: PRIORITY[letter] as Priority });
      const isSwept = scripted.wait(WINDOW).some((action) => action.startsWith('list 1'));
      expect(isSwept).to.equal(ownCalls.length < come.length);
      expect([...scripted.gets].map((jobID) => jobID[0]).join('')).to.equal(ownCalls);
    });
  }

  it('takes the calls of the jobs back that a sweep takes over', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
    scripted.batch.listedJobs = 3 * PAGE_SIZE;
    scripted.askAll(['a', 'b']);
    expect(scripted.wait(HELD)).to.deep.equal(['get a', 'get b']);
    expect(scripted.askAll(['c', 'd'])).to.deep.equal(['cancel a', 'cancel b']);
  });

  it('holds Gets back for 50 ms, because jobs come due together and the first need no call of their own', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
    scripted.batch.listedJobs = 3 * PAGE_SIZE;
    expect(scripted.ask('a')).to.deep.equal([]);
    scripted.wait(HELD - 1);
    expect(scripted.ask('b')).to.deep.equal([]);
    expect(scripted.batch.wakeAt).to.equal(HELD);
    expect(scripted.wait(1)).to.deep.equal(['get a', 'get b']);
    expect(scripted.batch.wakeAt).to.equal(undefined);
  });

  it('makes no call for a job that was left while its Get was held back', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
    scripted.ask('a');
    scripted.leave('a');
    expect([scripted.batch.wakeAt, scripted.wait(HELD)]).to.deep.equal([undefined, []]);
  });

  it('holds the Get of a job back although one of two namespaces has left it', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
    scripted.batch.listedJobs = 3 * PAGE_SIZE;
    scripted.ask('a', { name: 'gone', namespace: 'sports' });
    scripted.ask('a');
    expect(scripted.leave('gone')).to.deep.equal(['gone: withdrawn']);
    expect(scripted.wait(HELD)).to.deep.equal(['get a']);
  });

  it('lets the Get of a job go at once that an urgent question comes for', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
    scripted.batch.listedJobs = 3 * PAGE_SIZE;
    scripted.askAll(['a', 'b']);
    expect(scripted.ask('a', { name: 'earlier', deadline: -1 })).to.deep.equal([]);
    expect(scripted.ask('a', { name: 'user', priority: 'urgent' })).to.deep.equal(['get a urgent']);
    expect(scripted.wait(HELD)).to.deep.equal(['get b']);
  });

  it('counts a job once, however many ask for it', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
    for (const name of ['1', '2', '3']) scripted.ask('a', { name });
    expect(scripted.wait(HELD)).to.deep.equal(['get a']);
  });

  it('counts a job with its new priority once an urgent question has hastened it', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'urgent';
    scripted.askAll(['a', 'b']);
    scripted.ask('a', { name: 'user of a', priority: 'urgent' });
    expect([...scripted.gets]).to.have.members(['a', 'b']);
    scripted.ask('b', { name: 'user of b', priority: 'urgent' });
    expect([...scripted.gets]).to.deep.equal([]);
  });

  it('does not count jobs that are answered or left', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
    for (const jobID of jobIDs(20)) {
      scripted.ask(jobID);
      expect(scripted.wait(HELD)).to.deep.equal([`get ${jobID}`]);
      if (Number(jobID.slice(4)) % 2 === 0) scripted.got(jobID);
      else scripted.leave(jobID);
    }
  });

  it('sweeps the jobs that wait when the plan begins to sweep', () => {
    const scripted = new ScriptedBatch();
    scripted.askAll(['a', 'b', 'c']);
    scripted.batch.sweeping = 'all';
    expect(scripted.step({ kind: 'woken' })).to.deep.equal(['cancel a', 'cancel b', 'cancel c']);
    expect(scripted.wait(WINDOW)).to.deep.equal(['list 1 scheduled']);
  });

  it('ends a sweep that has begun when the plan no longer sweeps, and begins no other', () => {
    const scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
    scripted.askAll(['a', 'b']);
    scripted.batch.sweeping = 'none';
    scripted.step({ kind: 'woken' });
    expect(scripted.wait(WINDOW)).to.deep.equal(['list 1 scheduled']);
    scripted.page(1, ['a', 'b']);
    expect([scripted.answersOf('a'), scripted.answersOf('b')]).to.deep.equal([['observed'], ['observed']]);
    expect(scripted.askAll(['a', 'b'])).to.deep.equal(['get a', 'get b']);
  });
});

describe('batch of a cluster: a sweep', () => {
  let scripted: ScriptedBatch;
  beforeEach(() => {
    scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
  });

  /**
   * A sweep whose first page says how many pages there are. @returns the actions from then to the end of the
   * second window
   */
  function beginWith(jobs: readonly string[], pages: number, first: readonly string[] = []): string[] {
    scripted.askAll(jobs);
    scripted.wait(1_000);
    return [...scripted.page(1, first, { total: pages * 100 }), ...scripted.wait(1_000)];
  }

  it('waits until no job has come for 50 ms, and reads the first page', () => {
    scripted.askAll(['a', 'b']);
    expect(scripted.wait(WINDOW - 1)).to.deep.equal([]);
    expect(scripted.ask('c')).to.deep.equal([]);
    expect(scripted.wait(WINDOW - 1)).to.deep.equal([]);
    expect(scripted.wait(1)).to.deep.equal(['list 1 scheduled']);
    expect(scripted.batch.wakeAt).to.equal(undefined);
  });

  it('waits no longer than 2 s, or 10 s while more jobs are known to come', () => {
    for (const [expectsMore, windowMs] of [
      [false, 2_000],
      [true, 10_000],
    ] as const) {
      scripted = new ScriptedBatch();
      scripted.batch.sweeping = 'all';
      scripted.batch.expectsMore = expectsMore;
      const actions: string[] = [];
      while (actions.every((action) => !action.startsWith('list')))
        actions.push(...scripted.ask(`${scripted.now}`), ...scripted.wait(10));
      expect(scripted.now).to.be.within(windowMs, windowMs + 2 * WINDOW);
    }
  });

  it('stops waiting once no more jobs are known to come', () => {
    scripted.batch.expectsMore = true;
    scripted.askAll(['a', 'b']);
    expect(scripted.wait(1_000)).to.deep.equal([]);
    scripted.batch.expectsMore = false;
    expect(scripted.wait(WINDOW)).to.deep.equal(['list 1 scheduled']);
  });

  it('answers its jobs from the page, all askers of each at once', () => {
    scripted.askAll(['a', 'b']);
    scripted.ask('b', { name: 'b too' });
    scripted.wait(WINDOW);
    expect(scripted.page(1, ['b', 'x', 'a'])).to.deep.equal([
      'listed',
      'b b too: observed',
      'cancel b',
      'a: observed',
      'cancel a',
      'cancelLists',
    ]);
    expect([scripted.batch.pages, scripted.batch.isIdle]).to.deep.equal([1, true]);
    const answer = scripted.answers.get('a')?.[0];
    expect(answer?.kind === 'observed' && answer.job).to.deep.equal({ jobID: 'a' });
  });

  it('needs no Get for a job that another namespace still waits for', () => {
    scripted.askAll(['a', 'b']);
    scripted.ask('a', { name: 'other', namespace: 'sports' });
    expect(scripted.leave('a')).to.deep.equal(['a: withdrawn']);
    scripted.wait(WINDOW);
    scripted.page(1, ['a', 'b']);
    expect(scripted.answersOf('other')).to.deep.equal(['observed']);
  });

  for (const [what, come, then] of [
    ['arrives', () => scripted.page(1, ['a', 'b']), ['listed']],
    ['fails', () => scripted.failPage(1), []],
  ] as const)
    it(`takes no harm from a page that ${what} when nothing waits for it any more`, () => {
      scripted.askAll(['a', 'b']);
      scripted.wait(WINDOW);
      scripted.leave('a');
      expect(scripted.leave('b')).to.include('cancelLists');
      expect(come()).to.deep.equal(then);
      expect(scripted.batch.isIdle).to.equal(true);
    });

  it('answers from the page jobs whose hexadecimal IDs the list writes in other letters', () => {
    scripted.askAll(['AB-1', 'cd-2', 'EF-3', 'job-X', 'job-Y']);
    scripted.ask('ab-1', { name: 'lower' });
    scripted.wait(WINDOW);
    scripted.page(1, ['ab-1', 'CD-2', 'ef-3', 'JOB-X', 'job-Y']);
    for (const name of ['AB-1', 'lower', 'cd-2', 'EF-3', 'job-Y'])
      expect(scripted.answersOf(name)).to.deep.equal(['observed']);
    expect([...scripted.gets]).to.deep.equal(['job-X']);
  });

  it('observes by Get a job that no page brought: not in the list is not the same as not found', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    const actions = [...scripted.page(1, ['a']), ...scripted.wait(WINDOW)];
    expect(actions).to.deep.equal(['listed', 'a: observed', 'cancel a', 'get b', 'cancelLists']);
    expect(scripted.got('b', 'JobNotFound')).to.deep.equal(['b: JobNotFound', 'cancel b']);
  });

  it('answers from a page a job that waits for its own call', () => {
    scripted.ask('u', { priority: 'urgent' });
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    expect(scripted.page(1, ['a', 'b', 'u'])).to.include.members(['u: observed', 'cancel u']);
  });

  it('reads the other pages after a second window, 16 at a time', () => {
    const others = beginWith(jobIDs(30), 20);
    expect(others).to.deep.equal([
      'listed',
      ...Array.from({ length: 16 }, (_, index) => `list ${index + 2} scheduled`),
    ]);
    expect(scripted.page(2, [], { total: 2_000 })).to.deep.equal(['listed', 'list 18 scheduled']);
    expect(scripted.page(9, [], { total: 2_000 })).to.deep.equal(['listed', 'list 19 scheduled']);
  });

  it('waits in the second window for 10 ms a page that the first page tells of, up to 1 s', () => {
    for (const [pages, quietMs] of [
      [3, 50],
      [20, 200],
      [300, 1_000],
    ] as const) {
      scripted = new ScriptedBatch();
      scripted.batch.sweeping = 'all';
      scripted.askAll(jobIDs(2));
      scripted.wait(WINDOW);
      scripted.askAll(jobIDs(300, 'more'));
      expect(scripted.page(1, [], { total: pages * 100 })).to.deep.equal(['listed']);
      expect(scripted.wait(quietMs - 1)).to.deep.equal([]);
      expect(scripted.wait(1)[0]).to.equal('list 2 scheduled');
    }
  });

  it('reads the other pages only where more jobs wait than there are other pages', () => {
    for (const [jobs, isRead] of [
      [19, false],
      [20, true],
    ] as const) {
      scripted = new ScriptedBatch();
      scripted.batch.sweeping = 'all';
      const actions = beginWith(jobIDs(jobs), 20);
      expect(actions.includes('list 2 scheduled')).to.equal(isRead);
      expect(scripted.gets.size).to.equal(isRead ? 0 : jobs);
    }
  });

  it('takes in jobs that come until the other pages are read, and counts them', () => {
    scripted.askAll(jobIDs(3));
    scripted.wait(WINDOW);
    expect(scripted.ask('during the first page')).to.deep.equal([]);
    scripted.now += 1;
    scripted.page(1, [], { total: 500, sentAt: 0 });
    expect(scripted.ask('in the second window')).to.deep.equal([]);
    expect(scripted.wait(WINDOW)).to.have.members([2, 3, 4, 5].map((page) => `list ${page} scheduled`));
    expect([...scripted.ask('too late'), ...scripted.wait(HELD)]).to.deep.equal(['get too late']);
  });

  it('ends when a job has left that was its last', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    expect(scripted.leave('a')).to.deep.equal(['a: withdrawn', 'cancel a']);
    expect(scripted.leave('b')).to.deep.equal(['b: withdrawn', 'cancel b', 'cancelLists']);
    expect(scripted.batch.isIdle).to.equal(true);
  });

  it('reads no page where all jobs leave during its window', () => {
    scripted.askAll(['a', 'b']);
    for (const name of ['a', 'b']) scripted.leave(name);
    expect([scripted.batch.wakeAt, scripted.wait(MINUTE)]).to.deep.equal([undefined, []]);
  });

  it('serves from a page only the askers that came before its call was sent', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    const sentAt = scripted.now;
    scripted.now += 1;
    scripted.ask('a', { name: 'later' });
    expect(scripted.page(1, ['a', 'b'], { sentAt })).to.deep.equal([
      'listed',
      'a: observed',
      'b: observed',
      'cancel b',
      'get a',
      'cancelLists',
    ]);
    expect(scripted.got('a')).to.deep.equal(['later: observed', 'cancel a']);
  });

  it('serves from a page the askers that came in the moment when its call was sent', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    scripted.ask('a', { name: 'same moment' });
    expect(scripted.page(1, ['a'])).to.include('a same moment: observed');
  });

  it('serves from a page a job that came too late for the sweep, but before the call of that page', () => {
    beginWith(jobIDs(3), 3);
    scripted.ask('late');
    scripted.now += 1;
    expect(scripted.page(2, ['late'], { total: 300, sentAt: scripted.now - 2 })).to.deep.equal(['listed']);
    expect(scripted.page(3, ['late'], { total: 300 })).to.include('late: observed');
  });

  it('leaves to its own call a job that came too late, or to the next sweep if there are more of them than pages', () => {
    for (const [late, isSwept] of [
      [['d'], false],
      [['d', 'e'], true],
    ] as const) {
      scripted = new ScriptedBatch();
      scripted.batch.sweeping = 'all';
      scripted.askAll(['a', 'b']);
      scripted.wait(WINDOW);
      const sentAt = scripted.now;
      scripted.now += 1;
      scripted.askAll(late);
      scripted.page(1, ['a', 'b', ...late], { sentAt });
      const actions = scripted.wait(WINDOW);
      expect([...scripted.gets]).to.deep.equal(isSwept ? [] : ['d']);
      expect(actions.includes('list 1 scheduled')).to.equal(isSwept);
      expect(late.map((jobID) => scripted.answersOf(jobID))).to.deep.equal(late.map(() => []));
    }
  });

  it('begins the next sweep as soon as one has answered its jobs, for those that came too late', () => {
    beginWith(jobIDs(3), 3);
    scripted.now += 1;
    scripted.askAll(jobIDs(4, 'late'));
    expect(scripted.wait(HELD)).to.deep.equal(jobIDs(4, 'late').map((jobID) => `get ${jobID}`));
    const actions = scripted.page(2, jobIDs(3), { total: 300 });
    expect(actions.slice(-6)).to.deep.equal([
      'cancelLists',
      ...jobIDs(4, 'late').map((jobID) => `cancel ${jobID}`),
      'list 1 scheduled',
    ]);
  });

  it('reads as many pages as the first page told, even if each page tells of more', () => {
    beginWith(jobIDs(60), 2);
    expect(scripted.page(2, [], { total: 5_000 })).to.deep.equal([
      'listed',
      ...jobIDs(60).map((jobID) => `get ${jobID}`),
      'cancelLists',
    ]);
    expect(scripted.batch.pages).to.equal(50);
  });

  it('is one page for an empty list', () => {
    expect(beginWith(['a', 'b'], 0)).to.deep.equal(['listed', 'get a', 'get b', 'cancelLists']);
    expect(scripted.batch.pages).to.equal(1);
  });

  it('sweeps a hundred thousand jobs in little time', () => {
    const jobs = jobIDs(100_000);
    const before = process.cpuUsage();
    const pages = jobs.length / 100;
    let next = beginWith(jobs, pages, jobs.slice(0, 100));
    for (let turn = 0; next.length > 0 && turn < 2 * pages; turn += 1)
      next = next.flatMap((action) => {
        const pageNo = Number(/^list (\d+)/.exec(action)?.[1] ?? 0);
        return pageNo === 0
          ? []
          : scripted.page(pageNo, jobs.slice((pageNo - 1) * 100, pageNo * 100), { total: jobs.length });
      });
    const { user } = process.cpuUsage(before);
    expect([scripted.gets.size, scripted.answers.size, scripted.batch.isIdle]).to.deep.equal([
      0,
      jobs.length,
      true,
    ]);
    expect(user / 1e6).to.be.below(3);
  });
});

describe('batch of a cluster: an urgent job among many scheduled', () => {
  const due = jobIDs(30, 'due');
  let scripted: ScriptedBatch;
  beforeEach(() => {
    scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
  });

  /** The first page of twenty, and the second window. */
  const firstPage = () => [...scripted.page(1, [], { total: 2_000 }), ...scripted.wait(1_000)];
  const pages = (from: number, to: number, priority: Priority) =>
    Array.from({ length: to - from + 1 }, (_, index) => `list ${from + index} ${priority}`);

  it('gets a call of its own, and lends its priority to no page', () => {
    scripted.ask('u', { priority: 'urgent' });
    scripted.askAll(due);
    expect(scripted.wait(WINDOW)).to.deep.equal(['list 1 scheduled']);
    expect(firstPage()).to.deep.equal(['listed', ...pages(2, 17, 'scheduled')]);
    expect([...scripted.gets]).to.deep.equal(['u']);
  });

  it('shares the first page with another while the length of the list is unknown, and then gets its own call', () => {
    for (const jobID of ['one', 'two']) scripted.ask(jobID, { priority: 'urgent' });
    scripted.askAll(due);
    expect([...scripted.gets]).to.deep.equal([]);
    expect(scripted.wait(WINDOW)).to.deep.equal(['list 1 urgent']);
    expect(firstPage()).to.deep.equal([
      'listed',
      'get one urgent',
      'get two urgent',
      ...pages(2, 17, 'scheduled'),
    ]);
  });

  it('leaves the sweep for a call of its own when an urgent question comes for it', () => {
    scripted.batch.listedJobs = 20 * PAGE_SIZE;
    scripted.askAll(due);
    expect(scripted.gets.size).to.equal(0);
    expect(scripted.ask('due-7', { name: 'user', priority: 'urgent' })).to.deep.equal(['get due-7 urgent']);
    scripted.wait(1_000);
    expect(firstPage()).to.deep.equal(['listed', ...pages(2, 17, 'scheduled')]);
    expect(scripted.got('due-7')).to.deep.equal(['due-7 user: observed', 'cancel due-7']);
  });

  it('stays in the sweep when an earlier question of the same priority comes for it', () => {
    scripted.batch.listedJobs = 20 * PAGE_SIZE;
    scripted.askAll(due, { deadline: 100 });
    expect(scripted.ask('due-7', { name: 'earlier', deadline: 40 })).to.deep.equal([]);
    scripted.wait(1_000);
    const [list] = scripted.actions;
    expect(list).to.include({ kind: 'list', pageNo: 1, priority: 'scheduled', deadline: 40 });
  });

  it('is swept with the priority of urgent jobs where they alone are more than the pages', () => {
    const urgent = jobIDs(30, 'urgent');
    scripted.batch.listedJobs = 20 * PAGE_SIZE;
    scripted.askAll(due);
    scripted.askAll(urgent, { priority: 'urgent' });
    // Those that came before urgent jobs alone were more than the pages keep their calls.
    expect(scripted.gets.size).to.equal(20);
    expect(scripted.wait(1_000)).to.deep.equal(['list 1 urgent']);
  });

  it('is swept together with all urgent jobs where none is scheduled', () => {
    scripted.batch.listedJobs = 20 * PAGE_SIZE;
    scripted.askAll(jobIDs(30, 'urgent'), { priority: 'urgent' });
    expect(scripted.gets.size).to.equal(0);
    expect(scripted.wait(1_000)).to.deep.equal(['list 1 urgent']);
    expect(firstPage()).to.deep.equal(['listed', ...pages(2, 17, 'urgent')]);
  });

  it('keeps its own call also when it comes while a sweep waits', () => {
    scripted.askAll(due);
    expect(scripted.ask('u', { priority: 'urgent' })).to.deep.equal(['get u urgent']);
  });
});

describe('batch of a cluster: jobs that the list lacks', () => {
  let scripted: ScriptedBatch;
  beforeEach(() => {
    scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
  });

  /** Asks for `a`, `b` and `lacking`; the list has the first two. @returns the answer about the other */
  function sweep(listed: readonly string[] = ['a', 'b']): string | undefined {
    scripted.askAll(['a', 'b', 'lacking']);
    const lists = scripted.wait(WINDOW).filter((action) => action.startsWith('list'));
    if (lists.length > 0) scripted.page(1, listed);
    scripted.wait(WINDOW);
    if (scripted.jobOf('lacking')) scripted.got('lacking');
    return scripted.answersOf('lacking').at(-1);
  }

  it('says so in the answer once two sweeps have not brought the job', () => {
    expect([sweep(), sweep(), sweep()]).to.deep.equal(['observed', 'observed unlisted', 'observed unlisted']);
  });

  it('says so in a failure as well', () => {
    for (let times = 0; times < 2; times += 1) sweep();
    scripted.ask('lacking');
    expect(scripted.got('lacking', 'ServerError')).to.deep.equal([
      'lacking: ServerError unlisted',
      'cancel lacking',
    ]);
  });

  it('leaves such a job to its own call for an hour, and counts it for no sweep', () => {
    for (let times = 0; times < 2; times += 1) sweep();
    expect(scripted.askAll(['lacking', 'a'])).to.deep.equal(['get lacking']);
    expect(scripted.wait(HELD)).to.deep.equal(['get a']);
    expect(scripted.ask('b')).to.deep.equal(['cancel a']);
    for (const name of ['lacking', 'a', 'b']) scripted.leave(name);
    scripted.now += HOUR - MINUTE;
    scripted.askAll(['lacking', 'a']);
    scripted.wait(HELD);
    expect([...scripted.gets]).to.deep.equal(['lacking', 'a']);
    for (const name of ['lacking', 'a']) scripted.leave(name);
    scripted.now += MINUTE;
    scripted.askAll(['lacking', 'a']);
    expect(scripted.wait(WINDOW)).to.deep.equal(['list 1 scheduled']);
  });

  it('does not say so when a sweep between the two has brought the job', () => {
    expect([sweep(), sweep(['a', 'b', 'lacking']), sweep(), sweep()]).to.deep.equal([
      'observed',
      'observed',
      'observed',
      'observed unlisted',
    ]);
  });

  it('counts a job that came just as the first page was requested', () => {
    for (let times = 0; times < 2; times += 1) {
      const since = scripted.now;
      scripted.askAll(['a', 'b']);
      scripted.wait(WINDOW);
      scripted.page(1, ['a'], { sentAt: since });
      scripted.got('b');
    }
    expect(scripted.answersOf('b')).to.deep.equal(['observed', 'observed unlisted']);
  });

  it('does not count as missing a job for which one of two askers came too late', () => {
    for (let times = 0; times < 3; times += 1) {
      scripted.askAll(['a', 'b']);
      scripted.wait(WINDOW);
      const sentAt = scripted.now;
      scripted.now += 1;
      scripted.ask('b', { name: 'late' });
      scripted.page(1, ['a'], { sentAt });
      scripted.got('b');
    }
    expect(scripted.answersOf('late')).to.deep.equal(Array(3).fill('observed'));
  });

  it('does not count as missing a job that came too late for the pages', () => {
    for (let times = 0; times < 3; times += 1) {
      scripted.askAll(['a', 'b']);
      scripted.wait(WINDOW);
      const sentAt = scripted.now;
      scripted.now += 1;
      scripted.ask('late');
      scripted.page(1, ['a', 'b'], { sentAt });
      scripted.wait(WINDOW);
      expect(scripted.got('late')).to.deep.equal(['late: observed', 'cancel late']);
    }
  });
});

describe('batch of a cluster: pages that fail', () => {
  let scripted: ScriptedBatch;
  beforeEach(() => {
    scripted = new ScriptedBatch();
    scripted.batch.sweeping = 'all';
  });

  const lists = (actions: readonly string[]) => actions.filter((action) => action.startsWith('list '));

  it('gives the failure of the first page to every job, without another call', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    expect(scripted.failPage(1)).to.deep.equal([
      'a: ServerError',
      'cancel a',
      'b: ServerError',
      'cancel b',
      'cancelLists',
    ]);
    expect(scripted.batch.isIdle).to.equal(true);
  });

  it('withdraws every job of a page that may not be called, and makes no other call for it', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    expect(scripted.step({ kind: 'listed', pageNo: 1, result: { kind: 'withdrawn' } })).to.deep.equal([
      'a: withdrawn',
      'cancel a',
      'b: withdrawn',
      'cancel b',
      'cancelLists',
    ]);
    expect(scripted.batch.isIdle).to.equal(true);
  });

  it('gives the failure of a page only to the jobs that no other page brings', () => {
    const jobs = jobIDs(4);
    scripted.askAll(jobs);
    scripted.wait(WINDOW);
    scripted.page(1, ['job-1'], { total: 300 });
    scripted.wait(WINDOW);
    expect(scripted.failPage(2)).to.deep.equal([]);
    scripted.page(3, ['job-3'], { total: 300 });
    expect(jobs.map((jobID) => scripted.answersOf(jobID))).to.deep.equal([
      ['observed'],
      ['ServerError'],
      ['observed'],
      ['ServerError'],
    ]);
    expect(scripted.batch.isIdle).to.equal(true);
  });

  it('counts no job as missing in a sweep of which a page failed', () => {
    for (let times = 0; times < 3; times += 1) {
      scripted.askAll(['a', 'b']);
      scripted.wait(WINDOW);
      scripted.failPage(1);
    }
    scripted.ask('a');
    expect(scripted.got('a')).to.deep.equal(['a: observed', 'cancel a']);
  });

  it('reads a throttled page three times again, and then counts it as failed', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    for (let times = 0; times < 3; times += 1)
      expect(scripted.failPage(1, 'Throttled')).to.deep.equal(['list 1 scheduled']);
    expect(scripted.failPage(1, 'Throttled')).to.include.members(['a: Throttled', 'b: Throttled']);
  });

  it('reads a throttled page again in the name of an asker that has left meanwhile', () => {
    for (const name of ['first', 'second']) scripted.ask('a', { name, priority: 'urgent' });
    scripted.askAll(['b', 'c'], { priority: 'urgent' });
    scripted.wait(WINDOW);
    for (const name of ['first', 'second']) scripted.leave(name);
    expect(scripted.failPage(1, 'Throttled')).to.deep.equal(['list 1 urgent']);
    const [list] = scripted.actions;
    expect(list?.kind === 'list' && list.asker.name).to.equal('first');
  });

  it('answers from a throttled page once it arrives', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    scripted.failPage(1, 'Throttled');
    expect(scripted.page(1, ['a', 'b'])).to.include.members(['a: observed', 'b: observed']);
  });

  it('observes each job by Get for an hour where the cloud refuses the list', () => {
    scripted.askAll(['a', 'b']);
    scripted.wait(WINDOW);
    const refused = { isOnlyListing: true } as const;
    expect(scripted.failPage(1, 'PermissionDenied', refused)).to.deep.equal([
      'listRefused',
      'cancelLists',
      'get a',
      'get b',
    ]);
    for (const jobID of ['a', 'b']) expect(scripted.got(jobID)).to.include(`${jobID}: observed`);
    expect('isOnlyListing' in (scripted.answers.get('a')?.[0] ?? {})).to.equal(false);
    scripted.now += HOUR - 1;
    expect(scripted.batch.isListRefused(scripted.now)).to.equal(true);
    expect(scripted.askAll(['a', 'b', 'c'])).to.deep.equal(['get a', 'get b', 'get c']);
    scripted.now += 1;
    expect(scripted.batch.isListRefused(scripted.now)).to.equal(false);
    scripted.ask('d');
    expect(lists(scripted.wait(WINDOW))).to.deep.equal(['list 1 scheduled']);
  });

  it('ends the sweep also where a later page is refused', () => {
    scripted.askAll(jobIDs(4));
    scripted.wait(WINDOW);
    scripted.page(1, ['job-1'], { total: 300 });
    scripted.wait(WINDOW);
    const actions = scripted.failPage(2, 'OperationDenied', { isOnlyListing: true });
    expect(actions).to.deep.equal(['listRefused', 'cancelLists', 'get job-2', 'get job-3', 'get job-4']);
  });

  it('counts as missing no job of a list that is refused', () => {
    for (let times = 0; times < 3; times += 1) {
      scripted.askAll(['a', 'b']);
      scripted.wait(WINDOW);
      scripted.failPage(1, 'PermissionDenied', { isOnlyListing: true });
      for (const jobID of ['a', 'b'])
        expect(scripted.got(jobID)).to.deep.equal([`${jobID}: observed`, `cancel ${jobID}`]);
      scripted.now += HOUR;
    }
  });
});
