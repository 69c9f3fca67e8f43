// The batches of all clusters: which requests they make by the newest plan, what they log, and what is
// dropped. What the batch of one cluster decides is in cluster-batch.test.ts.

import { expect } from 'chai';
import { Batches } from '../../../../src/cloud/batching/batches.ts';
import type { Request, Result } from '../../../../src/cloud/requests/request.ts';
import type {
  Answer,
  ClusterReference,
  Priority,
  Question,
  Sweeping,
} from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { heapInUse, MEASURING_MS } from '../../kit/heap.ts';
import { ask as askBatches } from '../../kit/questions.ts';
import { aPlan } from '../../kit/samples/a-plan.ts';
import { jobIDs, resultOf } from './scripted-batch.ts';
import { nameOf, ScriptedRequests } from './scripted-requests.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const CLUSTER: ClusterReference = { credential: { namespace: 'media' }, clusterID: 'c' };

describe('batches', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let requests: ScriptedRequests;
  let batches: Batches;
  /** One for each question, in their order; undefined: not answered yet. */
  let answers: (Answer | undefined)[];
  /** What every page says. */
  let total: number;
  let listed: string[];
  /** How listing is refused; undefined: it is not. */
  let refusal: FailureKind | undefined;
  let expectsMore: boolean;

  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    requests = new ScriptedRequests();
    answers = [];
    total = 50;
    listed = ['a', 'b', 'c'];
    refusal = undefined;
    expectsMore = false;
    batches = new Batches({ requests, expectsMore: () => expectsMore, clock, logger });
  });

  function ask(
    jobID: string,
    {
      priority = 'scheduled' as Priority,
      deadline = 0,
      cluster = CLUSTER,
      signal = new AbortController().signal,
    } = {},
  ): void {
    const index = answers.push(undefined) - 1;
    void askBatches(batches, { reference: { ...cluster, jobID }, priority, deadline, signal }).then(
      (answer) => {
        answers[index] = answer;
      },
    );
  }

  function result(request: Request<unknown>): Result<unknown> {
    const sentAt = clock.now();
    if (!nameOf(request).startsWith('list ')) return resultOf('observed', {}, sentAt);
    if (refusal) return { ...resultOf(refusal, {}, sentAt), isOnlyListing: true } as Result<unknown>;
    const jobs = new Map(listed.map((JobId) => [JobId, { JobId }]));
    return resultOf('observed', { total, jobs }, sentAt);
  }

  /**
   * Lets each request make its call and be answered, until nothing is left. @returns the calls that were made
   */
  async function answerAll(): Promise<string[]> {
    const before = requests.calls.length;
    for (let rounds = 0; rounds < 8; rounds += 1) {
      await settled();
      for (const request of requests.begin()) requests.finish(request, result(request));
      await clock.advance(250);
    }
    return requests.calls.slice(before);
  }

  async function observe(
    jobs: readonly string[],
    options: Parameters<typeof ask>[1] = {},
  ): Promise<string[]> {
    for (const jobID of jobs) ask(jobID, options);
    return await answerAll();
  }

  const kinds = () => answers.map((answer) => answer?.kind);
  const warnings = () => logger.lines.filter(({ level }) => level === 'warn');

  describe('by the plan', () => {
    const rows: [sweeping: Sweeping | undefined, priority: Priority, calls: string[]][] = [
      [undefined, 'urgent', ['a', 'b', 'c']],
      ['none', 'urgent', ['a', 'b', 'c']],
      ['urgent', 'scheduled', ['a', 'b', 'c']],
      ['urgent', 'urgent', ['list 1']],
      ['all', 'scheduled', ['list 1']],
      ['all', 'urgent', ['list 1']],
    ];
    for (const [sweeping, priority, calls] of rows)
      it(`make the calls ${calls} for three ${priority} jobs, sweeping ${sweeping ?? 'before the first plan'}`, async () => {
        if (sweeping) batches.apply(aPlan(sweeping));
        expect(await observe(['a', 'b', 'c'], { priority })).to.deep.equal(calls);
        expect(kinds()).to.deep.equal(Array(3).fill('observed'));
      });

    it('know how many jobs the list of each cluster has, once it was read', async () => {
      batches.apply(aPlan('all'));
      await observe(['a']);
      expect([...batches.listed()]).to.deep.equal([]);
      await observe(['a', 'b', 'c']);
      total = 70;
      await observe(['a', 'b'], { cluster: { ...CLUSTER, clusterID: 'other' } });
      const known = Array.from(batches.listed(), ([{ clusterID }, jobs]) => [clusterID, jobs]);
      expect(known).to.deep.equal([
        ['c', 50],
        ['other', 70],
      ]);
    });

    it('observe a job alone by its own call', async () => {
      batches.apply(aPlan('all'));
      expect(await observe(['a'])).to.deep.equal(['a']);
    });

    it('follow each new plan', async () => {
      const calls = [];
      for (const sweeping of ['all', 'none', 'all'] as const) {
        batches.apply(aPlan(sweeping));
        calls.push(await observe(['a', 'b', 'c']));
      }
      expect(calls).to.deep.equal([['list 1'], ['a', 'b', 'c'], ['list 1']]);
    });

    it('withdraw the requests of jobs that wait when a new plan sweeps them', async () => {
      for (const jobID of ['a', 'b', 'c']) ask(jobID);
      expect(requests.queue).to.have.length(3);
      batches.apply(aPlan('all'));
      expect(requests.queue).to.deep.equal([]);
      expect(await answerAll()).to.deep.equal(['list 1']);
    });

    it('sweep each cluster and each credential separately', async () => {
      batches.apply(aPlan('all'));
      const others: ClusterReference[] = [
        { ...CLUSTER, clusterID: 'other' },
        { ...CLUSTER, regionID: 'cn-beijing' },
        { ...CLUSTER, credential: { namespace: 'media', name: 'key' } },
      ];
      for (const cluster of [CLUSTER, ...others]) ask('a', { cluster });
      await clock.advance(49);
      expect(requests.queue).to.deep.equal([]);
      await clock.advance(1);
      expect(requests.queue).to.deep.equal(Array(4).fill('a scheduled'));
      for (const cluster of [CLUSTER, ...others]) ask('b', { cluster });
      expect(await answerAll()).to.deep.equal(Array(4).fill('list 1'));
      expect(kinds()).to.deep.equal(Array(8).fill('observed'));
    });

    it('set one timer for the window of a sweep, however many jobs join it', async () => {
      batches.apply(aPlan('all'));
      for (const jobID of jobIDs(10)) {
        ask(jobID);
        await clock.advance(10);
      }
      expect(clock.timers).to.equal(1);
      await clock.advance(50);
      expect([clock.timers, requests.queue]).to.deep.equal([0, ['list 1 scheduled']]);
    });

    it('wait longer for a sweep while more objects are known to come', async () => {
      expectsMore = true;
      batches.apply(aPlan('all'));
      for (const jobID of ['a', 'b']) ask(jobID);
      await clock.advance(9_000);
      expect(requests.queue).to.deep.equal([]);
      await clock.advance(1_100);
      expect(requests.queue).to.deep.equal(['list 1 scheduled']);
    });
  });

  describe('for the askers of a job', () => {
    it('make one request, and resolve every question with the same answer', async () => {
      for (let times = 0; times < 3; times += 1) ask('a');
      expect(await answerAll()).to.deep.equal(['a']);
      expect(new Set(answers).size).to.equal(1);
      expect(kinds()[0]).to.equal('observed');
    });

    it('make another request for a question that comes while the call is under way', async () => {
      ask('a');
      const [first] = requests.begin();
      ask('a');
      expect(requests.queue).to.deep.equal(['a scheduled']);
      requests.finish(first as Request<unknown>, result(first as Request<unknown>));
      await settled();
      expect(kinds()).to.deep.equal(['observed', undefined]);
      await answerAll();
      expect([kinds(), requests.calls]).to.deep.equal([
        ['observed', 'observed'],
        ['a', 'a'],
      ]);
    });

    it('replace the request when a more urgent question comes', async () => {
      ask('a', { priority: 'retry' });
      const [first] = requests.waiting;
      ask('a', { priority: 'urgent' });
      expect([requests.queue, first?.withdrawn]).to.deep.equal([['a urgent'], true]);
      requests.finish(first as Request<unknown>, { kind: 'withdrawn' });
      await settled();
      expect(kinds()).to.deep.equal([undefined, undefined]);
      await answerAll();
      expect(kinds()).to.deep.equal(['observed', 'observed']);
    });

    it('withdraw the request when the last asker aborts', async () => {
      const aborts = [new AbortController(), new AbortController()];
      for (const { signal } of aborts) ask('a', { signal });
      aborts[0]?.abort();
      await settled();
      expect([kinds(), requests.queue]).to.deep.equal([['withdrawn', undefined], ['a scheduled']]);
      aborts[1]?.abort();
      await settled();
      expect([kinds(), requests.queue]).to.deep.equal([['withdrawn', 'withdrawn'], []]);
    });

    it('let a call under way end although its asker has aborted', async () => {
      const abort = new AbortController();
      ask('a', { signal: abort.signal });
      const [request] = requests.begin();
      abort.abort();
      await settled();
      expect(kinds()).to.deep.equal([undefined]);
      requests.finish(request as Request<unknown>, result(request as Request<unknown>));
      await settled();
      expect(kinds()).to.deep.equal(['observed']);
    });

    it('give the reason and the ID of a call that failed', async () => {
      ask('a');
      const failed = { ...resultOf('ServerError', {}, 7), requestID: 'vendor-1' } as Result<unknown>;
      for (const request of requests.begin()) requests.finish(request, failed);
      await settled();
      expect(answers).to.deep.equal([failed]);
    });
  });

  describe('in a sweep', () => {
    beforeEach(() => batches.apply(aPlan('all')));

    it('say in the answer that the list lacks a job, once two sweeps have not brought it', async () => {
      const isUnlisted = () => answers.splice(0).filter((answer) => answer && 'unlisted' in answer).length;
      for (const expected of [0, 1, 1]) {
        await observe(['a', 'b', 'c', 'lacking']);
        expect(isUnlisted()).to.equal(expected);
      }
    });

    it('do not answer from a page whose call was sent before the question came', async () => {
      total = 150;
      for (const jobID of ['a', 'b']) ask(jobID);
      await clock.advance(50);
      const [page] = requests.begin();
      const early = result(page as Request<unknown>);
      await clock.advance(1);
      ask('c');
      requests.finish(page as Request<unknown>, early);
      expect(await answerAll()).to.deep.equal(['c']);
      expect(requests.calls).to.deep.equal(['list 1', 'c']);
      expect(kinds()).to.deep.equal(Array(3).fill('observed'));
    });

    it('withdraw pages that no job waits for any more', async () => {
      total = 2_000;
      const aborts = jobIDs(30).map((jobID) => {
        const abort = new AbortController();
        ask(jobID, { signal: abort.signal });
        return abort;
      });
      await clock.advance(50);
      const [first] = requests.begin();
      requests.finish(first as Request<unknown>, result(first as Request<unknown>));
      await clock.advance(1_000);
      expect(requests.queue).to.have.length(16);
      for (const abort of aborts) abort.abort();
      expect(requests.queue).to.deep.equal([]);
      expect(clock.timers).to.equal(0);
    });

    it('ignore a page of a sweep that has ended', async () => {
      const aborts = [new AbortController(), new AbortController()];
      for (const [index, { signal }] of aborts.entries()) ask(['a', 'b'][index] as string, { signal });
      await clock.advance(50);
      const [page] = requests.begin();
      for (const abort of aborts) abort.abort();
      for (const jobID of ['a', 'b']) ask(jobID);
      await clock.advance(50);
      requests.finish(page as Request<unknown>, resultOf('ServerError', {}, clock.now()));
      await settled();
      expect(kinds().slice(2)).to.deep.equal([undefined, undefined]);
      await answerAll();
      expect(kinds().slice(2)).to.deep.equal(['observed', 'observed']);
    });

    it('keep the call under way of a job that a sweep takes over, and answer it from what comes first', async () => {
      ask('a');
      await clock.advance(50);
      const [get] = requests.begin();
      for (const jobID of ['b', 'c']) ask(jobID);
      requests.finish(get as Request<unknown>, result(get as Request<unknown>));
      await settled();
      expect(kinds()).to.deep.equal(['observed', undefined, undefined]);
      expect(await answerAll()).to.deep.equal(['list 1']);
    });

    it('make at once the call of a job that an urgent question comes for', async () => {
      total = 2_000;
      const due = jobIDs(30);
      await observe(due);
      for (const jobID of due) ask(jobID);
      expect(requests.queue).to.deep.equal([]);
      ask('job-7', { priority: 'urgent' });
      expect(requests.queue).to.deep.equal(['job-7 urgent']);
    });
  });

  describe('about the lists', () => {
    beforeEach(() => batches.apply(aPlan('all')));

    it('say how many pages a list has, once swept, for as long as an object names its cluster', async () => {
      total = 150;
      expect(batches.listingOf(CLUSTER)).to.deep.equal({ refused: false });
      await observe(['a', 'b', 'c']);
      batches.apply(aPlan('all'));
      expect(batches.listingOf(CLUSTER)).to.deep.equal({ pages: 2, refused: false });
      batches.apply(aPlan('all', { includes: () => false }));
      expect(batches.listingOf(CLUSTER)).to.deep.equal({ refused: false });
    });

    it('keep a cluster that no object names while questions about it wait', async () => {
      const unnamed = aPlan('all', { includes: () => false });
      ask('a');
      batches.apply(unnamed);
      await answerAll();
      expect(kinds()).to.deep.equal(['observed']);
      for (const jobID of ['a', 'b']) ask(jobID);
      await answerAll();
      expect(batches.listingOf(CLUSTER)).to.deep.equal({ pages: 1, refused: false });
      batches.apply(unnamed);
      expect(batches.listingOf(CLUSTER)).to.deep.equal({ refused: false });
      expect(await observe(['a', 'b'])).to.deep.equal(['list 1']);
    });

    it('keep the clusters that objects name, and drop the others', async () => {
      const other = { ...CLUSTER, clusterID: 'other' };
      for (const cluster of [CLUSTER, other]) for (const jobID of ['a', 'b']) ask(jobID, { cluster });
      await answerAll();
      batches.apply(aPlan('all', { includes: ({ clusterID }) => clusterID === 'c' }));
      expect(batches.listingOf(CLUSTER)).to.deep.equal({ pages: 1, refused: false });
      expect(batches.listingOf(other)).to.deep.equal({ refused: false });
    });

    it('say for an hour that a list is refused, of that cluster alone, whatever the reason', async () => {
      const clusters = ['media', 'news'].flatMap((namespace) =>
        ['a', 'b'].map(
          (clusterID): ClusterReference => ({ credential: { namespace, name: 'key' }, clusterID }),
        ),
      );
      const [invalid, , denied] = clusters as [ClusterReference, ClusterReference, ClusterReference];
      refusal = 'InvalidReference';
      expect(await observe(['a', 'b'], { cluster: invalid })).to.deep.equal(['list 1', 'a', 'b']);
      refusal = 'PermissionDenied';
      expect(await observe(['a', 'b'], { cluster: denied })).to.deep.equal(['list 1', 'a', 'b']);
      const refused = () => clusters.map((cluster) => batches.listingOf(cluster).refused);
      expect(refused()).to.deep.equal([true, false, true, false]);
      expect(await observe(['a', 'b'], { cluster: denied })).to.deep.equal(['a', 'b']);
      clock.skip(HOUR);
      expect(refused()).to.deep.equal([false, false, false, false]);
      refusal = undefined;
      expect(await observe(['a', 'b'], { cluster: denied })).to.deep.equal(['list 1']);
    });
  });

  describe('log a refused list', () => {
    const cluster = (clusterID: string, namespace = 'media'): ClusterReference => ({
      credential: { namespace, name: 'key' },
      clusterID,
    });

    beforeEach(() => batches.apply(aPlan('all')));

    async function sweep(...clusters: ClusterReference[]): Promise<void> {
      for (const each of clusters) for (const jobID of ['a', 'b']) ask(jobID, { cluster: each });
      await answerAll();
    }

    it('once for all clusters of a credential that lacks the permission', async () => {
      refusal = 'PermissionDenied';
      await sweep(cluster('x'), cluster('y'), cluster('z'), cluster('x', 'news'));
      expect(warnings().map(({ fields }) => fields)).to.deep.equal(
        ['media/key', 'news/key'].map((identity) => ({
          identity,
          permission: 'live:ListEdgeTranscodeJob',
          message: 'as planned',
        })),
      );
    });

    it('once for each cluster where the reason is another', async () => {
      refusal = 'InvalidReference';
      await sweep(cluster('x'), cluster('y'));
      expect(warnings().map(({ fields }) => fields)).to.deep.equal(
        ['x', 'y'].map((clusterID) => ({
          identity: 'media/key',
          namespace: 'media',
          clusterID,
          kind: 'InvalidReference',
          message: 'as planned',
        })),
      );
    });

    for (const kind of ['PermissionDenied', 'InvalidReference'] as const)
      it(`when ${kind} begins and once a day, not each hour that listing is tried again`, async () => {
        refusal = kind;
        const lines: number[] = [];
        for (let hour = 0; hour < 30; hour += 1) {
          await sweep(cluster('x'));
          lines.push(warnings().length);
          clock.skip(65 * MINUTE);
        }
        expect(requests.calls.filter((call) => call === 'list 1')).to.have.length(30);
        expect([lines[0], lines[21], lines[29]]).to.deep.equal([1, 1, 2]);
      });

    for (const kind of ['PermissionDenied', 'InvalidReference'] as const)
      it(`again where ${kind} comes back after the list could be read`, async () => {
        for (const each of [kind, undefined, kind]) {
          refusal = each;
          await sweep(cluster('x'));
          clock.skip(HOUR);
        }
        expect(warnings()).to.have.length(2);
      });

    it('not where a page fails for another reason', async () => {
      for (const jobID of ['a', 'b']) ask(jobID);
      await clock.advance(50);
      for (const request of requests.begin())
        requests.finish(request, resultOf('ServerError', {}, clock.now()));
      await settled();
      expect(kinds()).to.deep.equal(['failed', 'failed']);
      expect([logger.lines, batches.listingOf(CLUSTER).refused]).to.deep.equal([[], false]);
    });
  });

  it('hold nothing of a question once it is answered', async () => {
    const received: Answer[] = [];
    const asked = (): WeakRef<Question> => {
      const question: Question = {
        reference: { ...CLUSTER, jobID: 'a' },
        priority: 'scheduled',
        deadline: 0,
        signal: new AbortController().signal,
        answered: (answer) => received.push(answer),
      };
      batches.observe(question);
      return new WeakRef(question);
    };
    const question = asked();
    await answerAll();
    expect(received).to.have.length(1);
    await heapInUse();
    expect(question.deref()).to.equal(undefined);
  }).timeout(MEASURING_MS);

  it('withdraw every question when they are closed, and set no more timers', async () => {
    batches.apply(aPlan('all'));
    ask('u', { priority: 'urgent' });
    const other = { ...CLUSTER, clusterID: 'other' };
    ask('underway', { cluster: other });
    await clock.advance(50);
    requests.begin();
    ask('held', { cluster: other });
    for (const jobID of ['a', 'b']) ask(jobID);
    expect(clock.timers).to.equal(2);
    batches.close();
    requests.finished.close();
    await settled();
    expect(kinds()).to.deep.equal(Array(5).fill('withdrawn'));
    expect(clock.timers).to.equal(0);
  });
});
