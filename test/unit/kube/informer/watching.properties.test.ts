// Whatever happens between the API server and the operator, the store ends up equal to the server.

import { expect } from 'chai';
import fc from 'fast-check';
import type { EdgeTranscodeJob } from '../../../../src/api/edge-transcode-job.ts';
import { nameOf, objectKey } from '../../../../src/base/object-key.ts';
import { Store } from '../../../../src/kube/informer/store.ts';
import {
  START,
  step,
  type WatchInput,
  type WatchState,
} from '../../../../src/kube/informer/watch-machine.ts';
import { holds, sequence } from '../../kit/for-any.ts';
import { aJob } from '../../kit/samples/a-job.ts';

const PAGE = 2;

/**
 * Objects with their history, as etcd keeps it: a list shows one moment, a watch the changes after one.
 */
class Server {
  readonly jobs = new Map<string, EdgeTranscodeJob>();
  readonly log: Extract<WatchInput, { kind: 'applied' | 'deleted' }>[] = [];
  #backup: Pick<Server, 'jobs' | 'log' | 'version'> = { jobs: new Map(), log: [], version: 10 };
  #version = 10;
  /** Never goes back, so that uids are unique. */
  #changes = 0;
  /** Oldest version that a watch or the next page of a list may name. */
  oldest = 0;
  /** Refusal of older versions: the version is gone (410), or the whole resource (404). */
  refusal: 404 | 410 = 410;

  get version(): number {
    return this.#version;
  }

  /** Creates or changes the object. */
  apply(name: string): EdgeTranscodeJob {
    this.#version += 1;
    this.#changes += 1;
    const uid = this.jobs.get(name)?.uid ?? `uid-${name}-${this.#changes}`;
    const job = aJob().named(name).uid(uid).version(this.#version).build();
    this.jobs.set(name, job);
    this.log.push({ kind: 'applied', job });
    return job;
  }

  delete(name: string): void {
    const job = this.jobs.get(name);
    if (!job) return;
    this.#version += 1;
    this.jobs.delete(name);
    this.log.push({ kind: 'deleted', job: { ...job, resourceVersion: String(this.#version) } });
  }

  compact(): void {
    this.oldest = this.#version;
    this.refusal = 410;
  }

  backUp(): void {
    this.#backup = { jobs: new Map(this.jobs), log: [...this.log], version: this.#version };
  }

  /** Has what it had at the backup: versions since then are given a second time. */
  restore(): void {
    const { jobs, log, version } = this.#backup;
    this.jobs.clear();
    for (const [name, job] of jobs) this.jobs.set(name, job);
    this.log.splice(0, this.log.length, ...log);
    this.#version = version;
    this.oldest = Math.min(this.oldest, version);
  }

  /** Deletes the CRD with all objects, without events, and creates it again. */
  reinstall(): void {
    this.#version += 1;
    this.jobs.clear();
    this.oldest = this.#version;
    this.refusal = 404;
  }

  /** The first event after this version. */
  eventAfter(version: string): Server['log'][number] | undefined {
    return this.log.find(({ job }) => Number(job.resourceVersion) > Number(version));
  }
}

interface List {
  readonly jobs: readonly EdgeTranscodeJob[];
  readonly version: number;
}

/** The operator's side: drives machine and store as the watcher does. */
class Watching {
  readonly server = new Server();
  readonly store = new Store([undefined]);
  /** Objects as a subscriber of the store knows them. */
  readonly believed = new Map<string, EdgeTranscodeJob>();
  #state: WatchState = START;
  #now = 0;
  /** The list under way, from the moment at which it began. */
  #list: List | undefined;
  /** Answers to our own status writes that are still on their way. */
  readonly #writes: EdgeTranscodeJob[] = [];

  /** Whether the first page of a list is requested. */
  #isRequested = false;
  /** Objects that were reported as removed, by uid. */
  readonly #gone = new Set<string>();

  constructor() {
    const gone = this.#gone;
    this.store.subscribe((key, { before, after }) => {
      expect(before, `before ${key} changed`).to.equal(this.believed.get(key));
      if (before && before.uid !== after?.uid) gone.add(before.uid);
      if (after) expect(gone.has(after.uid), `${key} came back`).to.equal(false);
      if (after) this.believed.set(key, after);
      else this.believed.delete(key);
    });
  }

  get isWatching(): boolean {
    return this.#state.phase === 'watching';
  }

  /** Processes the server's next answer: a page, an event, a refusal, or nothing. */
  proceed(): boolean {
    if (this.#state.phase === 'listing') {
      const { continueToken } = this.#state;
      if (continueToken === undefined && !this.#isRequested) this.#request();
      else this.#page(continueToken);
      return true;
    }
    if (this.#state.phase === 'checking') {
      this.#take({ kind: 'version', resourceVersion: String(this.server.version) });
      return true;
    }
    if (Number(this.#state.resourceVersion) < this.server.oldest) {
      this.fail(this.server.refusal);
      return true;
    }
    const event = this.server.eventAfter(this.#state.resourceVersion);
    if (event) this.#take(event);
    return event !== undefined;
  }

  /** Sends a bookmark when there is no event to send. */
  bookmark(): void {
    if (this.#state.phase !== 'watching') return;
    const { resourceVersion } = this.#state;
    if (Number(resourceVersion) >= this.server.oldest && !this.server.eventAfter(resourceVersion))
      this.#take({ kind: 'bookmark', resourceVersion: String(this.server.version) });
  }

  end(lastedMs: number): void {
    this.#now += lastedMs;
    if (this.isWatching) this.#take({ kind: 'ended', lastedMs, silentMs: 0, now: this.#now });
  }

  fail(status: number | undefined): void {
    this.#isRequested = false;
    this.#take({ kind: 'failed', ...(status !== undefined && { status }), now: this.#now });
  }

  /** Writes a status; the answer comes later, or never. */
  write(name: string): void {
    const known = this.store.get(objectKey('media', name));
    if (known && known.uid === this.server.jobs.get(name)?.uid) this.#writes.push(this.server.apply(name));
  }

  answerWrite(): void {
    const job = this.#writes.shift();
    if (job) this.store.update(job);
  }

  backUp(): void {
    this.server.backUp();
  }

  /** Restores etcd from the backup. The API server is stopped meanwhile: all connections are cut. */
  restore(): void {
    this.server.restore();
    this.#writes.length = 0;
    this.#gone.clear();
    // The token of a further page names a version that the API server refuses.
    if (this.#list) this.#list = { ...this.#list, version: Number.POSITIVE_INFINITY };
    this.fail(undefined);
  }

  #request(): void {
    this.#isRequested = true;
    this.store.take({ kind: 'relisting' });
  }

  #page(token: string | undefined): void {
    this.#isRequested = false;
    if (token === undefined)
      this.#list = { jobs: [...this.server.jobs.values()], version: this.server.version };
    const { jobs, version } = this.#list as List;
    if (version < this.server.oldest) {
      this.fail(410);
      return;
    }
    if (version > this.server.version) {
      this.fail(500);
      return;
    }
    const begin = Number(token ?? 0);
    const next = begin + PAGE < jobs.length ? { next: String(begin + PAGE) } : {};
    const page = jobs.slice(begin, begin + PAGE);
    this.#take({ kind: 'page', jobs: page, resourceVersion: String(version), now: this.#now, ...next });
  }

  #take(input: WatchInput): void {
    const { state, events } = step(this.#state, input);
    this.#state = state;
    for (const event of events) this.store.take(event);
  }
}

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');

interface Happening extends fc.WithToStringMethod {
  readonly act: (watching: Watching) => unknown;
}

const happening: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 6, arbitrary: name.map((of) => happens(`apply ${of}`, ({ server }) => server.apply(of))) },
  { weight: 3, arbitrary: name.map((of) => happens(`delete ${of}`, ({ server }) => server.delete(of))) },
  { weight: 12, arbitrary: fc.constant(happens('proceed', (watching) => watching.proceed())) },
  { weight: 1, arbitrary: fc.constant(happens('compact', ({ server }) => server.compact())) },
  { weight: 1, arbitrary: fc.constant(happens('reinstall', ({ server }) => server.reinstall())) },
  { weight: 2, arbitrary: fc.constant(happens('bookmark', (watching) => watching.bookmark())) },
  { weight: 3, arbitrary: name.map((of) => happens(`write ${of}`, (watching) => watching.write(of))) },
  { weight: 3, arbitrary: fc.constant(happens('answer', (watching) => watching.answerWrite())) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(undefined, 429, 500)
      .map((status) => happens(`fail ${status}`, (watching) => watching.fail(status))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(0, 300_000, 3_600_000)
      .map((ms) => happens(`end after ${ms}`, (watching) => watching.end(ms))),
  },
);

const withRestores: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 20, arbitrary: happening },
  { weight: 1, arbitrary: fc.constant(happens('back up', (watching) => watching.backUp())) },
  { weight: 1, arbitrary: fc.constant(happens('restore', (watching) => watching.restore())) },
);

/** A step that a counterexample shows by its name. */
function happens(what: string, act: (watching: Watching) => unknown): Happening {
  return { act, [fc.toStringMethod]: () => what };
}

function versions(jobs: Iterable<EdgeTranscodeJob>): string[] {
  return [...jobs]
    .map(({ key, uid, resourceVersion }) => `${nameOf(key)} ${uid} ${resourceVersion}`)
    .sort((x, y) => x.localeCompare(y));
}

describe('the store, for any order of pages, events, bookmarks, failures and writes', () => {
  it('ends equal to the server, and has reported every change on the way', () => {
    holds(
      fc.property(sequence(happening, 60), (all) => {
        const watching = new Watching();
        for (const { act } of all) act(watching);
        while (watching.proceed());
        const expected = versions(watching.server.jobs.values());
        expect(versions(watching.store.values())).to.deep.equal(expected);
        expect(versions(watching.believed.values())).to.deep.equal(expected);
        expect([watching.isWatching, watching.store.isListed]).to.deep.equal([true, true]);
      }),
      250,
    );
  });

  it('never returns to an older version of an object, and never restores one that it reported as removed', () => {
    holds(
      fc.property(sequence(happening, 60), (all) => {
        const watching = new Watching();
        const newest = new Map<string, number>();
        for (const { act } of all) {
          act(watching);
          for (const { uid, resourceVersion } of watching.store.values()) {
            expect(Number(resourceVersion), uid).to.be.at.least(newest.get(uid) ?? 0);
            newest.set(uid, Number(resourceVersion));
          }
        }
      }),
      200,
    );
  });

  it('ends equal to the server after the next list, whenever etcd was restored from a backup', () => {
    holds(
      fc.property(sequence(withRestores, 60), (all) => {
        const watching = new Watching();
        for (const { act } of all) act(watching);
        while (watching.proceed());
        watching.end(3_600_000);
        while (watching.proceed());
        const expected = versions(watching.server.jobs.values());
        expect(versions(watching.store.values())).to.deep.equal(expected);
        expect(versions(watching.believed.values())).to.deep.equal(expected);
      }),
      250,
    );
  });

  it('ends equal to the server, without another list, when etcd was restored and versions were not caught up with', () => {
    holds(
      fc.property(sequence(happening, 30), sequence(happening, 30), (before, lost) => {
        const watching = new Watching();
        for (const { act } of before) act(watching);
        while (watching.proceed());
        watching.backUp();
        for (const { act } of lost) act(watching);
        while (watching.proceed());
        const wentBack = watching.server.version;
        watching.restore();
        while (watching.proceed());
        expect(watching.server.version).to.be.at.most(wentBack);
        expect(versions(watching.store.values())).to.deep.equal(versions(watching.server.jobs.values()));
      }),
      250,
    );
  });
});
