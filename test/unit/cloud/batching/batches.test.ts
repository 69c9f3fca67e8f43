// The batches of all clusters: their requests and timers, what they keep of a cluster, and what they log of
// refused lists.

import { expect } from 'chai';
import { Channel } from '../../../../src/base/channel.ts';
import { Batches } from '../../../../src/cloud/batching/batches.ts';
import type { Request, Result } from '../../../../src/cloud/requests/request.ts';
import type { Answer, Reference } from '../../../../src/job/model/cloud-port.ts';
import type { FailureKind } from '../../../../src/job/model/failures.ts';
import { aPlan } from '../../kit/a-plan.ts';
import { FakeClock, settled } from '../../kit/fake-clock.ts';
import { RecordingLogger } from '../../kit/recording-logger.ts';

const DESTINATION = { endpoint: 'https://live.aliyuncs.com', regionID: 'cn-shanghai' };
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe('the batches', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let finished: Channel<Request<unknown>>;
  let waiting: Request<unknown>[];
  let batches: Batches;
  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    finished = new Channel();
    waiting = [];
    const requests = {
      submit: (request: Request<unknown>) => void waiting.push(request),
      withdraw: (request: Request<unknown>) => {
        waiting = waiting.filter((each) => each !== request);
      },
      finished,
    };
    batches = new Batches({ requests, expectsMore: () => false, clock, logger });
    batches.apply(aPlan('all'));
  });

  function observe(about: Partial<Reference> = {}, signal = new AbortController().signal): Promise<Answer> {
    const reference = { credential: { namespace: 'media' }, clusterID: 'c', jobID: 'a', ...about };
    return batches.observe(reference, { priority: 'scheduled', deadline: 0, signal });
  }

  async function end(result: Result<unknown>): Promise<void> {
    for (const request of waiting.splice(0)) {
      request.result = result;
      finished.push(request);
    }
    await settled();
  }

  const operations = () =>
    waiting.map(({ operation: { action, query } }) => [action, query.JobId ?? query.PageNo]);
  const refusal = (kind: FailureKind): Result<unknown> => ({
    kind: 'failed',
    failure: { kind, message: 'as planned' },
    sentAt: 0,
    isListRefused: true,
  });
  const warnings = () => logger.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);

  /** Sweeps a cluster, whose list is refused. */
  async function refuseList(kind: FailureKind, clusterID: string): Promise<void> {
    const answers = ['a', 'b'].map((jobID) => observe({ clusterID, jobID }));
    await clock.advance(SECOND);
    await end(refusal(kind));
    await end({ kind: 'answered', value: {}, destination: DESTINATION, sentAt: clock.now() });
    await Promise.all(answers);
  }

  it('get a job by its ID, and answer all questions about it with one object', async () => {
    const answers = [observe(), observe()];
    expect(operations()).to.deep.equal([['GetEdgeTranscodeJob', 'a']]);
    await end({ kind: 'answered', value: { status: '1' }, destination: DESTINATION, sentAt: 7 });
    const [one, two] = await Promise.all(answers);
    expect(one).to.deep.equal({
      kind: 'observed',
      job: { status: '1' },
      destination: DESTINATION,
      sentAt: 7,
    });
    expect(two).to.equal(one);
  });

  it('list a cluster by its pages when the window is over', async () => {
    void observe({ jobID: 'a' });
    void observe({ jobID: 'b' });
    expect(operations()).to.deep.equal([]);
    await clock.advance(SECOND);
    expect(operations()).to.deep.equal([['ListEdgeTranscodeJob', '1']]);
  });

  it('share nothing between clusters, regions and credentials', () => {
    for (const about of [
      {},
      { clusterID: 'd' },
      { regionID: 'r' },
      { credential: { namespace: 'x', name: 's' } },
    ])
      void observe(about);
    expect(operations()).to.have.length(4);
  });

  it('call for each namespace that shares the operator’s own credentials in its own name', async () => {
    batches.apply(aPlan('none'));
    void observe({ jobID: 'a', credential: { namespace: 'media' } });
    void observe({ jobID: 'b', credential: { namespace: 'sports' } });
    expect(waiting.map(({ namespace }) => namespace)).to.deep.equal(['media', 'sports']);
  });

  it('list in the name of a namespace that waits for the page', async () => {
    const first = new AbortController();
    const left = observe({ jobID: 'a', credential: { namespace: 'media' } }, first.signal);
    first.abort();
    await left;
    for (const jobID of ['b', 'c']) void observe({ jobID, credential: { namespace: 'sports' } });
    await clock.advance(SECOND);
    expect(operations()).to.deep.equal([['ListEdgeTranscodeJob', '1']]);
    expect(waiting.map(({ namespace }) => namespace)).to.deep.equal(['sports']);
  });

  it('answer the jobs of a sweep whose page is withdrawn because no call may be made', async () => {
    const answers = ['a', 'b'].map((jobID) => observe({ jobID }));
    await clock.advance(SECOND);
    await end({ kind: 'withdrawn' });
    expect(await Promise.all(answers)).to.deep.equal([{ kind: 'withdrawn' }, { kind: 'withdrawn' }]);
    expect(waiting).to.deep.equal([]);
  });

  it('withdraw the request of a question that is aborted, and end it at once', async () => {
    const abort = new AbortController();
    const answer = observe({}, abort.signal);
    abort.abort();
    expect(await answer).to.deep.equal({ kind: 'withdrawn' });
    expect(waiting).to.deep.equal([]);
  });

  it('end a question as its call ends when it is aborted during the call', async () => {
    const abort = new AbortController();
    const answer = observe({}, abort.signal);
    const [request] = waiting;
    if (request) request.isCalling = true;
    abort.abort();
    await end({ kind: 'answered', value: {}, destination: DESTINATION, sentAt: 7 });
    expect((await answer).kind).to.equal('observed');
  });

  it('withdraw a question whose call starts again, although a later question of its job waits', async () => {
    batches.apply(aPlan('none'));
    const abort = new AbortController();
    const early = observe({}, abort.signal);
    const [request] = waiting;
    if (!request) throw new Error('no request');
    request.isCalling = true;
    void observe();
    // As after a refused key whose Secret holds another one by now.
    request.isCalling = false;
    abort.abort();
    expect(await early).to.deep.equal({ kind: 'withdrawn' });
    expect(waiting).to.have.length(1);
    expect(waiting).not.to.include(request);
  });

  it('answer by the call under way for a job that a sweep has taken over meanwhile', async () => {
    const answer = observe({ jobID: 'a' });
    const [get] = waiting.splice(0);
    if (!get) throw new Error('no request');
    get.isCalling = true;
    for (const jobID of ['b', 'c', 'd']) void observe({ jobID });
    await clock.advance(SECOND);
    expect(operations()).to.deep.equal([['ListEdgeTranscodeJob', '1']]);
    get.result = { kind: 'answered', value: { status: '1' }, destination: DESTINATION, sentAt: 7 };
    finished.push(get);
    expect(await answer).to.include({ kind: 'observed', sentAt: 7 });
  });

  it('withdraw the pages of a sweep that no question waits for any more', async () => {
    const aborts = ['a', 'b'].map((jobID) => {
      const abort = new AbortController();
      void observe({ jobID }, abort.signal);
      return abort;
    });
    await clock.advance(SECOND);
    expect(waiting).to.have.length(1);
    for (const abort of aborts) abort.abort();
    expect(waiting).to.deep.equal([]);
  });

  it('keep a cluster that no object names any more until its questions are answered', async () => {
    const answer = observe();
    batches.apply(aPlan('all', { includes: () => false }));
    await end({ kind: 'answered', value: {}, destination: DESTINATION, sentAt: 7 });
    expect((await answer).kind).to.equal('observed');
  });

  it('ignore a request that was replaced', async () => {
    const first = observe();
    const [old] = waiting;
    const hastened = batches.observe(
      { credential: { namespace: 'media' }, clusterID: 'c', jobID: 'a' },
      { priority: 'urgent', deadline: 0, signal: new AbortController().signal },
    );
    if (old) {
      old.result = { kind: 'answered', value: { status: 'old' }, destination: DESTINATION, sentAt: 7 };
      finished.push(old);
    }
    await settled();
    await end({ kind: 'answered', value: { status: 'new' }, destination: DESTINATION, sentAt: 8 });
    expect(
      [await first, await hastened].map((each) => each.kind === 'observed' && each.job.status),
    ).to.deep.equal(['new', 'new']);
  });

  it('know how many pages a list has, and for an hour that it is refused', async () => {
    const about = { credential: { namespace: 'media' }, clusterID: 'c' };
    expect(batches.listingOf(about)).to.deep.equal({ refused: false });
    void observe({ jobID: 'a' });
    void observe({ jobID: 'b' });
    await clock.advance(SECOND);
    await end({
      kind: 'answered',
      value: { total: 250, jobs: new Map() },
      destination: DESTINATION,
      sentAt: clock.now(),
    });
    expect(batches.listingOf(about)).to.deep.equal({ pages: 3, refused: false });
    await refuseList('OperationDenied', 'd');
    expect(batches.listingOf({ ...about, clusterID: 'd' }).refused).to.equal(true);
    await clock.advance(HOUR);
    expect(batches.listingOf({ ...about, clusterID: 'd' }).refused).to.equal(false);
  });

  it('drop a cluster that is idle and that no object names, and no other', async () => {
    await refuseList('OperationDenied', 'd');
    batches.apply(aPlan('all', { includes: () => true }));
    expect(batches.listingOf({ credential: { namespace: 'media' }, clusterID: 'd' }).refused).to.equal(true);
    batches.apply(aPlan('all', { includes: () => false }));
    expect(batches.listingOf({ credential: { namespace: 'media' }, clusterID: 'd' }).refused).to.equal(false);
  });

  it('log a missing permission once for all clusters of a credential', async () => {
    for (const clusterID of ['c', 'd', 'e']) await refuseList('PermissionDenied', clusterID);
    expect(warnings()).to.have.length(1);
    expect(JSON.stringify(logger.lines)).to.contain('live:ListEdgeTranscodeJob');
  });

  it('log another refusal once for each cluster, and not each hour that it is tried again', async () => {
    for (const clusterID of ['c', 'd', 'c']) {
      await refuseList('OperationDenied', clusterID);
      await clock.advance(HOUR);
    }
    expect(warnings()).to.have.length(2);
  });

  it('withdraw every question when they are closed, and leave no timer', async () => {
    const answers = ['a', 'b', 'c'].map((jobID) => observe({ jobID }));
    batches.close();
    expect((await Promise.all(answers)).map(({ kind }) => kind)).to.deep.equal(Array(3).fill('withdrawn'));
    expect(clock.timers).to.equal(0);
  });
});
