// Which clusters are swept in accounts that may choose, and what the demand comes to. The calls themselves are in the contract.

import { expect } from 'chai';
import { Clusters, type ObserveWith } from '../../../../src/cloud/batching/clusters.ts';
import type { SweepParts } from '../../../../src/cloud/batching/sweep.ts';
import type { Budget, Caller } from '../../../../src/cloud/budget/budget.ts';
import type { CallResult } from '../../../../src/cloud/client/job-call.ts';
import type { Answer, ClusterDemand, Priority } from '../../../../src/job/model/cloud-port.ts';
import { FakeClock, settled } from '../../kit/fake-clock.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

const MINUTE = 60_000;
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
  let wants: ClusterDemand[] | undefined;
  /** Calls a second that other processes make for a credential's account. */
  let elsewhere: Map<string, number>;
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
    elsewhere = new Map();
    answers = [];
    wants = [];
    held = undefined;
    total = 150;
  });

  function begin(observeWith: ObserveWith): void {
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
    const logger = new RecordingLogger();
    clusters = new Clusters(parts, { observeWith, demand: () => wants, loadOf, logger });
  }

  /** Of 10 calls a second. */
  function loadOf(identity: string, calls: number): number {
    return (calls + (elsewhere.get(identity) ?? 0)) / 10;
  }

  function want(count: number, intervalMs: number, clusterID = 'c'): ClusterDemand {
    return { credential: { namespace: 'media' }, clusterID, targets: new Map([[intervalMs, count]]) };
  }

  function wish(jobID: string, priority: Priority): void {
    const reference = { credential: { namespace: 'media' }, clusterID: 'c', jobID };
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

  it('are asked about one by one while that fits the budget', async () => {
    begin('auto');
    wants = [want(79, 10_000)];
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['a', 'b', 'c']);
    expect(clusters.demand().get('default')).to.equal(7.9);
    expect(answers.map((answer) => 'phase' in answer)).to.deep.equal([false, false, false]);
  });

  it('are swept, and polled together, once it takes more than 80% of it', async () => {
    begin('auto');
    wants = [want(200, 10_000)];
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['list 1']);
    const phases = new Set(answers.map((answer) => answer.kind === 'observed' && answer.phase));
    expect(phases.size).to.equal(1);
    expect([...phases][0]).to.match(/^[0-9a-f]{8}$/);
    expect(clusters.demand().get('default')).to.equal(0.2);
  });

  it('are swept once it takes more than 80% of it together with what others ask', async () => {
    begin('auto');
    elsewhere.set('default', 5);
    wants = [want(40, 10_000)];
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['list 1']);
  });

  it('are not swept where that takes as many calls', async () => {
    begin('auto');
    wants = [want(200, 10_000), want(2, 10_000, 'small')];
    await observe(['a', 'b', 'c']);
    clusters.observe(
      { credential: { namespace: 'media' }, clusterID: 'small', jobID: 'x' },
      { priority: 'scheduled', deadline: 0, signal: new AbortController().signal },
      (answer) => answers.push(answer),
    );
    await settled();
    await turns.give();
    expect(calls).to.deep.equal(['list 1', 'x']);
  });

  it('keep to it for ten minutes, and go back below half of the budget', async () => {
    begin('auto');
    wants = [want(200, 10_000)];
    await observe(['a', 'b', 'c']);
    wants = [want(60, 10_000)];
    await clock.advance(11 * MINUTE);
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['list 1']);
    wants = [want(49, 10_000)];
    await clock.advance(MINUTE);
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['a', 'b', 'c']);
    expect(answers.slice(-3).map((answer) => 'phase' in answer)).to.deep.equal([false, false, false]);
    wants = [want(200, 10_000)];
    await clock.advance(MINUTE);
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['a', 'b', 'c']);
    await clock.advance(10 * MINUTE);
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['list 1']);
  });

  it('are chosen for when what is wanted is known, and not before', async () => {
    begin('auto');
    wants = undefined;
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['a', 'b', 'c']);
    expect([...clusters.demand()]).to.deep.equal([]);
    wants = [want(200, 10_000)];
    expect(clusters.demand().get('default')).to.equal(0.2);
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['list 1']);
  });

  it('are never swept by `get`, whatever it takes', async () => {
    begin('get');
    wants = [want(200, 10_000)];
    expect(await observe(['a', 'b', 'c'], 'urgent')).to.deep.equal(['a', 'b', 'c']);
    expect(clusters.demand().get('default')).to.equal(20);
  });

  it('are swept by `list` wherever that takes fewer calls', async () => {
    begin('list');
    wants = [want(3, MINUTE)];
    expect(await observe(['a', 'b', 'c'])).to.deep.equal(['list 1']);
    expect(await observe(['a'])).to.deep.equal(['a']);
  });

  it('are told nothing by a page that was asked for before they asked', async () => {
    begin('list');
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
      begin('list');
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

  it('have a demand without the noise of adding small numbers', () => {
    begin('auto');
    wants = [want(1, 10_000), want(2, 10_000, 'd'), want(1, 30_000, 'e')];
    expect(clusters.demand().get('default')).to.equal(0.333333333);
  });

  it('are asked what is wanted every 10 s, not with each call', async () => {
    let times = 0;
    const demand = () => {
      times += 1;
      return [];
    };
    const counting = new Clusters({ clock } as unknown as SweepParts, {
      demand,
      observeWith: 'auto',
      loadOf,
      logger: new RecordingLogger(),
    });
    for (let each = 0; each < 100; each += 1) {
      counting.demand();
      await clock.advance(1_000);
    }
    expect(times).to.equal(10);
  });
});
