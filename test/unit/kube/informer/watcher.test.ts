// The watcher against a scripted API server: it continues after any failure, with pauses, until it is
// stopped.

import { expect } from 'chai';
import { nameOf } from '../../../../src/base/object-key.ts';
import { type ApiFailure, RefusedError } from '../../../../src/kube/client/api-error.ts';
import { TooLargeError } from '../../../../src/kube/client/bounded-body.ts';
import type { Page, Selection } from '../../../../src/kube/client/kube-client.ts';
import {
  CutError,
  type RawEvent,
  UnreadableError,
  type WatchQuery,
} from '../../../../src/kube/client/watch-client.ts';
import type { WatchEvent } from '../../../../src/kube/informer/watch-machine.ts';
import { Watcher } from '../../../../src/kube/informer/watcher.ts';
import { FakeClock, settled } from '../../kit/fakes/fake-clock.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';

/** The raw object as the API server sends it. */
function raw(name: string, resourceVersion: string): object {
  return {
    metadata: { namespace: 'media', name, uid: `uid-${name}`, resourceVersion },
    spec: { clusterID: 'c', jobID: 'j' },
  };
}

function page(resourceVersion: string, names: string[], next?: string): Page {
  const items = names.map((name) => raw(name, '1'));
  return { items, resourceVersion, bytes: 0, ...(next && { next }) };
}

/** One watch, from its request to its end. */
class OpenWatch {
  readonly path: string;
  readonly query: WatchQuery;
  isOver = false;
  readonly #events: RawEvent[] = [];
  #end: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(path: string, query: WatchQuery) {
    this.path = path;
    this.query = query;
  }

  async send(type: string, object: unknown): Promise<void> {
    this.#events.push({ type, object });
    this.#wake();
    await settled();
  }

  async end(error: unknown = null): Promise<void> {
    this.#end = { error };
    this.#wake();
    await settled();
  }

  async *events(signal: AbortSignal): AsyncGenerator<RawEvent, void> {
    signal.addEventListener('abort', () => void this.end(new DOMException('aborted', 'AbortError')));
    try {
      while (true) {
        yield* this.#events.splice(0);
        if (this.#end?.error) throw this.#end.error;
        if (this.#end) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      this.isOver = true;
    }
  }
}

class ScriptedApiServer {
  readonly tokens: (string | undefined)[] = [];
  readonly limits: number[] = [];
  readonly watches: OpenWatch[] = [];
  /** The next answers to lists; after the last one lists hang. */
  readonly pages: (Page | Error)[] = [];
  /** When set, watches fail with this error. */
  refusal: unknown;
  /** The answer to checks; an error is thrown. */
  present: string | Error = '1000';
  checks = 0;

  async list(token: string | undefined, _selection: Selection, limit: number): Promise<Page> {
    this.tokens.push(token);
    this.limits.push(limit);
    const next = this.pages.shift();
    if (next === undefined) return await new Promise<never>(() => undefined);
    if (next instanceof Error) throw next;
    return next;
  }

  async version(): Promise<string> {
    this.checks += 1;
    if (this.present instanceof Error) throw this.present;
    return this.present;
  }

  events(path: string, query: WatchQuery, signal: AbortSignal): AsyncGenerator<RawEvent, void> {
    const watch = new OpenWatch(path, query);
    this.watches.push(watch);
    if (this.refusal !== undefined) void watch.end(this.refusal);
    return watch.events(signal);
  }

  get current(): OpenWatch {
    return this.watches.at(-1) as OpenWatch;
  }
}

function httpError(status: number, more: Partial<ApiFailure> = {}): Error {
  return new RefusedError({ status, reason: 'Refused', ...more });
}

describe('the watcher', () => {
  let clock: FakeClock;
  let server: ScriptedApiServer;
  let logger: RecordingLogger;
  let watcher: Watcher;
  let stop: AbortController;
  let events: string[];
  let running: Promise<void>;

  beforeEach(() => {
    clock = new FakeClock();
    server = new ScriptedApiServer();
    logger = new RecordingLogger();
    watcher = new Watcher({ lister: server, watch: server, clock, logger });
    stop = new AbortController();
    events = [];
  });
  afterEach(async () => {
    stop.abort();
    await running;
  });

  async function run(...pages: (Page | Error)[]): Promise<void> {
    server.pages.push(...pages);
    running = watcher.run((event) => events.push(shown(event)), stop.signal);
    await settled();
  }

  it('lists, page by page, and watches from there', async () => {
    await run(page('10', ['a', 'b'], 'more'), page('10', ['c']));
    expect(events).to.deep.equal(['relisting', 'found a', 'found b', 'found c', 'listed']);
    expect(server.tokens).to.deep.equal([undefined, 'more']);
    expect(server.watches).to.have.length(1);
    expect(server.current.path).to.equal('/apis/edgetranscode.live/v1alpha1/edgetranscodejobs');
    expect(server.current.query).to.include({ resourceVersion: '10' });
    expect(server.current.query.timeoutSeconds).to.be.within(240, 480);
  });

  it('passes on the events of the watch', async () => {
    await run(page('10', []));
    await server.current.send('ADDED', raw('a', '11'));
    await server.current.send('MODIFIED', raw('a', '12'));
    await server.current.send('DELETED', raw('a', '13'));
    expect(events.slice(2)).to.deep.equal(['applied a', 'applied a', 'deleted a']);
  });

  it('resumes an idle watch immediately from the last bookmark, again and again', async () => {
    await run(page('10', []));
    await server.current.send('ADDED', raw('a', '11'));
    for (const version of ['20', '21', '22']) {
      await server.current.send('BOOKMARK', { metadata: { resourceVersion: version } });
      await clock.advance(30_000);
      await server.current.end();
      expect(server.current.query.resourceVersion).to.equal(version);
    }
    expect(server.watches).to.have.length(4);
    expect(logger.lines).to.deep.equal([]);
  });

  it('resumes from the last event when no bookmark came', async () => {
    await run(page('10', []));
    await server.current.send('ADDED', raw('a', '17'));
    await clock.advance(30_000);
    await server.current.end();
    expect(server.current.query.resourceVersion).to.equal('17');
  });

  it('ignores a bookmark without a version, and events without an object', async () => {
    await run(page('10', []));
    for (const junk of [undefined, null, 7, {}, { metadata: null }, { metadata: { resourceVersion: '' } }]) {
      await server.current.send('BOOKMARK', junk);
      await server.current.send('ADDED', junk);
      await server.current.send('DELETED', junk);
    }
    await clock.advance(30_000);
    await server.current.end();
    expect(server.current.query.resourceVersion).to.equal('10');
    expect(events).to.deep.equal(['relisting', 'listed']);
  });

  it('lists again immediately when the answer says that its version is too old', async () => {
    await run(page('10', ['a']), page('20', ['b']));
    await server.current.end(httpError(410));
    expect(events.slice(3)).to.deep.equal(['relisting', 'found b', 'listed']);
    expect(server.current.query.resourceVersion).to.equal('20');
  });

  it('lists again immediately when an event says that its version is too old', async () => {
    await run(page('10', ['a']), page('20', ['b']));
    const { current } = server;
    await current.send('ERROR', { kind: 'Status', code: 410, reason: 'Expired' });
    expect(current.isOver).to.equal(true);
    expect(server.current.query.resourceVersion).to.equal('20');
    await current.send('ADDED', raw('late', '11'));
    expect(events).not.to.include('applied late');
  });

  it('resumes with a pause after an error event of another kind', async () => {
    await run(page('10', []));
    await server.current.send('ERROR', { kind: 'Status', code: 500 });
    await server.current.send('ERROR', 'CANARY');
    expect(server.watches).to.have.length(1);
    await clock.advance(500);
    expect(server.watches).to.have.length(2);
    expect(server.current.query.resourceVersion).to.equal('10');
  });

  it('lists again, with a pause, when an event could not be read', async () => {
    await run(page('10', ['a']), page('20', ['b']));
    await server.current.end(new UnreadableError('CANARY'));
    expect(server.tokens).to.have.length(1);
    await clock.advance(500);
    expect(events.slice(3)).to.deep.equal(['relisting', 'found b', 'listed']);
    expect(JSON.stringify(logger.lines)).not.to.contain('CANARY');
  });

  it('resumes no earlier than the API server requests', async () => {
    await run(page('10', []));
    await server.current.end(httpError(429, { retryAfterMs: 7_000 }));
    await clock.advance(6_999);
    expect(server.watches).to.have.length(1);
    await clock.advance(1);
    expect(server.watches).to.have.length(2);
    expect(server.current.query.resourceVersion).to.equal('10');
  });

  it('restarts the list when the token of a page is too old', async () => {
    await run(page('10', ['a'], 'more'), httpError(410), page('20', ['b']));
    expect(server.tokens).to.deep.equal([undefined, 'more', undefined]);
    expect(events).to.deep.equal(['relisting', 'found a', 'relisting', 'found b', 'listed']);
  });

  it('continues with the page that it did not get', async () => {
    await run(page('10', ['a'], 'more'), httpError(503), page('10', ['b']));
    expect(server.tokens).to.deep.equal([undefined, 'more']);
    await clock.advance(500);
    expect(server.tokens).to.deep.equal([undefined, 'more', 'more']);
    expect(events).to.deep.equal(['relisting', 'found a', 'found b', 'listed']);
  });

  it('requests a page that is too large again with fewer objects, immediately', async () => {
    const tooLarge = new TooLargeError('CANARY');
    const large = { ...page('10', ['a'], 'more'), bytes: 2_000_000 };
    await run(tooLarge, tooLarge, large, page('10', ['b']));
    expect(server.tokens).to.deep.equal([undefined, undefined, undefined, 'more']);
    expect(server.limits).to.deep.equal([16, 2, 1, 1]);
    expect(events).to.deep.equal(['relisting', 'found a', 'found b', 'listed']);
    expect(logger.lines).to.deep.equal([]);
  });

  it('pauses when a single object is too large, and logs what to do', async () => {
    await run(...Array.from({ length: 3 }, () => new TooLargeError('CANARY')));
    expect(server.limits).to.deep.equal([16, 2, 1]);
    expect(logger.lines[0]).to.deep.include({ level: 'warn', message: 'listing failed' });
    expect(logger.lines[0]?.fields.hint).to.contain('larger than 4 MiB');
    await clock.advance(500);
    expect(server.limits).to.deep.equal([16, 2, 1, 1]);
  });

  it('requests more objects with each page, and as many again with the next list', async () => {
    await run(page('10', ['a'], '1'), page('10', ['b'], '2'), page('10', ['c']), page('20', ['d']));
    await server.current.end(httpError(410));
    expect(server.limits).to.deep.equal([16, 64, 256, 500]);
  });

  it('retries at growing intervals of at most 8 s without an API server', async () => {
    await run(...Array.from({ length: 12 }, () => Object.assign(new Error('x'), { code: 'ECONNREFUSED' })));
    await clock.advance(500 + 1_000 + 2_000 + 4_000);
    expect(server.tokens.length).to.be.within(5, 9);
    const before = server.tokens.length;
    await clock.advance(8_000);
    expect(server.tokens.length - before).to.be.within(1, 2);
    expect(logger.lines[0]).to.deep.include({ level: 'warn', message: 'listing failed' });
    expect(logger.lines[0]?.fields).to.include({ reason: 'ECONNREFUSED' });
  });

  for (const [code, hint] of [
    ['EXEC_PLUGIN_NOT_FOUND', 'install it, or name its path'],
    ['EXEC_PLUGIN_FAILED', 'run it by hand'],
    ['EXEC_PLUGIN_TIMED_OUT', 'run it by hand'],
  ] as const)
    it(`logs what to do about ${code}`, async () => {
      await run(Object.assign(new Error('CANARY'), { code }));
      expect(logger.lines[0]?.fields).to.include({ reason: code });
      expect(logger.lines[0]?.fields.hint).to.contain(hint);
    });

  it('does not spin when each watch ends immediately', async () => {
    server.refusal = null;
    await run(page('10', []), page('10', []));
    await clock.advance(60_000);
    expect(server.watches.length).to.be.within(8, 18);
  });

  it('does not spin when each watch has a version too old', async () => {
    server.refusal = httpError(410);
    await run(...Array.from({ length: 100 }, () => page('10', [])));
    await clock.advance(60_000);
    expect(server.tokens.length).to.be.within(8, 20);
  });

  it('does not spin when each watch is forbidden, and logs what to apply', async () => {
    server.refusal = httpError(403);
    await run(page('10', []));
    await clock.advance(60_000);
    expect(server.watches.length).to.be.within(8, 18);
    expect(logger.lines[0]?.fields.hint).to.contain('kubectl apply -f deploy/');
    expect(JSON.stringify(logger.lines)).not.to.contain('CANARY');
  });

  it('warns of a lasting failure once in 10 minutes, and of a new failure immediately', async () => {
    const warnings = () => logger.lines.filter(({ level }) => level === 'warn').length;
    server.refusal = httpError(403);
    await run(page('10', []));
    await clock.advance(9 * 60_000);
    expect(warnings()).to.equal(1);
    expect(logger.lines.length).to.be.above(60);
    await clock.advance(2 * 60_000);
    expect(warnings()).to.equal(2);
    server.refusal = httpError(500);
    await clock.advance(20_000);
    expect(warnings()).to.equal(3);
    server.refusal = undefined;
    await clock.advance(8_000);
    await server.current.send('ADDED', raw('a', '11'));
    await clock.advance(1);
    await server.current.end(httpError(500));
    expect(warnings(), 'after progress').to.equal(4);
  });

  it('logs once that watching works again', async () => {
    server.refusal = httpError(403);
    await run(page('10', []));
    await clock.advance(60_000);
    server.refusal = undefined;
    await clock.advance(60_000);
    for (const version of ['11', '12']) await server.current.send('ADDED', raw('a', version));
    const infos = logger.lines.filter(({ level }) => level === 'info');
    expect(infos.map(({ message }) => message)).to.deep.equal(['watching works again']);
  });

  it('logs that the CRD is missing, and lists again once it exists', async () => {
    await run(httpError(404), page('10', []));
    expect(logger.lines[0]?.fields.hint).to.contain('kubectl apply -f crds/');
    await clock.advance(500);
    expect(events).to.deep.equal(['relisting', 'relisting', 'listed']);
  });

  it('lists again after an hour, in case an event was lost', async () => {
    await run(page('10', ['a']), page('20', ['b']));
    for (let minutes = 0; minutes < 60; minutes += 1) {
      await clock.advance(60_000);
      await server.current.end();
    }
    expect(server.tokens).to.have.length(2);
    expect(events.at(-1)).to.equal('listed');
  });

  it('reports when a list, an event, a bookmark or a watch that was accepted last showed that it works', async () => {
    await run(page('10', []));
    await clock.advance(30_000);
    await server.current.send('BOOKMARK', { metadata: { resourceVersion: '11' } });
    expect(watcher.progressedAt).to.equal(clock.now());
    await clock.advance(30_000);
    await server.current.end();
    const endedAt = clock.now();
    expect(watcher.progressedAt).to.equal(endedAt);
    server.refusal = httpError(500);
    await server.current.end(httpError(500));
    await clock.advance(60_000);
    expect(watcher.progressedAt).to.equal(endedAt);
  });

  it('reports no progress while watches stay open and bring no bookmark', async () => {
    await run(page('10', []));
    const listedAt = clock.now();
    for (let watches = 0; watches < 3; watches += 1) {
      await clock.advance(80_000);
      await server.current.end();
    }
    expect(server.watches).to.have.length(4);
    expect(watcher.progressedAt).to.equal(listedAt);
  });

  describe('behind a load balancer that cuts silent watches', () => {
    async function cutEach20s(times: number): Promise<void> {
      for (let cuts = 0; cuts < times; cuts += 1) {
        await clock.advance(20_000);
        await server.current.end(new CutError('x', { cause: { code: 'ECONNRESET' } }));
      }
    }

    it('watches again immediately, each time, and reports progress', async () => {
      await run(page('10', []));
      await cutEach20s(30);
      expect(server.watches).to.have.length(31);
      expect(watcher.progressedAt).to.equal(clock.now());
      expect(logger.lines.filter(({ level }) => level !== 'debug')).to.deep.equal([]);
    });

    it('lists again after an hour', async () => {
      await run(page('10', []), page('20', ['b']));
      await cutEach20s(3 * 60);
      expect(server.tokens).to.have.length(2);
      expect(server.current.query.resourceVersion).to.equal('20');
    });

    it('pauses when the watch is cut at once, as by a server in trouble', async () => {
      server.refusal = new CutError('x', { cause: { code: 'ECONNRESET' } });
      await run(page('10', []));
      await clock.advance(60_000);
      expect(server.watches.length).to.be.within(8, 18);
      expect(logger.lines[0]).to.deep.include({ level: 'warn', message: 'watching failed' });
      expect(logger.lines[0]?.fields).to.include({ reason: 'ECONNRESET' });
    });
  });

  describe('when the version of the API server has gone back', () => {
    it('lists again after a connection that failed', async () => {
      await run(page('14540', ['a']), page('900', ['b']));
      server.present = '900';
      await server.current.end(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
      await clock.advance(500);
      expect(events.slice(3)).to.deep.equal(['relisting', 'found b', 'listed']);
      expect(server.current.query.resourceVersion).to.equal('900');
    });

    it('lists again after a watch without an event', async () => {
      await run(page('14540', ['a']), page('900', ['b']));
      server.present = '900';
      await clock.advance(80_000);
      await server.current.end();
      expect(server.current.query.resourceVersion).to.equal('900');
    });

    it('checks again until the check is answered, and does not watch meanwhile', async () => {
      await run(page('10', []));
      server.present = httpError(503);
      await server.current.end(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }));
      await clock.advance(60_000);
      expect(server.checks).to.be.within(6, 18);
      expect(server.watches).to.have.length(1);
      server.present = '12';
      await clock.advance(8_000);
      expect(server.watches).to.have.length(2);
      expect(server.current.query.resourceVersion).to.equal('10');
    });
  });

  const REFUSALS: Record<string, unknown> = {
    'code 504': { kind: 'Status', code: 504, reason: 'Timeout' },
    'code 400': { kind: 'Status', code: 400 },
    'no code': { kind: 'Status' },
    'the word CANARY': 'CANARY',
  };

  for (const [what, object] of Object.entries(REFUSALS))
    it(`lists within a minute when each watch gets an error event with ${what}`, async () => {
      await run(page('14540', []), page('900', ['b']));
      const until = clock.now() + 60_000;
      while (server.current.query.resourceVersion !== '900' && clock.now() < until) {
        await server.current.send('ERROR', object);
        await clock.advance(100);
      }
      expect(server.current.query.resourceVersion).to.equal('900');
    });

  it('lists immediately when an error event has no code and the reason Expired', async () => {
    await run(page('10', []), page('20', ['b']));
    await server.current.send('ERROR', { kind: 'Status', reason: 'Expired' });
    expect(server.current.query.resourceVersion).to.equal('20');
  });

  describe('is stuck', () => {
    it('when it has neither received anything nor made a request for 10 minutes', async () => {
      await run(page('10', []));
      await clock.advance(10 * 60_000);
      expect(watcher.isStuck).to.equal(false);
      await clock.advance(1);
      expect(watcher.isStuck).to.equal(true);
    });

    it('not while it receives events, however long its watch lasts', async () => {
      await run(page('10', []));
      for (let minutes = 0; minutes < 60; minutes += 5) {
        await clock.advance(5 * 60_000);
        await server.current.send('BOOKMARK', { metadata: { resourceVersion: `${11 + minutes}` } });
      }
      expect(watcher.isStuck).to.equal(false);
    });

    it('not while it makes requests, however long the API server is away or refuses', async () => {
      server.refusal = httpError(403);
      await run(page('10', []));
      await clock.advance(30 * 60_000);
      expect(watcher.isStuck).to.equal(false);
      server.refusal = new Error('no route');
      await clock.advance(30 * 60_000);
      expect(watcher.isStuck).to.equal(false);
    });
  });

  describe('when it is stopped', () => {
    async function stops(): Promise<void> {
      stop.abort();
      const ended = running.then(() => 'ended');
      await settled();
      expect(await Promise.race([ended, 'still running'])).to.equal('ended');
      const { length } = server.tokens;
      await clock.advance(60_000);
      expect(server.tokens).to.have.length(length);
    }

    it('ends its watch immediately and without an error', async () => {
      await run(page('10', []));
      const { current } = server;
      await stops();
      expect(current.isOver).to.equal(true);
      await current.send('ADDED', raw('late', '11'));
      expect(events).to.deep.equal(['relisting', 'listed']);
      expect(logger.lines).to.deep.equal([]);
    });

    it('does not wait for a list under way', async () => {
      await run();
      await stops();
      expect(logger.lines).to.deep.equal([]);
    });

    it('does not wait for its pause', async () => {
      await run(httpError(500));
      await stops();
    });

    it('does nothing when it has not begun', async () => {
      stop.abort();
      await run(page('10', []));
      expect(server.tokens).to.deep.equal([]);
    });
  });
});

function shown(event: WatchEvent): string {
  return 'job' in event ? `${event.kind} ${nameOf(event.job.key)}` : event.kind;
}
