// Several namespaces, each with a watcher that lists and watches it separately.

import { expect } from 'chai';
import { RefusedError } from '../../../../src/kube/client/api-error.ts';
import type { Page, Selection } from '../../../../src/kube/client/kube-client.ts';
import type { RawEvent, WatchClient, WatchQuery } from '../../../../src/kube/client/watch-client.ts';
import type { Source } from '../../../../src/kube/informer/store.ts';
import { missingLists, sourcesOf, Watchers } from '../../../../src/kube/informer/watchers.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { heapInUse, MEASURING_MS } from '../../kit/heap.ts';

const NAMESPACES = ['media', 'news', 'sports'];
const COLLECTION = '/apis/edgetranscode.live/v1alpha1';

describe('the watchers', () => {
  let clock: FakeClock;
  let logger: RecordingLogger;
  let paths: string[];
  let selectors: (string | undefined)[];
  let forbidden: Set<Source>;
  let failing: Set<Source>;
  let events: string[];
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    logger = new RecordingLogger();
    paths = [];
    selectors = [];
    forbidden = new Set();
    failing = new Set();
    events = [];
    stop = new AbortController();
    watch = silentWatch;
    running = Promise.resolve();
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  async function list(_token: string | undefined, { namespace, labelSelector }: Selection): Promise<Page> {
    selectors.push(labelSelector);
    if (failing.has(namespace)) throw new RefusedError({ status: 503, reason: 'ServiceUnavailable' });
    if (forbidden.has(namespace)) throw new RefusedError({ status: 403, reason: 'Forbidden' });
    return { items: [], resourceVersion: `${namespace}-10`, bytes: 0 };
  }

  let watch: WatchClient['events'];
  async function* silentWatch(
    path: string,
    query: WatchQuery,
    signal: AbortSignal,
  ): AsyncGenerator<RawEvent, void> {
    paths.push(`${path} ${query.resourceVersion}`);
    selectors.push(query.labelSelector);
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }

  async function run(
    namespaces?: readonly string[],
    labelSelector?: string,
    lister = list,
  ): Promise<Watchers> {
    const parts = {
      lister: { list: lister, version: async () => '10' },
      watch: { events: watch },
      labelSelector,
      clock,
      logger,
    };
    const watchers = new Watchers({ ...parts, sources: sourcesOf(namespaces) });
    running = watchers.run((event, source) => events.push(`${source} ${event.kind}`), stop.signal);
    await settled();
    return watchers;
  }

  it('follow the whole cluster when no namespace is named', async () => {
    await run();
    expect(paths).to.deep.equal([`${COLLECTION}/edgetranscodejobs undefined-10`]);
    expect(events).to.deep.equal(['undefined relisting', 'undefined listed']);
  });

  it('follow each namespace separately, and name the source of an event', async () => {
    await run(['media', 'sports', 'media']);
    expect(paths).to.have.members([
      `${COLLECTION}/namespaces/media/edgetranscodejobs media-10`,
      `${COLLECTION}/namespaces/sports/edgetranscodejobs sports-10`,
    ]);
    expect(events).to.have.members(['media relisting', 'media listed', 'sports relisting', 'sports listed']);
  });

  it('select by label, in list and watch', async () => {
    await run(['media', 'sports'], 'shard=a');
    expect(selectors).to.deep.equal(['shard=a', 'shard=a', 'shard=a', 'shard=a']);
  });

  it('continue when one is forbidden, and log which, and what to apply there', async () => {
    forbidden.add('media');
    await run(['media', 'sports']);
    expect(events).to.deep.equal(['media relisting', 'sports relisting', 'sports listed']);
    expect(logger.lines).to.have.length(1);
    expect(logger.lines[0]?.fields).to.include({ namespace: 'media', status: 403 });
    expect(logger.lines[0]?.fields.hint).to.contain(
      'kubectl --namespace media apply -f deploy/namespaced/watched-namespace.yaml',
    );
    forbidden.clear();
    await clock.advance(500);
    expect(events.slice(3)).to.deep.equal(['media relisting', 'media listed']);
  });

  it('say which namespaces are refused: where the last attempt was, as in one that does not exist', async () => {
    const watchers = await run(['media', 'sports', 'news']);
    expect(watchers.refused).to.deep.equal([]);
    stop.abort();
    await running;
    stop = new AbortController();
    forbidden.add('media').add('news');
    const others = await run(['media', 'sports', 'news']);
    expect(others.refused).to.deep.equal(['media', 'news']);
    forbidden.delete('news');
    failing.add('media');
    await clock.advance(500);
    expect(others.refused, 'an outage says nothing new').to.deep.equal(['media']);
    failing.clear();
    forbidden.clear();
    await clock.advance(8_000);
    expect(others.refused).to.deep.equal([]);
  });

  it('report the progress of the one that has been silent longest', async () => {
    const began = clock.now();
    forbidden.add('media');
    failing.add('sports');
    const watchers = await run(['media', 'sports']);
    failing.clear();
    await clock.advance(60_000);
    expect(events).to.include('sports listed');
    expect(watchers.progressedAt).to.equal(began);
  });

  it('are stuck when one of them is, although others make requests', async () => {
    forbidden.add('media');
    const watchers = await run(['media', 'sports']);
    await clock.advance(10 * 60_000);
    expect(watchers.isStuck).to.equal(false);
    await clock.advance(1);
    expect(watchers.isStuck).to.equal(true);
  });

  describe('of hundreds of namespaces', () => {
    const NAMESPACES = Array.from({ length: 300 }, (_, index) => `tenant-${index}`);
    const MOST_PAGES = 8;
    let lists: (() => void)[];
    let underway: number;
    let most: number;
    beforeEach(() => {
      lists = [];
      underway = 0;
      most = 0;
    });

    /** Each list stays under way until the test ends it. */
    async function runSlowly(): Promise<Watchers> {
      const answer = async (_token: string | undefined, { namespace }: Selection): Promise<Page> => {
        underway += 1;
        most = Math.max(most, underway);
        await new Promise<void>((resolve) => lists.push(resolve));
        underway -= 1;
        if (forbidden.has(namespace)) throw new RefusedError({ status: 503, reason: 'ServiceUnavailable' });
        return { items: [], resourceVersion: '10', bytes: 0 };
      };
      return await run(NAMESPACES, undefined, answer);
    }

    async function endAll(): Promise<void> {
      for (const end of lists.splice(0)) end();
      await settled();
    }

    it('have few pages in memory at a time, and list them all', async () => {
      await runSlowly();
      while (lists.length > 0) await endAll();
      expect(most).to.equal(MOST_PAGES);
      expect(events.filter((each) => each.endsWith(' listed'))).to.have.length(NAMESPACES.length);
    });

    it('are not stuck while they wait for lists that all take as long as their deadline', async () => {
      for (const namespace of NAMESPACES) forbidden.add(namespace);
      const watchers = await runSlowly();
      for (let seconds = 0; seconds < 20 * 60; seconds += 20) {
        await clock.advance(20_000);
        expect(watchers.isStuck, `after ${seconds} s`).to.equal(false);
        await endAll();
      }
    });

    it('are stuck when a list never ends', async () => {
      const watchers = await runSlowly();
      await clock.advance(10 * 60_000 + 1);
      expect(watchers.isStuck).to.equal(true);
      await endAll();
    });

    it('keep no event that they have taken', async function () {
      this.timeout(MEASURING_MS);
      const text = 'x'.repeat(1_000_000);
      const namespaces = NAMESPACES.slice(0, 24);
      watch = async function* (_path, _query, signal) {
        const metadata = { namespace: 'a', name: 'a', uid: 'a', resourceVersion: '11', labels: { text } };
        yield { type: 'MODIFIED', object: JSON.parse(JSON.stringify({ metadata })) };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      };
      const before = await heapInUse();
      await run(namespaces);
      expect(events.filter((each) => each.endsWith(' applied'))).to.have.length(namespaces.length);
      expect((await heapInUse()) - before).to.be.below((namespaces.length / 4) * text.length);
    });

    it('begin no list that waits when they are stopped', async () => {
      await runSlowly();
      stop.abort();
      await endAll();
      expect([most, lists.length]).to.deep.equal([MOST_PAGES, 0]);
    });
  });
});

describe('the lists that are missing', () => {
  it('are none once all have arrived', () => {
    expect(missingLists(NAMESPACES, [], [])).to.equal(undefined);
    expect(missingLists([undefined], [], [])).to.equal(undefined);
  });

  it('are named while they were not refused', () => {
    expect(missingLists(NAMESPACES, ['media', 'news'], ['news'])).to.equal(
      'the first list of EdgeTranscodeJobs of media has not arrived yet',
    );
    expect(missingLists([undefined], [undefined], [])).to.equal(
      'the first list of EdgeTranscodeJobs has not arrived yet',
    );
  });

  it('do not include a namespace that refuses, as one that was deleted, if another is listed', () => {
    expect(missingLists(NAMESPACES, ['news'], ['news'])).to.equal(undefined);
    expect(missingLists(NAMESPACES, ['media', 'news'], ['media', 'news'])).to.equal(undefined);
  });

  it('are all if each is refused: the Role is missing', () => {
    expect(missingLists(['media', 'news'], ['media', 'news'], ['media', 'news'])).to.equal(
      'the first list of EdgeTranscodeJobs of media, news has not arrived yet',
    );
  });
});
