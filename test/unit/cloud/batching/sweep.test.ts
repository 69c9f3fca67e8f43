// One sweep over the pages of a list: what a page that fails costs, how many are under way, and that it ends, whatever it is told.

import { expect } from 'chai';
import { Sweep, type SweepHost, type SweepParts } from '../../../../src/cloud/batching/sweep.ts';
import type { Caller } from '../../../../src/cloud/budget/budget.ts';
import type { CallResult } from '../../../../src/cloud/client/job-call.ts';
import { mapListResponse, UnexpectedBody } from '../../../../src/cloud/client/map-response.ts';
import type { Answer } from '../../../../src/job/model/cloud-port.ts';
import { FakeClock, settled } from '../../kit/fake-clock.ts';

const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };
const REFERENCE = { credential: { namespace: 'media' }, clusterID: 'c', jobID: 'j' };

/** Of a page: how many jobs it says there are, or that it fails. */
type Page = number | 'fails';

describe('a sweep', () => {
  let clock: FakeClock;
  let waiting: Caller[];
  /** Pages in the order in which they were called, and how many at once at most. */
  let calls: number[];
  let underway: number;
  let most: number;
  let members: number;
  let served: number;
  let ends: string[];
  beforeEach(() => {
    clock = new FakeClock();
    [waiting, calls, ends] = [[], [], []];
    [underway, most, served] = [0, 0, 0];
    members = 1_000;
  });

  function begin(page: (pageNo: number) => Page): Sweep {
    const way = {
      enter: async () => ({ pass: Symbol('pass') }),
      refusal: () => undefined,
      succeeded: () => undefined,
      failed: () => undefined,
      inconclusive: () => undefined,
      abandoned: () => undefined,
      began: () => undefined,
      shared: <T>(values: T) => values,
    };
    const budget = {
      add: (caller: Caller) => waiting.push(caller),
      withdraw: () => undefined,
      accepted: () => undefined,
    };
    const session = { budget, circuit: way, gates: { of: () => way }, member: { isShared: false } };
    const resolved = { credential: { identity: 'default', version: '1' } };
    const ask = async (
      _reference: unknown,
      _credential: unknown,
      { query, read }: { query: { PageNo: string }; read: (body: unknown) => object },
    ): Promise<CallResult> => {
      const pageNo = Number(query.PageNo);
      const sentAt = clock.now();
      calls.push(pageNo);
      underway += 1;
      most = Math.max(most, underway);
      await new Promise<void>((resolve) => clock.after(100, resolve));
      underway -= 1;
      const total = page(pageNo);
      if (total === 'fails') {
        const failure = { kind: 'ServerError', message: 'as planned' } as const;
        return {
          answer: { kind: 'failed', failure, destination: DESTINATION, sentAt },
          failed: { failure, code: 'x' },
          sentAt,
        };
      }
      read({ TotalCount: total, JobList: { Job: [] } });
      return { answer: { kind: 'observed', job: {}, destination: DESTINATION, sentAt } as Answer, sentAt };
    };
    const parts = {
      credentials: { resolve: async () => resolved, fresh: () => resolved },
      sessions: { of: () => session, find: () => session },
      jobCall: { destinationOf: () => DESTINATION, ask },
      expectsMore: () => false,
      clock,
    } as unknown as SweepParts;
    const host: SweepHost = {
      joinedAt: clock.now() - 60_000,
      get members() {
        return members;
      },
      wish: () => ({ reference: REFERENCE, priority: 'scheduled', deadline: 0 }),
      serve: () => {
        served += 1;
      },
      sinces: () => [],
      regroup: () => void ends.push('regrouped'),
      part: () => undefined,
      failed: ({ failure }) => void ends.push(failure.kind),
      refused: () => void ends.push('refused'),
      swept: () => void ends.push('swept'),
    };
    const sweep = new Sweep(parts, host);
    sweep.begin(undefined);
    return sweep;
  }

  async function pass(seconds = 60): Promise<void> {
    for (let steps = 0; steps < seconds * 20; steps += 1) {
      await settled();
      for (const caller of waiting.splice(0)) if (caller.ready()) void caller.call();
      await settled();
      await clock.advance(50);
    }
  }

  it('asks for each page once, 16 at a time', async () => {
    begin(() => 5_000);
    await pass();
    expect(calls.toSorted((a, b) => a - b)).to.deep.equal(
      Array.from({ length: 50 }, (_, index) => index + 1),
    );
    expect(most).to.equal(16);
    expect(ends).to.deep.equal(['regrouped', 'swept']);
  });

  it('brings what the other pages bring when some fail, and tells the failure to the rest alone', async () => {
    begin((pageNo) => (pageNo % 20 === 0 ? 'fails' : 10_000));
    await pass();
    expect([calls.length, served]).to.deep.equal([100, 95]);
    expect(ends).to.deep.equal(['ServerError', 'swept']);
  });

  it('asks for no more when a quarter of the pages fail', async () => {
    begin((pageNo) => (pageNo > 10 ? 'fails' : 50_000));
    await pass();
    expect(calls.length).to.be.at.most(10 + 4 + 16);
    expect(ends).to.deep.equal(['ServerError', 'swept']);
  });

  it('ends with its first page when that fails', async () => {
    begin(() => 'fails');
    await pass();
    expect(calls).to.deep.equal([1]);
    expect(ends).to.deep.equal(['ServerError', 'swept']);
  });

  it('ends when the list grows with each page that is read', async () => {
    members = 4;
    begin((pageNo) => 100 * (pageNo + 1));
    await pass();
    expect(calls.length).to.be.at.most(2 * 2 + 10);
    expect(ends).to.deep.equal(['swept']);
  });

  it('ends when a later page tells of more pages than there are members', async () => {
    members = 5;
    begin((pageNo) => (pageNo === 1 ? 200 : 1_000_000));
    await pass();
    expect(calls).to.deep.equal([1, 2]);
    expect(ends).to.deep.equal(['swept']);
  });
});

describe('a page of a list', () => {
  it('that tells of more jobs than any cluster has counts wrong', () => {
    const page = (total: number) => mapListResponse({ TotalCount: total, JobList: { Job: [] } });
    expect(page(1_000_000).total).to.equal(1_000_000);
    for (const total of [1_000_001, 1e12]) expect(() => page(total)).to.throw(UnexpectedBody);
  });
});
