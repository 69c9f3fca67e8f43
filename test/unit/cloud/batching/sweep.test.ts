// One pass over the pages of a list: how long its windows are, how many pages are under way, what a failing
// page costs, when it ends.

import { expect } from 'chai';
import { Sweep } from '../../../../src/cloud/batching/sweep.ts';
import { UnexpectedBody } from '../../../../src/cloud/client/call-errors.ts';
import { mapListResponse } from '../../../../src/cloud/client/map-response.ts';
import type { FailedResult } from '../../../../src/cloud/requests/request.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';

const TERMS = [{ priority: 'scheduled', deadline: 0, asker: 'a' }] as const;

function failure(kind: FailureKind = 'ServerError'): FailedResult {
  return { kind: 'failed', failure: { kind, message: 'as planned' }, sentAt: 0 };
}

/** A sweep that reads the pages after the first. */
function readingOthers(pages: number): Sweep<string> {
  const sweep = new Sweep<string>(pages, 0);
  sweep.read('first page', [1], TERMS);
  sweep.next();
  sweep.arrived(1, pages, 0, 0);
  const others = Array.from({ length: pages - 1 }, (_, index) => index + 2);
  sweep.read('other pages', others, TERMS);
  return sweep;
}

/**
 * Reads pages until none is left, the oldest first. @returns the pages in the order in which they were read,
 * and how many at once
 */
function readAll(
  sweep: Sweep<string>,
  fails: (pageNo: number) => boolean = () => false,
): [read: number[], most: number] {
  const read: number[] = [];
  const underway: number[] = [];
  let most = 0;
  for (let next = sweep.next(); next.length + underway.length > 0; next = sweep.next()) {
    read.push(...next);
    underway.push(...next);
    most = Math.max(most, underway.length);
    expect(sweep.isRead).to.equal(false);
    const pageNo = underway.shift() as number;
    if (fails(pageNo)) sweep.failed(pageNo, failure());
    else sweep.arrived(pageNo, 50, pageNo, pageNo);
  }
  return [read, most];
}

describe('sweep', () => {
  it('reads each page once, 16 at a time', () => {
    const sweep = readingOthers(50);
    const [read, most] = readAll(sweep);
    expect(read).to.deep.equal(Array.from({ length: 49 }, (_, index) => index + 2));
    expect([most, sweep.isRead, sweep.failure]).to.deep.equal([16, true, undefined]);
  });

  it('reads the remaining pages where some fail, and keeps the failure', () => {
    const sweep = readingOthers(100);
    const [read] = readAll(sweep, (pageNo) => pageNo % 20 === 0);
    expect([read.length, sweep.isRead, sweep.failure]).to.deep.equal([99, true, failure()]);
  });

  it('gives up the remaining pages once more than three, and a quarter of those read, have failed', () => {
    const sweep = readingOthers(500);
    const [read] = readAll(sweep, (pageNo) => pageNo > 10);
    expect(read.length).to.be.within(10 + 3, 10 + 4 + 16);
    expect([sweep.isRead, sweep.failure]).to.deep.equal([true, failure()]);
  });

  it('reads every page of a short list, as three may fail', () => {
    const [read] = readAll(readingOthers(20), (pageNo) => pageNo <= 4);
    expect(read).to.have.length(19);
  });

  it('ends with its first page when that fails', () => {
    const sweep = new Sweep<string>(20, 0);
    sweep.read('first page', [1], TERMS);
    expect([sweep.next(), sweep.isRead]).to.deep.equal([[1], false]);
    sweep.failed(1, failure());
    expect([sweep.isRead, sweep.failure, sweep.next()]).to.deep.equal([true, failure(), []]);
  });

  it('reads a throttled page again, three times at most', () => {
    const sweep = readingOthers(3);
    expect(sweep.next()).to.deep.equal([2, 3]);
    for (let times = 0; times < 3; times += 1) {
      sweep.failed(2, failure('Throttled'));
      expect([sweep.next(), sweep.failure]).to.deep.equal([[2], undefined]);
    }
    sweep.failed(2, failure('Throttled'));
    expect([sweep.next(), sweep.failure]).to.deep.equal([[], failure('Throttled')]);
    sweep.arrived(3, 3, 0, 0);
    expect(sweep.isRead).to.equal(true);
  });

  it('counts the throttlings of each page separately', () => {
    const sweep = readingOthers(6);
    const pages = sweep.next();
    for (let times = 0; times < 3; times += 1) {
      for (const pageNo of pages) sweep.failed(pageNo, failure('Throttled'));
      expect(sweep.next()).to.deep.equal(pages);
    }
    expect(sweep.failure).to.equal(undefined);
  });

  it('takes jobs in until the other pages are read', () => {
    const sweep = new Sweep<string>(3, 0);
    const stages: [string, boolean][] = [];
    const note = () => stages.push([sweep.stage, sweep.isOpen]);
    note();
    sweep.read('first page', [1], TERMS);
    note();
    sweep.arrived(1, 3, 0, 0);
    note();
    sweep.read('other pages', [2, 3], TERMS);
    note();
    expect(stages).to.deep.equal([
      ['first window', true],
      ['first page', true],
      ['second window', true],
      ['other pages', false],
    ]);
  });

  it('dates the list by the earliest call among its pages', () => {
    const sweep = new Sweep<string>(3, 0);
    sweep.read('first page', [1], TERMS);
    sweep.arrived(1, 3, 20, 30);
    sweep.read('other pages', [2, 3], TERMS);
    sweep.arrived(2, 3, 40, 50);
    sweep.arrived(3, 3, 10, 60);
    expect(sweep.since).to.equal(10);
  });
});

describe('batch window of a sweep', () => {
  const rows: [pages: number, joinedAt: number, expectsMore: boolean, now: number, end: number][] = [
    // 10 ms a page after the last job, at least 50 ms and at most 1 s.
    [1, 0, false, 0, 50],
    [5, 100, false, 100, 150],
    [30, 100, false, 100, 400],
    [1_000, 100, false, 100, 1_100],
    // 2 s at most.
    [1, 1_990, false, 1_990, 2_000],
    [1_000, 1_500, false, 1_500, 2_000],
    // While more jobs are known to come: looks again, for 10 s at most.
    [1, 100, true, 120, 150],
    [1, 100, true, 150, 200],
    [1, 9_990, true, 9_990, 10_040],
    [1, 9_990, true, 10_000, 2_000],
  ];
  for (const [pages, joinedAt, expectsMore, now, end] of rows)
    it(`ends at ${end}: ${pages} pages, last job at ${joinedAt}, now ${now}${
      expectsMore ? ', more jobs are known to come' : ''
    }`, () => {
      expect(new Sweep<string>(pages, 0).windowEnd(joinedAt, expectsMore, now)).to.equal(end);
    });

  it('lasts in the second window as the first page says, and no longer for jobs that are known to come', () => {
    const sweep = new Sweep<string>(1, 0);
    sweep.read('first page', [1], TERMS);
    expect(sweep.windowEnd(0, true, 100)).to.equal(undefined);
    sweep.arrived(1, 30, 100, 200);
    expect(sweep.windowEnd(150, true, 200)).to.equal(450);
    expect(sweep.windowEnd(150, true, 450)).to.equal(450);
    expect(sweep.windowEnd(2_199, true, 2_199)).to.equal(2_200);
    sweep.read('other pages', [2], TERMS);
    expect(sweep.windowEnd(150, true, 200)).to.equal(undefined);
  });
});

describe('page of a list', () => {
  it('is an error when it tells of more jobs than any cluster has', () => {
    const page = (total: number) => mapListResponse({ TotalCount: total, JobList: { Job: [] } });
    expect(page(1_000_000).total).to.equal(1_000_000);
    for (const total of [1_000_001, 1e12]) expect(() => page(total)).to.throw(UnexpectedBody);
  });
});
