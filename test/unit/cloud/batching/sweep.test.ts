// One pass over the pages of a list: its windows, how many pages are under way, and when it is over.

import { expect } from 'chai';
import { Sweep } from '../../../../src/cloud/batching/sweep.ts';
import { mapListResponse, UnexpectedBody } from '../../../../src/cloud/client/map-response.ts';
import type { Refused } from '../../../../src/cloud/requests/request.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';

describe('a sweep', () => {
  it('waits 10 ms a page for another job, 50 ms at least and 1 s at most', () => {
    const end = (pages: number) => new Sweep(pages, 0).windowEnd(0, false, 0);
    expect([1, 5, 20, 100, 1_000].map(end)).to.deep.equal([50, 50, 200, 1_000, 1_000]);
  });

  it('waits 2 s at most, and 10 s where more jobs are known to come', () => {
    const sweep = new Sweep(1, 0);
    expect(sweep.windowEnd(5_000, false, 1_990)).to.equal(2_000);
    expect(sweep.windowEnd(0, true, 9_999)).to.equal(10_049);
    expect(sweep.windowEnd(0, true, 10_000)).to.equal(50);
  });

  it('is open for jobs that come until the other pages are read', () => {
    const sweep = new Sweep(1, 0);
    expect(sweep.isOpen).to.equal(true);
    sweep.read('first page', [1]);
    expect([sweep.next(), sweep.isOpen]).to.deep.equal([[1], true]);
    sweep.arrived(1, 10, 3, 20);
    expect([sweep.stage, sweep.isOpen]).to.deep.equal(['second window', true]);
    sweep.read('other pages', [2, 3]);
    expect(sweep.isOpen).to.equal(false);
  });

  it('has 16 pages under way at most', () => {
    const sweep = read(40);
    expect(sweep.next()).to.have.length(16);
    expect(sweep.next()).to.deep.equal([]);
    sweep.arrived(2, 0, 40, 0);
    expect(sweep.next()).to.deep.equal([18]);
  });

  it('is read when every page has arrived or failed, since the call of the first', () => {
    const sweep = read(3, 7);
    sweep.next();
    sweep.arrived(3, 30, 3, 40);
    expect(sweep.isRead).to.equal(false);
    sweep.failed(2, refused('ServerError'));
    expect(sweep.isRead).to.equal(true);
    expect(sweep.failure?.failure.kind).to.equal('ServerError');
    expect(sweep.since).to.equal(7);
  });

  it('reads a throttled page again three times, then counts it as failed', () => {
    const sweep = read(2);
    for (let times = 0; times < 4; times += 1) {
      expect(sweep.next()).to.deep.equal([2]);
      sweep.failed(2, refused('Throttled'));
    }
    expect(sweep.isRead).to.equal(true);
  });

  it('gives the rest up when more than three pages, and a quarter of those read, have failed', () => {
    const sweep = read(100);
    const [first = [], ...more] = [sweep.next()];
    expect(more).to.deep.equal([]);
    for (const pageNo of first) sweep.failed(pageNo, refused('ServerError'));
    expect(sweep.next()).to.deep.equal([]);
  });

  it('continues while fewer than a quarter have failed', () => {
    const sweep = read(40);
    for (const pageNo of sweep.next()) if (pageNo > 5) sweep.arrived(pageNo, 0, 40, 0);
    for (const pageNo of [2, 3, 4]) sweep.failed(pageNo, refused('ServerError'));
    expect(sweep.next()).to.not.deep.equal([]);
  });
});

describe('a page of a list', () => {
  it('is refused when its total is larger than any cluster', () => {
    const page = (total: number) => mapListResponse({ TotalCount: total, JobList: { Job: [] } });
    expect(page(1_000_000).total).to.equal(1_000_000);
    for (const total of [1_000_001, 1e12]) expect(() => page(total)).to.throw(UnexpectedBody);
  });
});

/** A sweep that has its first page, and is to read the others. */
function read(pages: number, sentAt = 0): Sweep {
  const sweep = new Sweep(1, 0);
  sweep.read('first page', [1]);
  sweep.next();
  sweep.arrived(1, sentAt, pages, 0);
  sweep.read(
    'other pages',
    Array.from({ length: pages - 1 }, (_, index) => index + 2),
  );
  return sweep;
}

function refused(kind: FailureKind): Refused {
  return { kind: 'failed', failure: { kind, message: 'as planned' }, sentAt: 0 };
}
