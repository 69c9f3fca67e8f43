// In whose name the requests of a cluster are called, and what becomes of a page that is not called.

import { expect } from 'chai';
import { Channel } from '../../../../src/base/channel.ts';
import { Batches } from '../../../../src/cloud/batching/batches.ts';
import type { Request, Result } from '../../../../src/cloud/requests/request.ts';
import type { Answer, Reference } from '../../../../src/job/model/cloud-port.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { ask } from '../../kit/questions.ts';
import { aPlan } from '../../kit/samples/a-plan.ts';
import { resultOf } from './scripted-batch.ts';

const SECOND = 1_000;

describe('the requests of the batches', () => {
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
    return ask(batches, { reference, priority: 'scheduled', deadline: 0, signal });
  }

  async function end(result: Result<unknown>): Promise<void> {
    for (const request of waiting.splice(0)) {
      request.result = result;
      finished.push(request);
    }
    await settled();
  }

  const operations = () =>
    waiting.map(
      ({
        subject: {
          operation: { action, query },
        },
      }) => [action, query.JobId ?? query.PageNo],
    );
  it('are called for each namespace that shares the operator’s own credentials in its own name', async () => {
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

  it('log a refusal to list a cluster as caused by its namespace, also with the operator’s own credentials', async () => {
    for (const jobID of ['a', 'b']) void observe({ jobID, credential: { namespace: 'sports' } });
    await clock.advance(SECOND);
    const refused = { kind: 'InvalidReference', message: 'no such cluster' } as const;
    await end({ kind: 'failed', failure: refused, sentAt: clock.now(), isOnlyListing: true });
    expect(logger.lines.map(({ fields }) => [fields.clusterID, fields.namespace])).to.deep.equal([
      ['c', 'sports'],
    ]);
  });

  it('answer the jobs of a sweep whose page is withdrawn because no call may be made', async () => {
    const answers = ['a', 'b'].map((jobID) => observe({ jobID }));
    await clock.advance(SECOND);
    await end({ kind: 'withdrawn' });
    expect(await Promise.all(answers)).to.deep.equal([{ kind: 'withdrawn' }, { kind: 'withdrawn' }]);
    expect(waiting).to.deep.equal([]);
  });

  it('wait for the call of another namespace, which serves both, instead of one of their own', async () => {
    batches.apply(aPlan('none'));
    const answers = ['media', 'sports'].map((namespace) => observe({ credential: { namespace } }));
    const received: string[] = [];
    for (const answer of answers) void answer.then(({ kind }) => received.push(kind));
    const [called] = waiting.splice(0, 1);
    if (!called) throw new Error('no request');
    called.isCalling = true;
    await end({ kind: 'withdrawn' });
    expect(received).to.deep.equal([]);
    waiting = [called];
    await end(resultOf('observed', {}, clock.now()));
    expect(received).to.deep.equal(['observed', 'observed']);
  });

  describe('that one namespace is refused without a call', () => {
    const refused = () => resultOf('refused', {}, clock.now());

    async function endOf(namespace: string, result: Result<unknown>): Promise<void> {
      const others = waiting.filter((each) => each.namespace !== namespace);
      waiting = waiting.filter((each) => each.namespace === namespace);
      for (const each of waiting) each.isCalling = result.kind === 'answered';
      await end(result);
      waiting.push(...others);
    }

    it('leave the call to the others', async () => {
      batches.apply(aPlan('none'));
      const [media, tenant] = ['media', 'tenant'].map((namespace) => observe({ credential: { namespace } }));
      await endOf('tenant', refused());
      expect(await tenant).to.deep.include({ kind: 'failed', notCalled: true });
      expect(waiting.map(({ namespace }) => namespace)).to.deep.equal(['media']);
      await endOf('media', resultOf('observed', {}, clock.now()));
      expect((await media)?.kind).to.equal('observed');
    });

    it('are made again for those that waited for its call', async () => {
      batches.apply(aPlan('none'));
      const [media, tenant] = ['media', 'tenant'].map((namespace) => observe({ credential: { namespace } }));
      await endOf('media', { kind: 'withdrawn' });
      await endOf('tenant', refused());
      expect((await tenant)?.kind).to.equal('failed');
      expect(waiting.map(({ namespace }) => namespace)).to.deep.equal(['media']);
      await endOf('media', refused());
      expect((await media)?.kind).to.equal('failed');
      expect(waiting).to.deep.equal([]);
    });

    it('leave the page to the others, until each of them is refused', async () => {
      const ask = () =>
        ['media', 'tenant'].flatMap((namespace) =>
          ['a', 'b'].map((jobID) => observe({ jobID, credential: { namespace } })),
        );
      const answers = ask();
      await clock.advance(SECOND);
      await endOf('tenant', refused());
      expect(waiting.map(({ namespace }) => namespace)).to.deep.equal(['media']);
      const jobs = new Map(['a', 'b'].map((JobId) => [JobId, { JobId }]));
      await endOf('media', resultOf('observed', { total: 2, jobs }, clock.now()));
      expect((await Promise.all(answers)).map(({ kind }) => kind)).to.deep.equal(Array(4).fill('observed'));
      const again = ask();
      await clock.advance(SECOND);
      for (const namespace of ['tenant', 'media']) await endOf(namespace, refused());
      expect((await Promise.all(again)).map(({ kind }) => kind)).to.deep.equal(Array(4).fill('failed'));
      expect(waiting).to.deep.equal([]);
    });

    it('are not the answer of another that came after the refusal of a page', async () => {
      for (const jobID of ['a', 'b', 'c', 'd']) void observe({ jobID, credential: { namespace: 'tenant' } });
      await clock.advance(SECOND);
      const page = resultOf('observed', { total: 250, jobs: new Map() }, clock.now());
      await ended('tenant', '1', page);
      await clock.advance(SECOND);
      await ended('tenant', '2', refused());
      await clock.advance(10);
      const received: Answer[] = [];
      void observe({ jobID: 'a' }).then((answer) => received.push(answer));
      await ended('media', '3', page);
      await clock.advance(SECOND);
      expect(received).to.deep.equal([]);
    });

    it('leave the page to another that came after it was requested', async () => {
      const tenants = ['a', 'b'].map((jobID) => observe({ jobID, credential: { namespace: 'tenant' } }));
      await clock.advance(SECOND);
      const late = ['a', 'c'].map((jobID) => observe({ jobID, credential: { namespace: 'media' } }));
      await endOf('tenant', refused());
      expect(waiting.map(({ namespace }) => namespace)).to.deep.equal(['media']);
      const jobs = new Map(['a', 'b', 'c'].map((JobId) => [JobId, { JobId }]));
      await endOf('media', resultOf('observed', { total: 3, jobs }, clock.now()));
      const answers = await Promise.all([...tenants, ...late]);
      expect(answers.map(({ kind }) => kind)).to.deep.equal(Array(4).fill('observed'));
    });
  });

  /** Takes a request of a page that waits. */
  function taken(namespace: string, pageNo: string): Request<unknown> {
    const request = waiting.find(
      (each) => each.namespace === namespace && each.subject.operation.query.PageNo === pageNo,
    );
    if (!request) throw new Error(`${namespace} does not wait for page ${pageNo}`);
    waiting = waiting.filter((each) => each !== request);
    return request;
  }

  function ended(namespace: string, pageNo: string, result: Result<unknown>): Promise<void> {
    const request = taken(namespace, pageNo);
    request.isCalling = result.kind === 'answered';
    request.result = result;
    finished.push(request);
    return settled();
  }

  describe('whose call brings no result and starts again', () => {
    function restart(request: Request<unknown>): Promise<void> {
      request.isCalling = false;
      finished.push(request);
      return settled();
    }

    it('are withdrawn where a page has brought the job during the call', async () => {
      const early = observe({ jobID: 'a' });
      await clock.advance(60);
      const [get] = waiting as [Request<unknown>];
      get.isCalling = true;
      for (const jobID of ['b', 'c']) void observe({ jobID });
      await clock.advance(SECOND);
      const jobs = new Map(['a', 'b', 'c'].map((JobId) => [JobId, { JobId }]));
      await ended('media', '1', resultOf('observed', { total: 3, jobs }, clock.now()));
      expect((await early).kind).to.equal('observed');
      await restart(get);
      expect(waiting).to.deep.equal([]);
    });

    it('are withdrawn where the sweep of a page has ended during the call', async () => {
      const aborts = ['a', 'b'].map((jobID) => {
        const abort = new AbortController();
        void observe({ jobID }, abort.signal);
        return abort;
      });
      await clock.advance(SECOND);
      const [page] = waiting as [Request<unknown>];
      page.isCalling = true;
      for (const abort of aborts) abort.abort();
      // It cannot be withdrawn during its call.
      waiting = [page];
      await restart(page);
      expect(waiting).to.deep.equal([]);
    });

    it('are made again for a namespace that waited for the call of a page', async () => {
      for (const namespace of ['media', 'tenant'])
        for (const jobID of ['a', 'b']) void observe({ jobID, credential: { namespace } });
      await clock.advance(SECOND);
      const called = taken('tenant', '1');
      called.isCalling = true;
      await ended('media', '1', { kind: 'withdrawn' });
      waiting.push(called);
      await restart(called);
      expect(waiting.map(({ namespace }) => namespace)).to.have.members(['media', 'tenant']);
    });

    it('are withdrawn with a question that was aborted during the call', async () => {
      batches.apply(aPlan('none'));
      const [early, late] = [new AbortController(), new AbortController()];
      const answers = [early, late].map(({ signal }) => observe({}, signal));
      const [request] = waiting as [Request<unknown>];
      request.isCalling = true;
      early.abort();
      await restart(request);
      expect(await answers[0]).to.deep.equal({ kind: 'withdrawn' });
      expect(waiting).to.deep.equal([request]);
      request.isCalling = true;
      late.abort();
      await restart(request);
      expect(await answers[1]).to.deep.equal({ kind: 'withdrawn' });
      expect(waiting).to.deep.equal([]);
    });

    it('are made again for a namespace that waited for the call', async () => {
      batches.apply(aPlan('none'));
      for (const namespace of ['media', 'sports']) void observe({ credential: { namespace } });
      const [media] = waiting.splice(0, 1) as [Request<unknown>];
      media.isCalling = true;
      await end({ kind: 'withdrawn' });
      waiting = [media];
      await restart(media);
      expect(waiting.map(({ namespace }) => namespace)).to.deep.equal(['media', 'sports']);
    });
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
});
