// Which requests share a sweep, as the plan says. The calls themselves are in the contract.

import { expect } from 'chai';
import { Clusters } from '../../../../src/cloud/batching/clusters.ts';
import type { SweepParts } from '../../../../src/cloud/batching/sweep.ts';
import type { Budget, Caller } from '../../../../src/cloud/budget/budget.ts';
import type { CallResult } from '../../../../src/cloud/client/job-call.ts';
import type { Answer, ClusterReference, Priority, Sweeping } from '../../../../src/job/model/cloud-port.ts';
import { aPlan } from '../../kit/a-plan.ts';
import { FakeClock, settled } from '../../kit/fake-clock.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

const CLUSTER: ClusterReference = { credential: { namespace: 'media' }, clusterID: 'c' };
const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };

/** Gives turns when it is told to. */
class Turns {
  waiting: Caller[] = [];
  /** Of the turns that were taken. */
  priorities: Priority[] = [];

  add(caller: Caller): void {
    this.waiting.push(caller);
  }

  withdraw(caller: Caller): void {
    this.waiting = this.waiting.filter((each) => each !== caller);
  }

  async give(): Promise<void> {
    for (const caller of this.waiting.splice(0))
      if (caller.ready()) {
        this.priorities.push(caller.priority);
        await caller.call();
      }
  }

  accepted(): void {}
}

describe('the clusters of an account', () => {
  let clock: FakeClock;
  let turns: Turns;
  /** What was called: `list 1` or a job ID. */
  let calls: string[];
  let answers: Answer[];
  let clusters: Clusters;
  /** What each page says: how many jobs the cluster has. */
  let total: number;
  /** Pages are answered when it resolves. */
  let held: Promise<void> | undefined;

  beforeEach(() => {
    clock = new FakeClock();
    turns = new Turns();
    calls = [];
    answers = [];
    held = undefined;
    total = 150;
  });

  function begin(sweeping: Sweeping): void {
    const way = {
      enter: async () => ({ pass: Symbol('pass') }),
      refusal: () => undefined,
      succeeded: () => undefined,
      abandoned: () => undefined,
      began: () => undefined,
      shared: <T>(values: T) => values,
    };
    const session = { budget: turns as unknown as Budget, circuit: way, gates: { of: () => way } };
    const resolved = { credential: { identity: 'default', version: '1' } };
    const result = (): CallResult => {
      const sentAt = clock.now();
      return { answer: { kind: 'observed', job: {}, destination: DESTINATION, sentAt }, sentAt };
    };
    const parts = {
      credentials: { resolve: async () => resolved, fresh: () => resolved },
      sessions: { of: () => session, find: () => session },
      jobCall: {
        destinationOf: () => DESTINATION,
        make: async ({ jobID }: { jobID: string }) => {
          calls.push(jobID);
          return result();
        },
        ask: async (
          _: unknown,
          __: unknown,
          { query, read }: { query: { PageNo: string }; read: (body: unknown) => object },
        ) => {
          calls.push(`list ${query.PageNo}`);
          const called = result();
          await held;
          read({ TotalCount: total, JobList: { Job: [{ JobId: 'a' }, { JobId: 'b' }, { JobId: 'c' }] } });
          return called;
        },
      },
      expectsMore: () => false,
      clock,
    } as unknown as SweepParts;
    clusters = new Clusters(parts, { plan: aPlan(sweeping), logger: new RecordingLogger() });
  }

  function wish(jobID: string, priority: Priority): void {
    const reference = { ...CLUSTER, jobID };
    const options = { priority, deadline: 0, signal: new AbortController().signal };
    clusters.observe(reference, options, (answer) => answers.push(answer));
  }

  async function observe(jobIDs: readonly string[], priority: Priority = 'scheduled'): Promise<string[]> {
    calls = [];
    turns.priorities = [];
    for (const jobID of jobIDs) wish(jobID, priority);
    for (let rounds = 0; rounds < 8; rounds += 1) {
      await settled();
      await turns.give();
      await clock.advance(250);
    }
    return calls;
  }

  it('are asked about one by one where the plan sweeps for urgent requests alone', async () => {
    begin('urgent');
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['a', 'b', 'c']);
  });

  it('are swept for urgent requests where the plan says so', async () => {
    begin('urgent');
    expect(await observe(['a', 'b', 'c'], 'urgent')).to.deep.equal(['list 1']);
  });

  it('are never swept where the plan says so', async () => {
    begin('none');
    expect(await observe(['a', 'b', 'c'], 'urgent')).to.deep.equal(['a', 'b', 'c']);
  });

  it('are swept wherever that takes fewer calls, where the plan sweeps for all', async () => {
    begin('all');
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['list 1']);
    expect(await observe(['a'])).to.deep.equal(['a']);
  });

  it('go by the newest plan', async () => {
    begin('all');
    await observe(['a', 'b', 'c']);
    clusters.apply(aPlan('none'));
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['a', 'b', 'c']);
    clusters.apply(aPlan('all'));
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['list 1']);
  });

  it('say how many pages their lists have, once swept, for as long as an object names them', async () => {
    begin('all');
    expect(clusters.listingOf(CLUSTER)).to.deep.equal({ refused: false });
    await observe(['a', 'b', 'c']);
    clusters.apply(aPlan('all'));
    expect(clusters.listingOf(CLUSTER)).to.deep.equal({ pages: 2, refused: false });
    clusters.apply(aPlan('all', { includes: () => false }));
    expect(clusters.listingOf(CLUSTER)).to.deep.equal({ refused: false });
  });

  it('say in the answer that the list lacks a job, once two sweeps did not bring it', async () => {
    begin('all');
    total = 50;
    const isUnlisted = () => answers.splice(0).filter((answer) => 'unlisted' in answer).length;
    for (const expected of [0, 1, 1]) {
      await observe(['a', 'b', 'c', 'lacking']);
      expect(isUnlisted()).to.equal(expected);
    }
  });

  it('are told nothing by a page that was asked for before they asked', async () => {
    begin('all');
    const page = Promise.withResolvers<void>();
    held = page.promise;
    const first = observe(['a', 'b']);
    await settled();
    await clock.advance(250);
    await settled();
    void turns.give();
    await clock.advance(1);
    expect(calls).to.deep.equal(['list 1']);
    wish('c', 'scheduled');
    page.resolve();
    await first;
    await settled();
    await turns.give();
    await settled();
    expect(calls).to.deep.equal(['list 1', 'c']);
    expect(answers).to.have.length(3);
  });

  describe('of whose jobs one is asked for while many are due', () => {
    const due = Array.from({ length: 30 }, (_, index) => `due-${index}`);
    /** Calls with the priorities of their turns. */
    const taken = () => calls.map((call, index) => `${call} ${turns.priorities[index]}`);
    const page = (pageNo: number) => `list ${pageNo} scheduled`;
    const pages = Array.from({ length: 20 }, (_, index) => page(index + 1));

    beforeEach(() => {
      begin('all');
      total = 2_000;
    });

    it('call for that one by itself, and lend its lane to no page', async () => {
      wish('urgent', 'urgent');
      await observe(due);
      expect(taken().filter((each) => !each.startsWith('due'))).to.have.members(['urgent urgent', ...pages]);
    });

    it('do so too for two that come before anything is known of the cluster, but for the first page', async () => {
      for (const jobID of ['one', 'two']) wish(jobID, 'urgent');
      await observe(due);
      const [first, ...others] = taken().filter((each) => !each.startsWith('due'));
      expect(first).to.equal('list 1 urgent');
      expect(others).to.have.members(['one urgent', 'two urgent', ...pages.slice(1)]);
    });

    it('call at once for one that is asked for while it waits for a sweep', async () => {
      await observe(due);
      calls = [];
      for (const jobID of due) wish(jobID, 'scheduled');
      await settled();
      expect(turns.waiting).to.deep.equal([]);
      wish('due-7', 'urgent');
      await settled();
      expect(turns.waiting.map(({ priority }) => priority)).to.deep.equal(['urgent']);
      await turns.give();
      expect(calls).to.deep.equal(['due-7']);
    });

    it('sweep in its lane when more are asked for than that takes calls', async () => {
      await observe(
        due.map((jobID) => `new-${jobID}`),
        'urgent',
      );
      expect(turns.priorities.slice(0, 20)).to.deep.equal(Array(20).fill('urgent'));
      expect(calls.slice(0, 20)).to.have.members(pages.map((each) => each.replace(' scheduled', '')));
    });
  });
});
