// Watcher, store and clients together, over real connections, against an API server with faults: afterwards
// the store equals the server, and the requests on the way were few.

import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { type Clock, systemClock } from '../../../../src/base/clock.ts';
import { KubeClient } from '../../../../src/kube/client/kube-client.ts';
import { PooledKubeConfig } from '../../../../src/kube/client/kube-config.ts';
import { WatchClient } from '../../../../src/kube/client/watch-client.ts';
import { Store } from '../../../../src/kube/informer/store.ts';
import { Watcher } from '../../../../src/kube/informer/watcher.ts';
import { RecordingLogger } from '../../kit/fakes/recording-logger.ts';
import { json } from '../client/loopback-api-server.ts';
import { type Fault, refuse, ScriptedCollection, sends } from './scripted-collection.ts';

/** Pauses within the 10 s after which the store equals a recovered server; the requests take the rest. */
const LONGEST_PAUSES_MS = 8_000;

/** A clock that records its pauses, and makes them 50 times shorter. */
function hastyClock(onPause: (ms: number) => void): Clock {
  const sleep: Clock['sleep'] = (ms, signal) => {
    onPause(ms);
    return systemClock.sleep(ms / 50, signal);
  };
  return { ...systemClock, sleep };
}

describe('the store follows an API server', () => {
  let api: ScriptedCollection;
  let store: Store;
  let changes: string[];
  let pauses: number[];
  /** Pauses since the last fault. */
  let sinceWell: number;
  let logger: RecordingLogger;
  let config: PooledKubeConfig;
  let stop: AbortController;
  let running: Promise<void>;

  beforeEach(async () => {
    api = new ScriptedCollection();
    await api.server.open();
    api.put('steady');
    api.put('changing');
    api.put('going');
    config = new PooledKubeConfig();
    config.loadFromString(api.server.kubeconfig);
    pauses = [];
    sinceWell = 0;
    const onPause = (ms: number) => {
      pauses.push(ms);
      if (api.isWell) sinceWell += ms;
    };
    logger = new RecordingLogger();
    const watcher = new Watcher({
      lister: new KubeClient(config, 'operator/1'),
      watch: new WatchClient(config, 'operator/1', { idleMs: 600, answerMs: 600 }),
      clock: hastyClock(onPause),
      logger,
    });
    store = new Store([undefined]);
    changes = [];
    store.subscribe((key, { before, after }) => changes.push(`${key} ${before?.uid} → ${after?.uid}`));
    stop = new AbortController();
    running = watcher.run((event) => store.take(event), stop.signal);
    await follows();
    changes.length = 0;
  });

  afterEach(async () => {
    stop.abort();
    await running;
    config.dropConnections();
    while (api.server.openConnections > 0) await turn();
    api.server.close();
  });

  function content(): Record<string, string> {
    const entries = [...store.values()].map(({ key, uid, resourceVersion }) => [
      key,
      `${uid}@${resourceVersion}`,
    ]);
    return Object.fromEntries(entries);
  }

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await delay(2);
  }

  /** Waits until the condition holds while a watch is open, within mocha's limit. */
  async function follows(): Promise<void> {
    const sorted = (record: Record<string, string>) => JSON.stringify(Object.entries(record).sort());
    await until(() => api.watches > 0 && sorted(content()) === sorted(api.content));
  }

  /** Makes one change of each kind that the operator does not see. */
  function change(): void {
    api.put('new');
    api.put('changing');
    api.remove('going');
    api.remove('steady');
    api.put('steady');
  }

  /** Breaks the open watch; the faults follow. */
  function breakWatch(): void {
    for (const watch of api.loseWatches()) watch.destroy();
  }

  const FAULTS = {
    'a watch that breaks': { faults: [], relists: 0 },
    'a version too old, by the answer': { faults: [refuse(410, 'Expired')], relists: 1 },
    'a version too old, by an event': {
      faults: [sends('{"type":"ERROR","object":{"kind":"Status","code":410}}\n')],
      relists: 1,
    },
    'an error event of the server': {
      faults: [sends('{"type":"ERROR","object":{"kind":"Status","code":500}}\n')],
      relists: 0,
    },
    'answers 500': { faults: Array(3).fill(refuse(500, 'InternalError')), relists: 0 },
    'answers 401': { faults: Array(3).fill(refuse(401, 'Unauthorized')), relists: 0 },
    'answers 403': { faults: Array(3).fill(refuse(403, 'Forbidden')), relists: 0 },
    'a missing resource': { faults: [refuse(404, 'NotFound')], relists: 1 },
    'a body cut in the middle of a line': {
      faults: [sends('{"type":"MODIFIED","object":{"meta', 'breaks')],
      relists: 0,
    },
    'a body that ends in the middle of a line': {
      faults: [sends('{"type":"MODIFIED","object":{"meta', 'ends')],
      relists: 0,
    },
    'a line that is no JSON': { faults: [sends('{"type":"MODIFIED",\n')], relists: 1 },
    'an endless line': { faults: [sends('x'.repeat(5 * 1_024 * 1_024))], relists: 1 },
    'a page of HTML': { faults: [sends('<html><body>Login</body></html>\n', 'ends')], relists: 1 },
    'watches that end at once': { faults: Array(4).fill(sends('', 'ends')), relists: 0 },
    'a watch that never answers': { faults: [() => undefined], relists: 0 },
    'a watch that falls silent': { faults: [sends('')], relists: 0 },
  };

  const REPLACED_IN_A_LIST = ['media/steady uid-100 → uid-107'];
  const REPLACED_IN_A_WATCH = ['media/steady uid-100 → undefined', 'media/steady undefined → uid-107'];

  for (const [name, { faults, relists }] of Object.entries(FAULTS))
    it(`after ${name}`, async () => {
      api.watchFaults.push(...faults);
      const before = { lists: api.lists, watches: api.watchedFrom.length };
      breakWatch();
      change();
      await follows();
      expect(changes).to.have.members([
        'media/new undefined → uid-103',
        'media/changing uid-101 → uid-101',
        'media/going uid-102 → undefined',
        ...(relists > 0 ? REPLACED_IN_A_LIST : REPLACED_IN_A_WATCH),
      ]);
      expect(sinceWell, 'pauses').to.be.at.most(LONGEST_PAUSES_MS);
      expect(api.lists - before.lists, 'lists').to.equal(relists);
      expect(api.watchedFrom.length - before.watches, 'watches').to.be.within(1, faults.length + 3);
    });

  const LIST_FAULTS: Record<string, Fault> = {
    'is refused': refuse(500, 'InternalError'),
    'is forbidden': refuse(403, 'Forbidden'),
    'is put off': refuse(429, 'TooManyRequests', { 'retry-after': '7' }),
    'is cut': sends('{"items":[{"meta', 'breaks'),
    'ends in the middle': sends('{"items":[{"meta', 'ends'),
    'is a page of HTML': sends('<html>', 'ends'),
    'is nothing': (response) => json(response, 200, {}),
  };

  for (const [name, fault] of Object.entries(LIST_FAULTS))
    it(`after a list that ${name}`, async () => {
      api.listFaults.push(fault, fault);
      breakWatch();
      change();
      api.compact();
      await follows();
      expect(sinceWell, 'pauses').to.be.at.most(LONGEST_PAUSES_MS);
      expect(api.lists).to.equal(4);
      expect(logger.lines.filter(({ message }) => message === 'listing failed')).to.have.length(2);
    });

  it('after 429, no earlier than requested', async () => {
    api.watchFaults.push(refuse(429, 'TooManyRequests', { 'retry-after': '7' }));
    breakWatch();
    change();
    await follows();
    expect(pauses.at(-1)).to.equal(7_000);
  });

  it('after a compaction, with one list', async () => {
    breakWatch();
    change();
    api.compact();
    await follows();
    expect(api.lists).to.equal(2);
  });

  it('after an outage in which its version was compacted away, with one list and no further pause', async () => {
    api.watchFaults.push(...Array(6).fill(refuse(503, 'ServiceUnavailable')));
    breakWatch();
    change();
    api.compact();
    await follows();
    expect(api.lists).to.equal(2);
    expect(sinceWell).to.be.at.most(LONGEST_PAUSES_MS);
  });

  it('after a compaction older than its last bookmark, with no list', async () => {
    api.put('changing');
    api.bookmark();
    await follows();
    breakWatch();
    api.compact();
    change();
    await follows();
    expect(api.lists).to.equal(1);
  });

  it('with each pause longer than the one before, up to 8 s', async () => {
    const failures = 9;
    api.watchFaults.push(...Array(failures).fill(refuse(503, 'ServiceUnavailable')));
    breakWatch();
    change();
    await follows();
    const bounds = [500, 1_000, 2_000, 4_000, 8_000];
    // The broken watch itself is the first failure.
    for (const [at, pause] of pauses.slice(0, failures + 1).entries()) {
      const most = bounds[at] ?? 8_000;
      expect(pause, `pause ${at + 1}`).to.be.within(most / 2, most);
    }
    expect(pauses).to.have.length(failures + 1);
  });

  it('with two connections after any fault: one for calls, one for the watch', async () => {
    for (let rounds = 0; rounds < 20; rounds += 1) {
      api.watchFaults.push(
        rounds % 2 === 0 ? refuse(410, 'Expired') : sends('{"type":"ERROR","object":{}}\n'),
      );
      breakWatch();
      api.put('changing');
      await follows();
    }
    await until(() => api.server.openConnections <= 2);
  });
});
